"""Given a case's history, when a command comes, then facts, a refusal or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.routing.case import CASE
from services.routing.commands import CaseCommand
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Envelope, Recorded
from shared.errors import HuiyinError, Refused

INCIDENT = UUID("11111111-1111-4111-8111-111111111111")
WHEN = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)


@dataclass(frozen=True)
class By:
    """A fact and the officer behind it."""

    officer: str
    fact: Fact


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
        actor=Actor(officer=told.officer, post="info_officer"),
        occurred_at=WHEN,
        recorded_at=WHEN,
        cause=None,
        correlation=INCIDENT,
        policy=None,
        salt="",
        standing="live",
    )
    return Recorded(envelope, told.fact, b"")
