"""Given a case's history, when a command comes, then facts, a refusal or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.routing.case import CASE
from services.routing.commands import Asked, CaseCommand, IncidentStanding
from shared.acts.check import Record
from shared.acts.check import Told as Said
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Envelope, Recorded
from shared.copies.packs import baseline
from shared.errors import HuiyinError, Refused
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import Matter
from shared.policy.language.pack import Pack

INCIDENT = UUID("11111111-1111-4111-8111-111111111111")
WHEN = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
_moments = count()
LATER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class By:
    """A fact and the officer behind it, in a post."""

    officer: str
    fact: Fact
    post: str = "info_officer"


def record(
    *deeds: Deed,
    pack: Pack | None = None,
    kind: str = "incident",
    sets: Mapping[str, tuple[str, ...]] | None = None,
) -> Record:
    """What an act is judged by: the rules, the matter, and what was done about it."""
    matter = Matter("QH-YZ", WHEN, WHEN, kind=kind, sets=sets or {})
    return Record(pack or baseline(), matter, deeds)


def deed(act: str, by: str = "info_officer", **told: Any) -> Deed:
    """Something on record, after what was said of before."""
    at = WHEN + timedelta(seconds=next(_moments))
    return Deed(uuid4(), act, at, at, by=by, **told)


def asked(
    act: str,
    officer: str = "o-wu",
    post: str = "principal_leader",
    *,
    said: Said | None = None,
    standing: IncidentStanding = "open",
    on: Record | None = None,
    known: Mapping[str, str] | None = None,
    **told: Any,
) -> Asked:
    """What a command comes with: an act that an officer asks for."""
    said = said or Said()
    words = {"kind": said.kind, "to": said.to, "medium": said.medium, "of": said.of}
    attempted = Deed(uuid4(), act, LATER, LATER, by=post, **(words | told))
    return Asked(officer, standing, on or record(), attempted, said, known or {})


@dataclass(frozen=True)
class Told:
    """A history and the command that meets it."""

    history: Sequence[Recorded]
    command: CaseCommand

    def then(self, *facts: Fact) -> None:
        """It leads to exactly these facts."""
        assert list(self._decide()) == list(facts)

    def then_nothing(self) -> None:
        """It is quietly accepted."""
        assert list(self._decide()) == []

    def then_refused(self, code: str, kind: type[HuiyinError] = Refused) -> None:
        """It is refused under this code."""
        with pytest.raises(kind) as caught:
            self._decide()
        assert caught.value.code == code

    def _decide(self) -> Sequence[Fact]:
        return CASE.decide(CASE.fold(self.history), self.command)


@dataclass(frozen=True)
class Given:
    """A history."""

    history: Sequence[Recorded]

    def when(self, command: CaseCommand) -> Told:
        """The command that comes."""
        return Told(self.history, command)


def given(*history: Fact | By) -> Given:
    """The events of the case so far; a bare fact is some officer's."""
    told = [each if isinstance(each, By) else By("o-somebody", each) for each in history]
    return Given([_recorded(seq, each) for seq, each in enumerate(told, start=1)])


def _recorded(seq: int, told: By) -> Recorded:
    envelope = Envelope(
        id=uuid4(),
        type=told.fact.TYPE,
        source="routing@QINGHE",
        epoch="00",
        stream=f"routing/case/{INCIDENT}",
        seq=seq,
        prev=None,
        unit="QH-YZ",
        actor=Actor(officer=told.officer, post=told.post),
        occurred_at=WHEN,
        recorded_at=WHEN,
        cause=None,
        correlation=INCIDENT,
        policy=None,
        salt="",
        standing="live",
    )
    return Recorded(envelope, told.fact, b"")
