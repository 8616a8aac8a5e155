"""What the rules make of a matter (义务推演): its duties, from what was done; pure, no clock.

It is a function of the set of deeds alone, whatever order they arrived in. Whether a limit has
passed is not asked here: that is an observation, and somebody else's.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from shared.calendar.working import Calendar, Limit
from shared.policy.engine.deeds import (
    Deed,
    Done,
    Gone,
    Matter,
    as_recorded,
    first_held,
    first_met,
    fits,
    is_party,
)
from shared.policy.engine.holding import Left, Tenure, follows_on_miss, tenures
from shared.policy.engine.limits import DutyKey, Prospect, extended, limit_of, verdict_of
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import read_pattern
from shared.policy.language.rules import MOMENTS, Duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook(Prospect):
    """One duty of a matter."""

    key: DutyKey
    rule: Duty


OF_DELAYS = frozenset({"explain", "urge", "supervise", "circulate"})
"""Acts about a delay; ``of`` names the rule, where it is not about all of a matter's."""


@dataclass(frozen=True, slots=True)
class _Start:
    moment: datetime
    known_at: datetime
    deed: Deed | None = None
    each: str = ""
    turn: int = 0
    left: tuple[Left, datetime] | None = None


@cache
def acts_heard(pack: Pack) -> frozenset[str]:
    """The acts after which a matter's duties can be other ones."""
    duties = pack.of(Duty).values()
    named = {pattern.act for rule in duties for pattern in rule.asked()}
    judging = {"grade", "assess", "escalate", "declare"} if any(r.when for r in duties) else set()
    if any(start.startswith("state:") for rule in duties for start in rule.start):
        judging.add("declare")
    if any(rule.each == "assignee" for rule in duties):
        named |= {"assign", "return"}
    if any(map(follows_on_miss, duties)):
        named.add("missed")
    return frozenset(named | judging | {"extend"})


@cache
def counts_working_days(pack: Pack) -> bool:
    """Whether a limit of the pack's duties rests on the calendar."""
    return any(rule.clock == "working_days" for rule in pack.of(Duty).values())


def outlook(pack: Pack, calendar: Calendar, matter: Matter, deeds: Sequence[Deed]) -> list[Outlook]:
    """Every duty that the pack has for a matter, by key; an optional one once it was done."""
    ordered = as_recorded(deeds)
    found = (owed_by(pack, calendar, matter, number, ordered) for number in pack.of(Duty))
    return sorted((each for owed in found for each in owed), key=lambda each: each.key)


def owed_by(
    pack: Pack, calendar: Calendar, matter: Matter, number: str, deeds: Sequence[Deed]
) -> list[Outlook]:
    """The duties that one rule of the pack has for a matter, in the order in which they start.

    The deeds are given as they were put on record.
    """
    rule = pack.of(Duty)[number]
    found = [
        _duty(pack, calendar, matter, deeds, number, rule, start)
        for start in _starts(pack, matter, deeds, rule)
    ]
    return [each for each in found if each.done or not rule.optional]


def _duty(
    pack: Pack,
    calendar: Calendar,
    matter: Matter,
    deeds: Sequence[Deed],
    number: str,
    rule: Duty,
    start: _Start,
) -> Outlook:
    after = [deed for deed in deeds if _counts(matter, rule, start, deed)]
    others = _others(start, deeds)
    all_told = deeds if follows_on_miss(rule) else after
    told = [deed for deed in all_told if _is_told(number, start, deed, others)]
    limit = limit_of(rule, start.moment, start.deed, matter.planned, calendar)
    limit = None if rule.optional else limit  # nothing of it can be missed
    granted = [deed for deed in deeds if _granted(number, rule, start, deed)]
    limit = extended(rule, start.moment, limit, granted)
    ended = first_met(pack, rule.until, after) if rule.until else None
    counted = [deed for deed in after if _concerns(pack, number, rule, start, deed)]
    return Outlook(
        key=DutyKey(number, start.each, start.turn),
        rule=rule,
        start=start.moment,
        known_at=start.known_at,
        limit=limit,
        cause=start.deed.id if start.deed else None,
        done=_counting(start, limit, first_met(pack, rule.stop, counted)),
        ended_at=ended.at if ended else None,
        gone=_gone(pack, matter, rule, start, told),
        extended=bool(granted),
    )


def _counts(matter: Matter, rule: Duty, start: _Start, deed: Deed) -> bool:
    """Whether an act is not too early to count.

    What is counted from the registration, or back from a planned date, may have been done first
    and registered afterwards: that somebody wrote it down is no event of the matter.
    """
    if start.deed is None and (rule.clock == "before" or start.moment == matter.registered):
        return True
    return deed.at >= start.moment and deed is not start.deed


def _granted(number: str, rule: Duty, start: _Start, deed: Deed) -> bool:
    """Whether an act gives more time to this duty, and not to another of its rule."""
    since = deed.at >= start.moment or not rule.again
    return deed.act == "extend" and deed.of == number and since and _names(deed, start.each)


def _gone(
    pack: Pack, matter: Matter, rule: Duty, start: _Start, told: Sequence[Deed]
) -> tuple[Gone, datetime] | None:
    """Why and since when it is owed no more: by what was first on record."""
    instead = first_met(pack, rule.unless, told) if rule.unless else None
    unless: tuple[Gone, datetime] | None = ("unless", instead.recorded_at) if instead else None
    found = [each for each in (matter.ended, unless, start.left) if each]
    return min(found, key=lambda each: each[1], default=None)


def _counting(start: _Start, limit: Limit | None, done: Done | None) -> Done | None:
    """What was done, if it counts: of a unit that had left by the limit, what was in time alone.

    It can still tell what it did; nothing that it did later makes it late.
    """
    if done is None or limit is None or start.left is None or start.left[1] > limit.due:
        return done
    return done if verdict_of(limit.due, done, done.recorded_at).outcome == "in_time" else None


def _is_meant(number: str, start: _Start, deed: Deed) -> bool:
    """Whether what was said of a delay was said of the one that a ladder follows on.

    What names no rule is said of all delays of its matter; an explanation is that of one unit, and
    excuses no other.
    """
    missed = start.deed
    if missed is None or missed.act != "missed" or deed.act not in OF_DELAYS:
        return True
    if deed.of not in (None, missed.of, number):
        return False
    late = start.each or missed.unit
    if not _is_unit(late):
        return True
    return deed.unit == late if deed.act == "explain" else _names(deed, late)


def _is_told(number: str, start: _Start, deed: Deed, others: Collection[str]) -> bool:
    """Whether it was said or done of this one: what another unit did excuses no one else."""
    own = deed.act in OF_DELAYS or deed.unit not in others
    return own and _is_meant(number, start, deed)


def _others(start: _Start, deeds: Sequence[Deed]) -> set[str]:
    """The units that handle the matter besides the one that owes, if it is owed by one."""
    owing = start.each or (start.deed.unit if start.deed and start.deed.act == "missed" else "")
    if not _is_unit(owing):
        return set()
    named = {unit for deed in deeds if deed.act == "assign" for unit in deed.units}
    return (named | {deed.unit for deed in deeds if deed.act == "accept"}) - {owing}


def _names(deed: Deed, each: str) -> bool:
    """Whether an act is addressed to that unit, or to no unit in particular."""
    units = [to for to in deed.to if _is_unit(to)]
    return not units or each in units


def _is_unit(name: str) -> bool:
    return bool(name) and not name[0].islower()  # parties are keys in lower case


def _concerns(pack: Pack, number: str, rule: Duty, start: _Start, deed: Deed) -> bool:
    """Whether a deed counts for this one of several duties of the rule."""
    if not _is_meant(number, start, deed):
        return False
    match rule.each:
        case "recipient":
            return any(_reaches(pack, rule, start.each, to) for to in deed.to)
        case "assignee" if start.deed is not None and start.deed.act == "missed":
            return _names(deed, start.each)  # it is done to the unit, not by it
        case "assignee":
            return deed.unit == start.each
        case _:
            return True


def _reaches(pack: Pack, rule: Duty, each: str, to: str) -> bool:
    """Whether what is told ``to`` reaches a recipient: by a name that is not another's too."""
    meant = [party for party in rule.recipients or () if is_party(pack, party, to)]
    return to == each or meant == [each]


def _starts(pack: Pack, matter: Matter, deeds: Sequence[Deed], rule: Duty) -> Iterator[_Start]:
    """From when the rule's duties count, for each of whom or to whom they are owed."""
    held = first_held(pack, rule.when, matter, deeds)
    if held is None:
        return
    turns: Counter[str] = Counter()
    begun_in: set[tuple[str, datetime | None]] = set()
    for begun in _beginnings(pack, matter, deeds, rule):
        if not _is_left_open(pack, matter, deeds, rule, begun):
            continue
        for each, tenure in _each(rule, begun, deeds):
            since = tenure.since if tenure else None
            if rule.again or (each, since) not in begun_in:
                named_at = since if since and begun.deed is None else begun.known_at
                known_at = max(begun.known_at, held, named_at)
                left = tenure.left if tenure else None
                yield _Start(begun.moment, known_at, begun.deed, each, turns[each], left)
                turns[each] += 1
            begun_in.add((each, since))


def _is_left_open(
    pack: Pack, matter: Matter, deeds: Sequence[Deed], rule: Duty, begun: _Start
) -> bool:
    """Whether the conditions hold for what begins then: what was judged before has no default."""
    axes = (pack.axes.get(key) for key in rule.when or ())
    if begun.deed is None or not any(axis and axis.default for axis in axes):
        return True
    before = [deed for deed in deeds if deed.recorded_at < begun.known_at]
    judged = {axis for deed in before for axis in deed.sets}
    return first_held(pack, rule.when, matter, deeds, judged) is not None


def _beginnings(pack: Pack, matter: Matter, deeds: Sequence[Deed], rule: Duty) -> Iterator[_Start]:
    """Every moment from which the rule could count; what was first on record comes first."""
    moments = [matter.moment(start) for start in rule.start if start in MOMENTS]
    yield from (_Start(moment, matter.recorded_at) for moment in moments if moment)
    for deed in deeds:
        if any(_begins(pack, start, deed) for start in rule.start if start not in MOMENTS):
            yield _Start(deed.at, deed.recorded_at, deed)


def _begins(pack: Pack, start: str, deed: Deed) -> bool:
    kind, _, name = start.partition(":")
    match kind:
        case "state":
            return deed.states.get(name) is True
        case "missed":
            return deed.act == "missed" and deed.of == name
        case _:
            return fits(pack, read_pattern(start), deed)


def _each(rule: Duty, begun: _Start, deeds: Sequence[Deed]) -> Iterator[tuple[str, Tenure | None]]:
    """For whom or to whom the duty is owed; of units, in which of the times they had the matter.

    The empty name stands for a duty that is owed once. Units are assignees by being assigned; an
    act of their own, such as accepting, makes the duty theirs alone. Who had sent the matter back
    or lost it by then owes nothing.
    """
    match rule.each, begun.deed:
        case "recipient", _:
            yield from ((each, None) for each in dict.fromkeys(rule.recipients or ()))
        case "assignee", None:
            assigned = [deed for deed in deeds if deed.act == "assign"]
            for unit in dict.fromkeys(unit for deed in assigned for unit in deed.units):
                yield from ((unit, had) for had in tenures(unit, deeds))
        case "assignee", Deed(act="missed") as missed:
            yield missed.unit, None  # it is owed about the unit, not by it
        case "assignee", Deed() as deed:
            for unit in dict.fromkeys(deed.units if deed.act == "assign" else (deed.unit,)):
                yield from ((unit, had) for had in _had(unit, begun.known_at, deeds))
        case _:
            yield "", None


def _had(unit: str, moment: datetime, deeds: Sequence[Deed]) -> list[Tenure | None]:
    """In which time a unit had the matter at a moment; who was not assigned yet has it anyway."""
    found = tenures(unit, deeds)
    if not found:
        return [None]
    return [found[0]] if moment < found[0].since else [h for h in found if h.covers(moment)]
