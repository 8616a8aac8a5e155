"""By when a duty is due (时限), and how what was done stands to that (结论); pure.

Live verdicts and the review of imported history are both computed here, so that they never differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.calendar import limits
from shared.calendar.days import day_of, end_of
from shared.calendar.durations import Duration
from shared.calendar.working import Calendar, Limit
from shared.policy.engine.deeds import Deed, Done, Gone
from shared.policy.language.rules import Duty, Extension

SECOND = timedelta(seconds=1)

Outcome = Literal["in_time", "late", "recorded_late", "missed", "pending"]
"""``recorded_late`` was done in time by its own word, but put on record only after the limit;
``pending`` is not done yet, with the limit still to come."""


@dataclass(frozen=True, slots=True, order=True)
class DutyKey:
    """Which duty: the rule, for whom or to whom, and the how-manieth start or which period."""

    rule: str
    each: str = ""
    turn: int | str = 0

    def __str__(self) -> str:
        return "".join(
            [self.rule, f"@{self.each}" if self.each else "", f"#{self.turn}" if self.turn else ""]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """One duty as the deeds make it, be it of a matter or of a unit's period; moments are UTC.

    ``known_at`` is when it could first be known that it is owed, ``cause`` the event it starts
    with. ``limit`` is none where nothing can be missed; ``extended`` if more time was granted.
    ``gone`` is why it is owed no more, and since when that was on record.
    """

    start: datetime
    known_at: datetime
    limit: Limit | None
    done: Done | None
    cause: UUID | None = None
    ended_at: datetime | None = None
    gone: tuple[Gone, datetime] | None = None
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a duty stands to its limit.

    Whole seconds: what is to spare is rounded down, what is late up, for a microsecond late is a
    second late.
    """

    outcome: Outcome
    spare_seconds: int
    late_seconds: int


def verdict_of(due: datetime, done: Done | None, now: datetime) -> Verdict:
    """How a duty stands by what was done, or at ``now`` (UTC) where nothing was.

    At the limit itself nothing is late. Of imported history it cannot matter when it was recorded.
    """
    spare = due - (done.at if done else now)
    return Verdict(_outcome(due, done, now), max(spare // SECOND, 0), max(-(spare // SECOND), 0))


def _outcome(due: datetime, done: Done | None, now: datetime) -> Outcome:
    if done is None:
        return "pending" if now <= due else "missed"
    if done.at > due:
        return "late"
    return "recorded_late" if done.standing == "live" and done.recorded_at > due else "in_time"


def limit_of(
    rule: Duty, start: datetime, deed: Deed | None, planned: datetime | None, calendar: Calendar
) -> Limit | None:
    """The limit counted from ``start``, or none for what is only measured or not promised yet."""
    counted = rule.reading == "from_start_day"
    match rule:
        case Duty(within=Duration() as long):
            return limits.within(start, long)
        case Duty(days=int() as days):
            return _days(start, days, rule.reading)
        case Duty(working_days=int() as days):
            return calendar.end_of_working_day(start, days, start_counted=counted)
        case Duty(same_day=True):
            return limits.same_day(start)
        case Duty(at=str() as at):
            return limits.at_time(start, at)
        case Duty(on=str() as on):
            return limits.on_date(start, on)
        case Duty(window=(first, last)):
            return limits.window(start, first, last)
        case Duty(promised=True):
            return limits.promised(deed.promised) if deed and deed.promised else None
        case Duty(before=Duration() | True as before):
            ahead = None if before is True else before
            return limits.before(planned, ahead) if planned else None
        case _:
            return None


def extended(
    rule: Duty, start: datetime, limit: Limit | None, granted: Sequence[Deed]
) -> Limit | None:
    """The limit after what was granted, never beyond the rule's ceiling, and never earlier.

    What was granted without a date goes to the ceiling.
    """
    if limit is None or rule.extension is None or not granted:
        return limit
    ceiling = ceiling_of(rule.extension, start, limit)
    due = min(ceiling.due, max(deed.promised or ceiling.due for deed in granted))
    return Limit(max(due, limit.due), ceiling.provisional or limit.provisional, limit.opens)


def ceiling_of(extension: Extension, start: datetime, limit: Limit) -> Limit:
    """The latest moment that an extension can reach."""
    base = start if extension.counted == "total" else limit.due
    if extension.within is not None:
        return limits.within(base, extension.within)
    if extension.days is None:
        return Limit(end_of(day_of(limit.due)))
    if extension.counted == "total":
        return limits.days(start, extension.days)
    return Limit(limit.due + timedelta(days=extension.days))  # 24:00 stays 24:00 here


def _days(start: datetime, days: int, reading: str) -> Limit:
    if reading == "elapsed":
        return limits.within(start, Duration(days=days))
    return limits.days(start, days, start_counted=reading == "from_start_day")
