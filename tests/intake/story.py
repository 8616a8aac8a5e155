"""Given an incident's history, when an act is asked for, then its fact, a refusal or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.application import as_registered, registration
from services.intake.incident import DAY, INCIDENT, Incident
from services.intake.rules import RULES
from shared.acts.body import RegisterBody
from shared.acts.check import Record
from shared.acts.decide import Rules
from shared.acts.vocabulary import ACTS
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from tests.acts.story import INCIDENT as ONE
from tests.acts.story import WHEN as NOW
from tests.acts.story import AnyAsked, By, Given, record, told

OTHER = UUID("00000000-0000-4000-8000-000000000002")


def judged() -> Record:
    """An incident of a category, on which nothing else is on record."""
    return record(sets={"category": ("inquiry_demand",)})


@dataclass(frozen=True)
class Asked(AnyAsked[Incident]):
    """An act on an incident, or on a unit's day.

    ``answered`` says that the public was answered, ``target_open`` that what it is to be joined to
    stands on its own.
    """

    post: str = "info_officer"
    at: datetime = NOW
    under: Record = field(default_factory=judged)
    answered: bool = False
    target_open: bool = True

    @property
    def rules(self) -> Rules[Incident]:
        return RULES

    @property
    def record(self) -> Record:
        if not isinstance(self.body, RegisterBody):
            return self.under
        return replace(self.under, matter=as_registered(self.body, "QH-YZ", self.at))

    def meets(self, history: Sequence[Recorded]) -> Incident:
        if self.act.on in ("unit", "either") and not history:
            return DAY
        state = INCIDENT.fold(history)
        return replace(state, answered=self.answered, target_open=self.target_open)

    def makes(self, state: Incident) -> Mapping[str, Any]:
        del state
        if not isinstance(self.body, RegisterBody):
            return {}
        return {"number": "QINGHE-2026-000001", **registration(self.body, self.at)}


def act(name: str, **said: Any) -> Asked:
    """An act of the vocabulary; whatever is no part of ``Asked`` is said in its body."""
    return Asked(ACTS[name]).but(**said)


def given(*history: Fact | By) -> Given:
    """What happened to an incident so far; nothing yet is also how a unit's day begins."""
    return Given(told("intake/incident", history))


def event(fact: Fact) -> Recorded:
    """A fact as it would be on record."""
    return told("intake/incident", [fact])[0]


__all__ = ["NOW", "ONE", "OTHER", "Asked", "act", "event", "given", "record"]
