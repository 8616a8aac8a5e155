"""Given a case's history, when an act is asked for, then its fact, a refusal or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from services.routing.case import CASE, RULES, completed
from services.routing.state import Case, IncidentStanding
from shared.acts.decide import Rules
from shared.acts.vocabulary import ACTS, Act
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from tests.acts import story
from tests.acts.story import INCIDENT, LATER, AnyAsked, By, deed, record, told

__all__ = ["INCIDENT", "LATER", "Asked", "By", "act", "deed", "given", "record"]


@dataclass(frozen=True)
class Asked(AnyAsked[Case]):
    """An act on a case, or on a unit's day; ``standing`` is what intake says of the matter."""

    standing: IncidentStanding = "open"
    whose: Literal["matter", "unit"] = "matter"

    @property
    def rules(self) -> Rules[Case]:
        return RULES

    def meets(self, history: Sequence[Recorded]) -> Case:
        return replace(CASE.fold(history), standing=self.standing, whose=self.whose)

    def makes(self, state: Case) -> Mapping[str, Any]:
        return completed(state, self.act, self.body, self.under.pack)


def act(name: str | Act, **said: Any) -> Asked:
    """An act of the vocabulary; whatever is no part of ``Asked`` is said in its body."""
    return Asked(ACTS[name] if isinstance(name, str) else name).but(**said)


class Given(story.Given):
    """The history of a case."""

    @property
    def case(self) -> Case:
        """How far the handling got."""
        return CASE.fold(self.history)


def given(*history: Fact | By) -> Given:
    """The events of the case so far; a bare fact is some officer's."""
    return Given(told("routing/case", history))
