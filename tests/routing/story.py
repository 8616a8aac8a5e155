"""Given a case's history, when an act is asked for, then its fact, a refusal or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from services.routing.case import CASE, RULES, completed
from services.routing.state import Case, IncidentStanding
from shared.acts.check import Attempt, Record
from shared.acts.decide import decide, fact_of
from shared.acts.deed import Circumstances
from shared.acts.vocabulary import ACTS, Act
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


@dataclass(frozen=True)
class Asked:
    """An act that an officer asks for, and what it meets.

    ``said`` is its body, ``made`` what the room makes of it with its tables and its vault,
    ``under`` the rules and the record that judge it, ``known`` what its form need not say.
    """

    act: Act
    said: Mapping[str, Any]
    officer: str = "o-wu"
    post: str = "principal_leader"
    under: Record = field(default_factory=record)
    standing: IncidentStanding = "open"
    whose: Literal["matter", "unit"] = "matter"
    made: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)

    def but(self, **changes: Any) -> "Asked":
        """The same asked for otherwise; what is ``made`` otherwise is said in part."""
        own = {key: changes.pop(key) for key in AROUND & changes.keys()}
        if "made" in own:
            own["made"] = {**self.made, **own["made"]}
        return replace(self, said={**self.said, **changes}, **own)

    def attempt(self, case: Case) -> Attempt[Any]:
        """The act as it meets a case."""
        body = self.act.body(**self.said)
        made = {**completed(case, self.act, body, self.under.pack), **self.made}
        came = Circumstances(uuid4(), LATER, LATER, self.post, "QH-YZ")
        fact = fact_of(self.act.fact, body, made)
        return Attempt(fact, came, body, self.under, self.officer, self.known)

    @property
    def deed(self) -> Deed:
        """The act as rules see it, where nothing was done before."""
        return self.attempt(Case()).deed


AROUND = {each.name for each in fields(Asked)} - {"act", "said"}
"""What comes with an act that its body does not say."""


def act(name: str | Act, **told: Any) -> Asked:
    """An act of the vocabulary; whatever is no part of ``Asked`` is said in its body."""
    return Asked(ACTS[name] if isinstance(name, str) else name, {}).but(**told)


@dataclass(frozen=True)
class Meeting:
    """A history and the act that meets it."""

    history: Sequence[Recorded]
    asked: Asked

    def then(self, fact: Fact) -> None:
        """It leads to exactly this fact."""
        assert self.decided() == fact

    def then_nothing(self) -> None:
        """It is quietly accepted."""
        assert self.decided() is None

    def then_refused(self, code: str, kind: type[HuiyinError] = Refused) -> None:
        """It is refused under this code."""
        with pytest.raises(kind) as caught:
            self.decided()
        assert caught.value.code == code

    def decided(self) -> Fact | None:
        """What it comes to."""
        found, asked = CASE.fold(self.history), self.asked
        case = replace(found, standing=asked.standing, whose=asked.whose)
        return decide(RULES, case, asked.attempt(case))


@dataclass(frozen=True)
class Given:
    """A history."""

    history: Sequence[Recorded]

    @property
    def case(self) -> Case:
        """How far the handling got."""
        return CASE.fold(self.history)

    def when(self, asked: Asked) -> Meeting:
        """The act that is asked for."""
        return Meeting(self.history, asked)


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
