"""Whether a rule applies to a matter (适用): its conditions, as they came to be known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.policy.engine.deeds import Deed
from shared.policy.language.pack import Pack
from shared.policy.language.rules import When


class Told(Protocol):
    """What a registration tells that conditions ask for."""

    @property
    def kind(self) -> str: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def sets(self) -> Mapping[str, tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class Learned:
    """Since when a condition holds, and when that was put on record."""

    at: datetime | None
    recorded_at: datetime


@dataclass(slots=True)
class _Known:
    """What is judged and declared of a matter so far; a new judgement replaces the old."""

    values: dict[str, tuple[str, ...]]
    states: set[str]

    def take(self, deed: Deed) -> None:
        self.values.update(deed.sets)
        for state, on in deed.states.items():
            (self.states.add if on else self.states.discard)(state)

    def hold(self, when: When) -> bool:
        return all(self._holds(key, values) for key, values in when.items())

    def _holds(self, key: str, values: Sequence[str]) -> bool:
        return has_any(values, self.states if key == "state" else self.values.get(key, ()))


def first_held(
    pack: Pack, when: When | None, matter: Told, deeds: Sequence[Deed], judged: Collection[str] = ()
) -> Learned | None:
    """When the conditions first held, or none: what held once is not undone by a re-grading.

    Without a word on the kind of matter, rules are about incidents. Axes ``judged`` before what
    the rule counts from have no default any more.
    """
    asked = {"matter": ("incident",), **(when or {})}
    known = _begin(pack, matter, judged)
    if known.hold(asked):
        return Learned(None, matter.recorded_at)
    latest = matter.recorded_at
    for deed in (deed for deed in deeds if deed.sets or deed.states):
        known.take(deed)
        latest = max(latest, deed.recorded_at)
        if known.hold(asked):
            return Learned(deed.at, latest)
    return None


def holds_now(pack: Pack, when: When | None, matter: Told, deeds: Sequence[Deed]) -> bool:
    """Whether the conditions hold after all the deeds, as a gate asks."""
    known = _begin(pack, matter)
    for deed in deeds:
        known.take(deed)
    return known.hold({"matter": ("incident",), **(when or {})})


def has_any(values: Sequence[str], has: Collection[str]) -> bool:
    """Whether any of the values of a condition is among those judged or declared."""
    return any(_is(value, has) for value in values)


def _is(value: str, has: Collection[str]) -> bool:
    if value.startswith("!"):
        return bool(has) and value[1:] not in has
    return value in has


def _begin(pack: Pack, matter: Told, judged: Collection[str] = ()) -> _Known:
    defaults = {key: axis.default for key, axis in pack.axes.items() if key not in judged}
    unjudged = {key: (value,) for key, value in defaults.items() if value}
    told = unjudged | dict(matter.sets) | {"matter": (matter.kind,)}
    if matter.channel:
        told["channel"] = (matter.channel,)
    return _Known(told, set())
