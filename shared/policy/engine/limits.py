"""By when a duty is due (时限): the rule's clock on its start, and its extension."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.calendar import limits
from shared.calendar.days import day_of, end_of
from shared.calendar.durations import Duration
from shared.calendar.working import Calendar, Limit
from shared.policy.engine.deeds import Deed
from shared.policy.language.rules import Duty, Extension


def limit_of(
    rule: Duty,
    start: datetime,
    deed: Deed | None,
    planned: datetime | None,
    calendar: Calendar,
) -> Limit | None:
    """The limit counted from ``start``, or none for what is only measured or not promised yet."""
    counted = rule.reading == "from_start_day"
    match rule.clock:
        case "within":
            assert rule.within is not None
            return limits.within(start, rule.within)
        case "days":
            assert rule.days is not None
            return _days(start, rule.days, rule.reading)
        case "working_days":
            assert rule.working_days is not None
            return limits.working_days(start, rule.working_days, calendar, start_counted=counted)
        case "same_day":
            return limits.same_day(start)
        case "at":
            assert rule.at is not None
            return limits.at_time(start, rule.at)
        case "on":
            assert rule.on is not None
            return limits.on_date(start, rule.on)
        case "window":
            assert rule.window is not None
            return limits.window(start, *rule.window)
        case "promised":
            return limits.promised(deed.promised) if deed and deed.promised else None
        case "before":
            ahead = None if rule.before is True else rule.before
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
