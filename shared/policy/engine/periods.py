"""What the rules make of a unit's days (定期事项与值班): its periods, from what was done; pure.

Every schedule and shift lays out turns (一期): a day, a month, a spell on duty. Acts that name a
period count for that one; the others for the turn in which they happened, and each for one turn
alone. What rules ask of every class or every holder of a post is one duty of their unit: the
record knows no classes and no persons.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count, takewhile

from shared.calendar import periods
from shared.calendar.days import day_of, in_shanghai, start_of
from shared.calendar.periods import Covers, Period, occurrences
from shared.calendar.spans import Term
from shared.calendar.working import Calendar, Limit
from shared.policy.engine.deeds import (
    Deed,
    Done,
    as_recorded,
    first_met,
    fits,
    has_any,
    in_order,
    is_party,
    met,
)
from shared.policy.engine.limits import DutyKey, Prospect
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Demand
from shared.policy.language.rules import Schedule, Shift, When

Recurring = Schedule | Shift

TOLD_WITHIN = timedelta(hours=1)
"""What was done on duty is told when it has ended: so long after it, the record is in time."""

YEARS_AHEAD = 3
"""How far ahead a next turn is looked for; the longest gap is that between two years' seasons."""

_ANCHOR = datetime(1970, 1, 5, tzinfo=UTC) - timedelta(hours=8)
"""A Monday, 00:00 here: shifts longer than a day are handed over on the same weekday."""

_AROUND = {"day": 40, "week": 60, "month": 100, "quarter": 200, "term": 400, "year": 800}
"""Days to look beyond a year to find the neighbours of its turns."""

_NAMES = {
    "day": re.compile(r"\d{4}-\d\d-\d\d"),
    "week": re.compile(r"\d{4}-W\d\d"),
    "month": re.compile(r"\d{4}-\d\d"),
    "quarter": re.compile(r"\d{4}-Q\d"),
    "year": re.compile(r"\d{4}"),
}


@dataclass(frozen=True, slots=True)
class Times:
    """What turns are laid out by: which days are worked, and the school terms that are known."""

    calendar: Calendar
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a schedule or shift; UTC moments.

    It covers ``opens`` to ``closes`` and is due at ``limit``. Acts after ``begins`` and up to
    ``ends`` are taken to be for it where they name no period; what is done after the limit is late.
    """

    name: str
    opens: datetime
    closes: datetime
    begins: datetime
    ends: datetime
    limit: Limit


@dataclass(frozen=True, slots=True)
class Bound:
    """By which rule of which pack a unit is bound, and since when."""

    pack: Pack
    number: str
    rule: Recurring
    since: datetime


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a condition held, or in which somebody must be on duty."""

    begins: datetime
    ends: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodOutlook(Prospect):
    """What is owed for one turn, and how far it is done.

    ``wanted`` and ``counted`` are how often; of a shift ``gap`` is for how long nobody was on duty,
    ``leaderless`` for how long no leader where one is asked for.
    """

    number: str
    rule: Recurring
    turn: Turn
    wanted: int = 1
    counted: int = 0
    gap: timedelta = timedelta()
    leaderless: timedelta = timedelta()

    @property
    def key(self) -> DutyKey:
        """Which duty of its docket it is: that of the rule for the period."""
        return DutyKey(self.number, turn=self.turn.name)


def recurring(pack: Pack) -> dict[str, Recurring]:
    """The schedules and shifts of a pack, by number."""
    return {**pack.of(Schedule), **pack.of(Shift)}


def acts_of(rule: Recurring) -> frozenset[str]:
    """The acts that a turn of the rule can be done by."""
    if isinstance(rule, Shift):
        return frozenset({"shift"})
    return frozenset(pattern.act for pattern in rule.stop.patterns())


def due_after(rule: Recurring, times: Times, after: datetime) -> Iterator[Turn]:
    """The turns due later than a moment, earliest first, as far ahead as is looked."""
    if isinstance(rule, Shift):
        return (slot for slot in _slots(rule, after) if slot.limit.due > after)
    schedule, first = schedule_of(rule), day_of(after).year
    years = (_due_in(schedule, times, year) for year in range(first, first + YEARS_AHEAD + 1))
    return (turn for turns in years for turn in turns if turn.limit.due > after)


def concerned(rule: Recurring, times: Times, deed: Deed) -> list[Turn]:
    """The turns that an act can be for: the one it names, or that in which it happened."""
    if isinstance(rule, Shift):
        assert deed.begins is not None
        assert deed.ends is not None
        slots = takewhile(
            lambda slot: slot.opens < (deed.ends or deed.at), _slots(rule, deed.begins)
        )
        return [slot for slot in slots if slot.closes > deed.begins]
    if _is_named(rule, times, deed):
        named = turn_named(rule, times, deed.period or "", deed.at)
        return [named] if named else []
    back = deed.at - timedelta(days=_AROUND[rule.every])
    near = takewhile(lambda turn: turn.begins < deed.at, due_after(rule, times, back))
    return [turn for turn in near if turn.begins < deed.at <= turn.ends]


def turn_named(rule: Recurring, times: Times, name: str, near: datetime) -> Turn | None:
    """The turn of that name, if it is due within some years of a moment."""
    back = near - timedelta(days=366 if not isinstance(rule, Shift) else 40)
    end = near + timedelta(days=800 if not isinstance(rule, Shift) else 40)
    found = takewhile(lambda turn: turn.opens < end, due_after(rule, times, back))
    return next((turn for turn in found if turn.name == name), None)


def period_outlook(
    bound: Bound, turn: Turn, times: Times, declared: Sequence[Deed], deeds: Sequence[Deed]
) -> PeriodOutlook | None:
    """What a unit owes for a turn, from what was declared for it and done by it; or none.

    What was over when the unit came under the rule is not asked for. A rule for a declared state
    asks for every turn during which it held; somebody must be on duty only as long as it holds.
    """
    if min(turn.limit.due, turn.closes) <= bound.since:
        return None
    opens = max(turn.opens, bound.since)
    spells = in_force(bound.rule.when, declared, opens, turn.closes)
    if not spells or spells[0].begins >= turn.limit.due:
        return None
    owed = PeriodOutlook(
        number=bound.number,
        rule=bound.rule,
        turn=turn,
        start=spells[0].begins,
        known_at=spells[0].known_at,
        limit=turn.limit,
        done=None,
    )
    if isinstance(bound.rule, Shift):
        worked = [_led(bound.pack, deed) for deed in deeds if _is_on_duty(bound, deed)]
        return _on_duty(owed, bound.rule, spells, worked)
    counted = [deed for deed in deeds if _is_for(bound.rule, times, turn, deed)]
    return _recorded(owed, bound.pack, bound.rule, counted)


def tells_of_the_day_before(pack: Pack, deed: Deed) -> bool:
    """Whether an act is a daily report on the day before (截至前一日)."""
    return any(
        rule.every == "day" and rule.covers == "previous" and fits(pack, pattern, deed)
        for rule in pack.of(Schedule).values()
        for pattern in rule.stop.patterns()
    )


def _recorded(
    owed: PeriodOutlook, pack: Pack, rule: Schedule, counted: Sequence[Deed]
) -> PeriodOutlook:
    often = _how_often(pack, rule.stop, counted)
    wanted = Demand("count", (rule.stop,), rule.count) if rule.count > 1 else rule.stop
    done = first_met(pack, wanted, counted)
    return replace(owed, wanted=rule.count, counted=often, done=done)


def in_force(
    when: When | None, declared: Sequence[Deed], opens: datetime, closes: datetime
) -> list[Spell]:
    """When, between two moments, the states that a rule is for were declared of the unit.

    Of a unit nothing else is judged: a rule that asks for more is about matters, and never holds.
    """
    if when is None:
        return [Spell(opens, closes, opens)]
    if set(when) - {"state"}:
        return []
    found: list[Spell] = []
    on: set[str] = set()
    at, known_at = opens, opens
    for deed in [*in_order(declared), None]:
        then = closes if deed is None else min(max(deed.at, opens), closes)
        if then > at and has_any(when["state"], on):
            found.append(Spell(at, then, known_at))
        at = then
        for state, is_on in deed.states.items() if deed else ():
            (on.add if is_on else on.discard)(state)
        known_at = max(opens, deed.recorded_at) if deed else known_at
    return found


def schedule_of(rule: Schedule) -> periods.Recurrence:
    """The rule as the calendar knows it; ``from`` is a day of every year.

    Raises Invalid ``schedule.*`` for what does not fit together.
    """
    window = rule.window
    if window is None and rule.from_ is not None and rule.from_[0].isdigit():
        window = (rule.from_, "12-31")
    return periods.Recurrence(
        every=rule.every,
        at=rule.at,
        on=rule.on,
        covers=rule.covers,
        months=frozenset(rule.months or ()),
        window=window,
        working_days_only=rule.working_days,
    )


@lru_cache(2048)
def _due_in(schedule: periods.Recurrence, times: Times, year: int) -> tuple[Turn, ...]:
    """The turns due in a year; they are the same for every unit."""
    first, last = start_of(date(year, 1, 1)), start_of(date(year + 1, 1, 1))
    around = timedelta(days=_AROUND[schedule.every])
    found = list(occurrences(schedule, first - around, last + around, times.calendar, times.terms))
    neighbours = zip([None, *found], found, [*found[1:], None], strict=False)
    turns = (_turn(schedule.covers, *each) for each in neighbours)
    return tuple(turn for turn in turns if first < turn.limit.due <= last)


def _turn(covers: Covers, before: Period | None, this: Period, then: Period | None) -> Turn:
    """A period with the time in which acts are for it: no act is for two of them."""
    ends = max(this.closes, this.due)
    if covers == "previous" and then and then.opens <= this.closes:
        ends = max(then.closes, this.due)
    return Turn(
        name=this.name,
        opens=this.opens,
        closes=this.closes,
        begins=_begins(covers, before, this),
        ends=min(ends, _begins(covers, this, then)) if then else ends,
        limit=Limit(this.due, this.provisional),
    )


def _begins(covers: Covers, before: Period | None, this: Period) -> datetime:
    """From when on acts are for a period: up to when it is due, they are for the one before.

    Rest days can put the limits of several on one day: what is done then is for the last of them.
    """
    if covers == "previous":
        return this.closes
    return max(this.opens, min(before.due, this.closes)) if before else this.opens


def _slots(rule: Shift, near: datetime) -> Iterator[Turn]:
    """One spell on duty after the other, from some time before a moment on."""
    hours, minutes = map(int, rule.at.split(":"))
    anchor = _ANCHOR + timedelta(hours=hours, minutes=minutes)
    length = rule.for_.after(anchor) - anchor
    number = (near - anchor) // length - 2
    for each in count(number):
        opens = anchor + each * length
        closes = opens + length
        due = Limit(closes + TOLD_WITHIN)
        yield Turn(_slot_name(opens, length), opens, closes, opens, closes, due)


def _slot_name(opens: datetime, length: timedelta) -> str:
    local = in_shanghai(opens)
    return f"{local:%Y-%m-%d}" if length >= timedelta(days=1) else f"{local:%Y-%m-%dT%H:%M}"


def _is_for(rule: Schedule, times: Times, turn: Turn, deed: Deed) -> bool:
    if _is_named(rule, times, deed):
        return deed.period == turn.name
    return turn.begins < deed.at <= turn.ends


def _is_named(rule: Schedule, times: Times, deed: Deed) -> bool:
    """Whether an act says for which turn of such a rule it is, in words that such turns have."""
    if deed.period is None:
        return False
    if rule.every == "term":
        return any(term.name == deed.period for term in times.terms)
    return _NAMES[rule.every].fullmatch(deed.period) is not None


def _how_often(pack: Pack, stop: Demand, deeds: Sequence[Deed]) -> int:
    """How often a demand is met by acts of which each counts once."""
    rest, often = in_order(deeds), 0
    while done := met(pack, stop, rest):
        often += 1
        rest = [deed for deed in rest if deed.id not in done.deeds]
    return often


def _is_on_duty(bound: Bound, deed: Deed) -> bool:
    """Whether somebody worked this shift, and not another of the pack that is theirs."""
    if deed.act != "shift" or deed.of is not None:
        return deed.act == "shift" and deed.of == bound.number
    theirs = {
        number
        for number, shift in bound.pack.of(Shift).items()
        if any(is_party(bound.pack, who, deed.by) for who in shift.who)
    }
    return not theirs or bound.number in theirs


def _led(pack: Pack, deed: Deed) -> Deed:
    """A leader who was on duty needs no other: what they say of it says that a leader was."""
    return replace(deed, leader=True) if is_party(pack, "duty_leader", deed.by) else deed


def _on_duty(
    owed: PeriodOutlook, rule: Shift, spells: Sequence[Spell], worked: Sequence[Deed]
) -> PeriodOutlook:
    done = _covered(rule, spells, worked)
    gap, leaderless = _uncovered(spells, worked), _leaderless(rule, spells, worked)
    return replace(owed, counted=int(bool(done)), gap=gap, leaderless=leaderless, done=done)


def _covered(rule: Shift, spells: Sequence[Spell], worked: Sequence[Deed]) -> Done | None:
    """By which acts, in the order they were put on record, no gap was left."""
    record: list[Deed] = []
    for deed in as_recorded(worked):
        record.append(deed)
        if not _uncovered(spells, record) and not _leaderless(rule, spells, record):
            ids = tuple(each.id for each in record)
            return Done(spells[-1].ends, deed.recorded_at, ids, deed.standing)
    return None


def _leaderless(rule: Shift, spells: Sequence[Spell], worked: Sequence[Deed]) -> timedelta:
    if not rule.leader:
        return timedelta()
    return _uncovered(spells, [deed for deed in worked if deed.leader])


def _uncovered(spells: Sequence[Spell], worked: Sequence[Deed]) -> timedelta:
    """For how long of the spells none of the acts says that somebody was there."""
    lacking = timedelta()
    there = sorted((deed.begins, deed.ends) for deed in worked if deed.begins and deed.ends)
    for spell in spells:
        at = spell.begins
        for begins, ends in there:
            lacking += max(min(begins, spell.ends) - at, timedelta())
            at = max(at, min(ends, spell.ends))
        lacking += max(spell.ends - at, timedelta())
    return lacking
