"""What an act comes to (决定): its fact, by the room's own rule and by those of its pack; pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Generic, TypeVar

from shared.acts.body import Order, has_words
from shared.acts.check import Attempt, check, refusing
from shared.contracts.acts import ActTaken
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.sealed import Sealed
from shared.errors import Refused
from shared.policy.engine.deeds import Deed

S = TypeVar("S")

Rule = Callable[[S, Attempt[Any]], Fact | None]
"""What a room decides on an act, pure: its fact, or none if that says nothing new.

Raises Refused, Invalid or Unknown.
"""


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S]):
    """A consistency boundary: its beginning, and how events change it.

    ``evolve`` never refuses, so every event ever stored loads.
    """

    initial: S
    evolve: Callable[[S, Recorded], S]

    def fold(self, events: Sequence[Recorded]) -> S:
        """The state that a history leads to."""
        return reduce(self.evolve, events, self.initial)


@dataclass(frozen=True, slots=True)
class Rules(Generic[S]):
    """A room's decisions by the fact they are about.

    ``last`` are asked when no rule of the pack says no, and only refuse.
    """

    first: Mapping[type[Fact], Rule[S]]
    last: Mapping[type[Fact], Callable[[S, Attempt[Any]], None]] = field(default_factory=dict)


def fact_of(kind: type[Fact], body: Order, made: dict[str, Any]) -> Fact:
    """The fact of an act: what its body says, and what was made of it; sealed when it is stored."""
    both = (kind.model_fields.keys() & type(body).model_fields.keys()) - {"text", "fields"}
    said = {key: _kept(getattr(body, key)) for key in both}
    if words := getattr(body, "text", None):
        said["text"] = Sealed.of(words, subject="matter")
    return kind(**(said | form_of(getattr(body, "fields", {})) | made))


def form_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """What a fact keeps of a form: the fields that have a value, sealed, and which those are."""
    filled = {key: value for key, value in fields.items() if value.strip()}
    if not filled:
        return {}
    words = json.dumps(filled, ensure_ascii=False)
    return {"fields": Sealed.of(words, subject="matter"), "filled": tuple(filled)}


def decide(rules: Rules[S], state: S, attempt: Attempt[Any]) -> Fact | None:
    """What an act comes to: its fact with the gates it breaks, or none where it says nothing new.

    Whatever it is refused for, the refusal names the gates that are closed to it as well.
    """
    try:
        return _decided(rules, state, attempt)
    except Refused as problem:
        problem.rules = problem.rules or refusing(attempt)
        raise


def _decided(rules: Rules[S], state: S, attempt: Attempt[Any]) -> Fact | None:
    kind = type(attempt.fact)
    fact = rules.first[kind](state, attempt)
    if fact is None:
        return None
    attempt = replace(attempt, fact=fact)
    if _on_record(attempt):
        return None
    breaches = check(attempt)
    if kind in rules.last:
        rules.last[kind](state, attempt)
    return _with_breaches(fact, breaches)


def _on_record(attempt: Attempt[Any]) -> bool:
    """The same act at the same claimed moment, and no words or form of its own: nothing new."""
    if not isinstance(attempt.fact, ActTaken) or has_words(attempt.body):
        return False
    return any(_same(deed, attempt.deed) for deed in attempt.record.deeds)


def _same(before: Deed, attempted: Deed) -> bool:
    return replace(before, id=attempted.id, recorded_at=attempted.recorded_at) == attempted


def _with_breaches(fact: Fact, breaches: Sequence[str]) -> Fact:
    """What the pack says is broken comes before what the act broke whatever the pack says."""
    if not breaches:
        return fact
    own: tuple[str, ...] = getattr(fact, "breaches", ())
    return fact.model_copy(update={"breaches": (*breaches, *own)})


def _kept(value: Any) -> Any:
    """What was said, as facts keep it: nobody can change it any more."""
    if isinstance(value, list):
        return tuple(map(_kept, value))
    return {key: _kept(each) for key, each in value.items()} if isinstance(value, dict) else value
