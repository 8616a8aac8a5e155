"""What the rules would have said of imported history: figures under a pack (导入历史的回看); pure.

Every message is measured as a live one would have been (shared/policy/engine/clocks.py), and
counted for the unit whose reply it is and the year it was posted in, Asia/Shanghai. Two readings
stand side by side: a reply is a reply, and a reply that answers nothing (receipts.py) is none in
substance.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Literal, TypeVar

from services.reporting.history.receipts import Emptiness
from shared.calendar import day_of
from shared.contracts.envelope import Standing
from shared.policy.engine.clocks import Known, Timing, due_of, seconds_late, timing_of
from shared.policy.language.rules import Duty
from shared.policy.language.speaking import limit

Says = Emptiness | Literal["answer", "unreadable"]
"""What a reply says; of one whose key was destroyed nobody can tell any more."""

Outcome = Timing | Literal["unanswered", "pending"]
"""``pending`` is not answered yet, with the limit still to come."""

FEW = 5
"""Fewer late replies than this are shown one by one: a percentile of them would say nothing."""

SHOWN = 10
"""How many of the latest, and of those that waited longest, are named."""


@dataclass(frozen=True, slots=True)
class Replying:
    """Whose reply it is, and how that is known.

    ``directory``: the file names a unit of this county, ``code`` is its. ``file``: it names one
    that the county does not have; ``code`` is none. ``unnamed``: it names nobody, and ``code`` is
    the unit that it was imported for, which need not be the one that replied.
    """

    code: str | None
    name: str
    known_by: Literal["directory", "file", "unnamed"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A published reply; ``at`` as claimed, ``recorded_at`` by the clock; UTC."""

    at: datetime
    recorded_at: datetime
    standing: Standing
    says: Says


@dataclass(frozen=True, slots=True)
class Message:
    """An imported incident with its replies in the order of the record; ``posted_at`` in UTC."""

    number: str
    unit: Replying
    posted_at: datetime
    known: Known
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A message under one duty.

    ``in_substance`` is the outcome when replies that answer nothing do not count; one that cannot
    be read does. ``empty`` is what the replies say when none of them answers anything. Without a
    reply, ``late_seconds`` is how long the limit has passed by.
    """

    message: Message
    due: datetime
    outcome: Outcome
    in_substance: Outcome
    replied_at: datetime | None
    late_seconds: int
    empty: Emptiness | None
    unreadable: bool


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the late replies were, in whole seconds behind the limit.

    Median and 90th percentile by nearest rank: of n values in ascending order the one at place
    ceil(n × 0.5) or ceil(n × 0.9), so that each is a lateness that really occurred. For fewer
    than five there is neither, but the ``values`` themselves, ascending.
    """

    count: int
    median: int | None
    p90: int | None
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of messages. messages = answered + unanswered + pending, and
    answered = in_time + late + recorded_late.

    ``empty`` of the answered, and ``in_time_empty`` of those in time, have only replies that
    answer nothing; ``in_time_in_substance`` were answered in time when such replies do not count.
    """

    messages: int
    answered: int
    unanswered: int
    pending: int
    in_time: int
    in_time_in_substance: int
    in_time_empty: int
    late: int
    recorded_late: int
    empty: int
    unreadable: int
    lateness: Lateness


@dataclass(frozen=True, slots=True)
class Year:
    """Figures of a year of posting, Asia/Shanghai."""

    year: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Case:
    """One incident of a list; moments are UTC. ``late_seconds`` runs on without a reply."""

    number: str
    unit: Replying
    posted_at: datetime
    due: datetime
    replied_at: datetime | None
    late_seconds: int
    empty: Emptiness | None


@dataclass(frozen=True, slots=True)
class UnitReview:
    """One unit: in all, by year, its ten latest replies and the ten that wait longest."""

    unit: Replying
    total: Figures
    years: tuple[Year, ...]
    latest: tuple[Case, ...]
    waiting: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a duty asks, in words: ``start`` is the moment it counts from, ``limit`` by when."""

    title: str
    clause: str
    start: str
    limit: str


@dataclass(frozen=True, slots=True)
class DutyReview:
    """One duty of the pack over all messages.

    ``empty`` are the incidents whose replies answer nothing, as the rule reads them.
    """

    id: str
    duty: Asked
    total: Figures
    years: tuple[Year, ...]
    units: tuple[UnitReview, ...]
    latest: tuple[Case, ...]
    waiting: tuple[Case, ...]
    empty: tuple[Case, ...]


def review(name: str, duty: Duty, messages: Iterable[Message], at: datetime) -> DutyReview:
    """What a duty would have said of messages, as it stood at a moment (UTC)."""
    judged = [judge(message, duty, at) for message in messages]
    by_unit = _grouped(judged, lambda each: each.message.unit)
    return DutyReview(
        id=name,
        duty=Asked(duty.zh, duty.clause or duty.zh, duty.start[0], limit(duty)),
        total=figures(judged),
        years=_years(judged),
        units=tuple(_unit(*each) for each in sorted(by_unit.items(), key=_place)),
        latest=_latest(judged),
        waiting=_waiting(judged),
        empty=tuple(_case(each) for each in sorted(judged, key=_number) if each.empty),
    )


def judge(message: Message, duty: Duty, at: datetime) -> Judged:
    """One message under one duty, as it stood at a moment (UTC).

    As for a live duty, the first reply on record gives the verdict.
    """
    due = due_of(duty, message.known)
    answers = [reply for reply in message.replies if reply.says in ("answer", "unreadable")]
    first = message.replies[0] if message.replies else None
    return Judged(
        message=message,
        due=due,
        outcome=_outcome(due, first, at),
        in_substance=_outcome(due, answers[0] if answers else None, at),
        replied_at=first.at if first else None,
        late_seconds=max(0, seconds_late(due, first.at if first else at)),
        empty=None if first is None or answers else _emptiness(first.says),
        unreadable=any(reply.says == "unreadable" for reply in message.replies),
    )


def figures(judged: Sequence[Judged]) -> Figures:
    """Count some messages."""

    def count(*outcomes: Outcome) -> int:
        return sum(each.outcome in outcomes for each in judged)

    late = sorted(each.late_seconds for each in judged if each.outcome == "late")
    return Figures(
        messages=len(judged),
        answered=count("in_time", "late", "recorded_late"),
        unanswered=count("unanswered"),
        pending=count("pending"),
        in_time=count("in_time"),
        in_time_in_substance=sum(each.in_substance == "in_time" for each in judged),
        in_time_empty=sum(each.outcome == "in_time" and bool(each.empty) for each in judged),
        late=len(late),
        recorded_late=count("recorded_late"),
        empty=sum(bool(each.empty) for each in judged),
        unreadable=sum(each.unreadable for each in judged),
        lateness=lateness(late),
    )


def lateness(late: Sequence[int]) -> Lateness:
    """Sum up latenesses given in ascending order."""
    if len(late) < FEW:
        return Lateness(len(late), None, None, tuple(late))
    return Lateness(len(late), _ranked(late, 50), _ranked(late, 90), ())


def _ranked(ascending: Sequence[int], percent: int) -> int:
    return ascending[ceil(len(ascending) * percent / 100) - 1]


def _outcome(due: datetime, reply: Reply | None, at: datetime) -> Outcome:
    if reply is not None:
        return timing_of(due, reply.at, reply.recorded_at, reply.standing)
    return "pending" if at <= due else "unanswered"


def _emptiness(says: Says) -> Emptiness | None:
    match says:
        case "answer" | "unreadable":
            return None
        case _:
            return says


def _unit(unit: Replying, judged: Sequence[Judged]) -> UnitReview:
    return UnitReview(unit, figures(judged), _years(judged), _latest(judged), _waiting(judged))


def _years(judged: Sequence[Judged]) -> tuple[Year, ...]:
    by_year = _grouped(judged, lambda each: day_of(each.message.posted_at).year)
    return tuple(Year(year, figures(by_year[year])) for year in sorted(by_year))


def _latest(judged: Iterable[Judged]) -> tuple[Case, ...]:
    return _longest(each for each in judged if each.outcome == "late")


def _waiting(judged: Iterable[Judged]) -> tuple[Case, ...]:
    return _longest(each for each in judged if each.outcome == "unanswered")


def _longest(judged: Iterable[Judged]) -> tuple[Case, ...]:
    ordered = sorted(judged, key=lambda each: (-each.late_seconds, each.message.number))
    return tuple(_case(each) for each in ordered[:SHOWN])


def _case(each: Judged) -> Case:
    message = each.message
    return Case(
        number=message.number,
        unit=message.unit,
        posted_at=message.posted_at,
        due=each.due,
        replied_at=each.replied_at,
        late_seconds=each.late_seconds,
        empty=each.empty,
    )


K = TypeVar("K", bound=Hashable)


def _grouped(judged: Iterable[Judged], key: Callable[[Judged], K]) -> dict[K, list[Judged]]:
    groups: dict[K, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[key(each)].append(each)
    return groups


def _number(each: Judged) -> str:
    return each.message.number


def _place(each: tuple[Replying, Sequence[Judged]]) -> tuple[bool, str, bool, int, str]:
    """Units of the directory by code, each before what names nobody; then the others by size."""
    unit, judged = each
    return unit.code is None, unit.code or "", unit.known_by == "unnamed", -len(judged), unit.name
