"""What the rules would have said of imported history: figures under a pack (导入历史的回看); pure.

Every message is measured as a live one is, by the same functions: ``owed_by`` finds its duty, and
``verdict_of`` how that stands. It is counted for the unit whose reply it is and the year it was
posted in, Asia/Shanghai. Two readings stand side by side: a reply is a reply, and a reply that
answers nothing (receipts.py) is none in substance.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from operator import attrgetter
from typing import Any, Literal, TypeGuard, TypeVar

from services.reporting.history.receipts import Emptiness
from shared.calendar.days import day_of
from shared.calendar.working import Calendar
from shared.policy.engine.deeds import Deed, Matter, as_recorded
from shared.policy.engine.limits import Outcome, verdict_of
from shared.policy.engine.outlook import Outlook, owed_by
from shared.policy.language.pack import Pack
from shared.policy.language.rules import MOMENTS, Duty
from shared.policy.language.speaking import limit

Says = Emptiness | Literal["answer", "unreadable"]
"""What a reply says; of one whose key was destroyed or damaged nobody can tell."""

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
    """A published reply, as rules see it, and what it says."""

    deed: Deed
    says: Says


@dataclass(frozen=True, slots=True)
class Message:
    """An imported incident with its replies in the order of the record; ``posted_at`` in UTC."""

    number: str
    unit: Replying
    posted_at: datetime
    matter: Matter
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """What messages are measured by: a duty of a pack, the working days, and the moment (UTC)."""

    pack: Pack
    rule: str
    calendar: Calendar
    at: datetime

    @property
    def duty(self) -> Duty:
        return self.pack.of(Duty)[self.rule]


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
class ListedMessage:
    """One incident of a list; moments are UTC. ``late_seconds`` runs on without a reply.

    ``empty`` is what the replies say when none of them answers anything.
    """

    number: str
    unit: Replying
    posted_at: datetime
    due: datetime
    replied_at: datetime | None
    late_seconds: int
    empty: Emptiness | None


@dataclass(frozen=True, slots=True)
class JudgedMessage(ListedMessage):
    """A message under one duty.

    ``in_substance`` is the outcome when replies that answer nothing do not count; one that cannot
    be read does.
    """

    outcome: Outcome
    in_substance: Outcome
    unreadable: bool


@dataclass(frozen=True, slots=True)
class UnitReview:
    """One unit: in all, by year, its ten latest replies and the ten that wait longest."""

    unit: Replying
    total: Figures
    years: tuple[Year, ...]
    latest: tuple[ListedMessage, ...]
    waiting: tuple[ListedMessage, ...]


@dataclass(frozen=True, slots=True)
class DutyInWords:
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
    duty: DutyInWords
    total: Figures
    years: tuple[Year, ...]
    units: tuple[UnitReview, ...]
    latest: tuple[ListedMessage, ...]
    waiting: tuple[ListedMessage, ...]
    empty: tuple[ListedMessage, ...]


def is_for_any_reply(duty: Duty) -> bool:
    """Whether a duty asks for a published reply, of every incident, by a limit from its moments.

    What is graded, promised or assigned first is not known of imported history.
    """
    return (
        not (duty.measured or duty.optional or duty.when or duty.each)
        and all(start in MOMENTS for start in duty.start)
        and duty.clock not in ("before", "promised")
        and any(str(stop) == "publish" for stop in duty.stop.patterns())
    )


def review(measure: Measure, messages: Iterable[Message]) -> DutyReview:
    """What a duty would have said of messages, as it stood at a moment."""
    duty = measure.duty
    judged = [each for message in messages if (each := judge(measure, message))]
    by_unit = _grouped(judged, lambda each: each.unit)
    return DutyReview(
        id=measure.rule,
        duty=DutyInWords(duty.zh, duty.clause or duty.zh, duty.start[0], limit(duty)),
        units=tuple(
            UnitReview(unit, **_summed(those))
            for unit, those in sorted(by_unit.items(), key=_place)
        ),
        **_summed(judged),
        empty=tuple(sorted(filter(attrgetter("empty"), judged), key=attrgetter("number"))),
    )


def judge(measure: Measure, message: Message) -> JudgedMessage | None:
    """One message under one duty; none if it owes nothing by it."""
    answers = [reply for reply in message.replies if not _is_empty(reply.says)]
    owed, in_substance = (_owed(measure, message, those) for those in (message.replies, answers))
    if owed is None or owed.limit is None or in_substance is None:
        return None
    due, said = owed.limit.due, [reply.says for reply in message.replies]
    verdict = verdict_of(due, owed.done, measure.at)
    return JudgedMessage(
        number=message.number,
        unit=message.unit,
        posted_at=message.posted_at,
        due=due,
        replied_at=owed.done.at if owed.done else None,
        late_seconds=verdict.late_seconds,
        empty=None if answers else next((each for each in said if _is_empty(each)), None),
        outcome=verdict.outcome,
        in_substance=verdict_of(due, in_substance.done, measure.at).outcome,
        unreadable="unreadable" in said,
    )


def _is_empty(says: Says) -> TypeGuard[Emptiness]:
    """One that cannot be read may answer something."""
    return says not in ("answer", "unreadable")


def _owed(measure: Measure, message: Message, replies: Iterable[Reply]) -> Outlook | None:
    """What the rules make of a message by some of its replies, as of a live matter."""
    done = as_recorded(reply.deed for reply in replies)
    found = owed_by(measure.pack, measure.calendar, message.matter, measure.rule, done)
    return found[0] if found else None


def figures(judged: Sequence[JudgedMessage]) -> Figures:
    """Count some messages."""

    def count(*outcomes: Outcome) -> int:
        return sum(each.outcome in outcomes for each in judged)

    late = sorted(each.late_seconds for each in judged if each.outcome == "late")
    return Figures(
        messages=len(judged),
        answered=count("in_time", "late", "recorded_late"),
        unanswered=count("missed"),
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
    median, p90 = (late[ceil(len(late) * percent / 100) - 1] for percent in (50, 90))
    return Lateness(len(late), median, p90, ())


def _summed(judged: Sequence[JudgedMessage]) -> dict[str, Any]:
    """In all, by year, the latest and those that wait longest."""
    by_year = _grouped(judged, lambda each: day_of(each.posted_at).year)
    return {
        "total": figures(judged),
        "years": tuple(Year(year, figures(by_year[year])) for year in sorted(by_year)),
        "latest": _longest(judged, "late"),
        "waiting": _longest(judged, "missed"),
    }


def _longest(judged: Sequence[JudgedMessage], outcome: Outcome) -> tuple[ListedMessage, ...]:
    such = (each for each in judged if each.outcome == outcome)
    return tuple(sorted(such, key=lambda each: (-each.late_seconds, each.number))[:SHOWN])


K = TypeVar("K", bound=Hashable)


def _grouped(
    judged: Iterable[JudgedMessage], key: Callable[[JudgedMessage], K]
) -> dict[K, list[JudgedMessage]]:
    groups: dict[K, list[JudgedMessage]] = defaultdict(list)
    for each in judged:
        groups[key(each)].append(each)
    return groups


def _place(each: tuple[Replying, Sequence[JudgedMessage]]) -> tuple[bool, str, bool, int, str]:
    """Units of the directory by code, each before what names nobody; then the others by size."""
    unit, judged = each
    return unit.code is None, unit.code or "", unit.known_by == "unnamed", -len(judged), unit.name
