"""What rules see of a matter (事项与行为记录): what it is, what was done, and what that meets.

An act is known with who, to whom, when, and what it set. Whether a rule applies (适用) are its
conditions, as they came to be known.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from shared.contracts.envelope import Standing
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Demand, Pattern
from shared.policy.language.rules import When

FIRST, LAST = datetime(200, 1, 1, tzinfo=UTC), datetime(9800, 1, 1, tzinfo=UTC)
"""Between these every limit can be reckoned: none is longer than a hundred years."""

WORSENING = "worsening"
"""The kind of note that says that things got worse."""


Gone = Literal["voided", "linked", "history", "unless", "returned", "reassigned"]
"""Why nothing is owed any more: voided 作废, linked 并案, closed as history 历史, done otherwise
(``unless``), or not by this unit, which sent the matter back (退回) or lost it to others (改交)."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What the registration says of a matter (事项); moments are UTC.

    ``kind`` is incident, own_release, activity, opening or programme; ``sets`` the axes judged
    with the registration. ``ended`` is why nothing is owed any more (voided, linked, history).
    """

    unit: str
    registered: datetime
    recorded_at: datetime
    kind: str = "incident"
    channel: str | None = None
    occurred: datetime | None = None
    posted: datetime | None = None
    discovered: datetime | None = None
    planned: datetime | None = None
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ended: tuple[Gone, datetime] | None = None

    def __post_init__(self) -> None:
        _reckonable(self, "occurred", "posted", "discovered", "planned")

    def moment(self, name: str) -> datetime | None:
        """The moment of that name; where it is not on record, the next that is nearest to it."""
        match name:
            case "posted":
                return self.posted or self.discovered or self.registered
            case "occurred":
                return self.occurred or self.discovered or self.registered
            case "discovered":
                return self.discovered or self.registered
            case "planned":
                return self.planned
            case _:
                return self.registered


@dataclass(frozen=True, slots=True)
class Deed:
    """One act on record; moments are UTC.

    ``by`` is the post it was done in, ``unit`` the unit it was done for; ``units`` are those it
    makes responsible. ``sets`` are axes it judged, ``states`` what it declared on or off.
    ``promised`` is a date it gave, ``of`` the rule or paper it is about. ``period`` is the period
    that an act of a unit's day names; somebody was on duty from ``begins`` to ``ends``, with a
    leader or without. ``worse`` is a note that things got worse, of whatever kind it is.
    """

    id: UUID
    act: str
    at: datetime
    recorded_at: datetime
    by: str = ""
    unit: str = ""
    kind: str | None = None
    to: tuple[str, ...] = ()
    medium: str | None = None
    units: tuple[str, ...] = ()
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: Mapping[str, bool] = field(default_factory=dict)
    promised: datetime | None = None
    of: str | None = None
    standing: Standing = "live"
    period: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    leader: bool = False
    worse: bool = False

    def __post_init__(self) -> None:
        _reckonable(self, "at", "promised", "begins", "ends")


def _reckonable(known: Matter | Deed, *names: str) -> None:
    """A claimed moment from which no limit could be reckoned counts as the nearest that can.

    None is taken today, but such are on record; they must not keep all else from being judged.
    """
    for name in names:
        moment: datetime | None = getattr(known, name)
        if moment is not None and not FIRST <= moment <= LAST:
            object.__setattr__(known, name, min(max(moment, FIRST), LAST))


@dataclass(frozen=True, slots=True)
class Done:
    """A demand that is met: since when, put on record when, by which acts."""

    at: datetime
    recorded_at: datetime
    deeds: tuple[UUID, ...]
    standing: Standing


def in_order(deeds: Iterable[Deed]) -> list[Deed]:
    """As they happened; what happened at one moment, as it was recorded."""
    return sorted(deeds, key=lambda deed: (deed.at, deed.recorded_at, deed.id))


def as_recorded(deeds: Iterable[Deed]) -> list[Deed]:
    """As they were put on record."""
    return sorted(deeds, key=lambda deed: (deed.recorded_at, deed.at, deed.id))


def first_met(pack: Pack, demand: Demand, deeds: Iterable[Deed]) -> Done | None:
    """By which deeds a demand was first met on record, or none.

    What is claimed later to have happened earlier changes nothing: the first that fulfilled it on
    record is what counts.
    """
    record: list[Deed] = []
    for deed in as_recorded(deeds):
        record.append(deed)
        if any(fits(pack, pattern, deed) for pattern in demand.patterns()):
            done = met(pack, demand, in_order(record))
            if done:
                return done
    return None


def fits(pack: Pack, pattern: Pattern, deed: Deed) -> bool:
    """Whether a deed is such an act."""
    return (
        deed.act == pattern.act
        and (pattern.kind in (None, deed.kind) or (deed.worse and pattern.kind == WORSENING))
        and (pattern.medium is None or pattern.medium == deed.medium)
        and (pattern.to is None or any(is_party(pack, pattern.to, to) for to in deed.to))
        and (pattern.by is None or is_party(pack, pattern.by, deed.by))
    )


def is_party(pack: Pack, wanted: str, held: str) -> bool:
    """Whether somebody who holds a post is the party wanted, under either of its names."""
    names = pack.stand_ins
    return wanted == held or names.get(wanted) == held or names.get(held) == wanted


def met(pack: Pack, demand: Demand, deeds: Sequence[Deed]) -> Done | None:
    """Since when a demand is met by deeds in the order they happened, or none."""
    if demand.how in ("seq", "count"):
        return _one_by_one(pack, demand, deeds)
    found = [done for part in demand.parts if (done := _part(pack, part, deeds))]
    if demand.how == "any":
        return min(found, key=lambda done: done.at, default=None)
    return _together(found) if len(found) == len(demand.parts) else None


def _part(pack: Pack, part: Pattern | Demand, deeds: Sequence[Deed]) -> Done | None:
    if isinstance(part, Demand):
        return met(pack, part, deeds)
    found = next((deed for deed in deeds if fits(pack, part, deed)), None)
    if found is None:
        return None
    return Done(found.at, found.recorded_at, (found.id,), found.standing)


def _one_by_one(pack: Pack, demand: Demand, deeds: Sequence[Deed]) -> Done | None:
    """Each part behind the one before (``seq``), or so many times by other deeds (``count``)."""
    found, rest = list[Done](), list(deeds)
    for part in demand.parts * demand.times:
        done = _part(pack, part, rest)
        if done is None:
            return None
        found.append(done)
        used = [index for index, deed in enumerate(rest) if deed.id in done.deeds]
        if demand.how == "seq":
            rest = rest[used[-1] + 1 :]
        else:
            rest = [deed for index, deed in enumerate(rest) if index not in used]
    return _together(found)


def _together(found: Sequence[Done]) -> Done:
    return Done(
        max(done.at for done in found),
        max(done.recorded_at for done in found),
        tuple(dict.fromkeys(deed for done in found for deed in done.deeds)),
        found[0].standing,
    )


@dataclass(slots=True)
class _Known:
    """What is judged and declared of a matter so far; a new judgement replaces the old."""

    values: dict[str, tuple[str, ...]]
    states: set[str]

    def take(self, deed: Deed) -> None:
        self.values.update(deed.sets)
        for state, on in deed.states.items():
            (self.states.add if on else self.states.discard)(state)

    def hold(self, when: When | None) -> bool:
        """Without a word on the kind of matter, rules are about incidents."""
        asked = {"matter": ("incident",), **(when or {})}
        return all(self._holds(key, values) for key, values in asked.items())

    def _holds(self, key: str, values: Sequence[str]) -> bool:
        return has_any(values, self.states if key == "state" else self.values.get(key, ()))


def first_held(
    pack: Pack,
    when: When | None,
    matter: Matter,
    deeds: Sequence[Deed],
    judged: Collection[str] = (),
) -> datetime | None:
    """When it was on record (UTC) that the conditions first held, or none if they never did.

    What held once is not undone by a re-grading. Axes ``judged`` before what the rule counts from
    have no default any more.
    """
    known = _begin(pack, matter, judged)
    if known.hold(when):
        return matter.recorded_at
    latest = matter.recorded_at
    for deed in (deed for deed in deeds if deed.sets or deed.states):
        known.take(deed)
        latest = max(latest, deed.recorded_at)
        if known.hold(when):
            return latest
    return None


def holds_now(pack: Pack, when: When | None, matter: Matter, deeds: Sequence[Deed]) -> bool:
    """Whether the conditions hold after all the deeds, as a gate asks."""
    known = _begin(pack, matter)
    for deed in deeds:
        known.take(deed)
    return known.hold(when)


def has_any(values: Sequence[str], has: Collection[str]) -> bool:
    """Whether any of the values of a condition is among those judged or declared."""
    return any(_is(value, has) for value in values)


def _is(value: str, has: Collection[str]) -> bool:
    if value.startswith("!"):
        return bool(has) and value[1:] not in has
    return value in has


def _begin(pack: Pack, matter: Matter, judged: Collection[str] = ()) -> _Known:
    defaults = {key: axis.default for key, axis in pack.axes.items() if key not in judged}
    unjudged = {key: (value,) for key, value in defaults.items() if value}
    told = unjudged | dict(matter.sets) | {"matter": (matter.kind,)}
    if matter.channel:
        told["channel"] = (matter.channel,)
    return _Known(told, set())
