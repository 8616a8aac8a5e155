"""By when: one function for each clock a pack can name, from a moment to a limit.

"内" and "前" include the named moment: what is done at ``due`` is done in time. All moments given
are aware (ValueError if not), all moments told are UTC, and days are days in Shanghai. *Soon* and
*until* have no limit; working days are the calendar's (``working``), and what recurs is in
``periods``.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from shared.calendar.days import (
    Season,
    day_of,
    end_of,
    end_of_day,
    in_shanghai,
    moment_on,
    read_annual_day,
    read_time_of_day,
    start_of,
)
from shared.calendar.durations import Duration
from shared.calendar.working import Limit, check_days


def within(start: datetime, allowed: Duration) -> Limit:
    """So long after the start: hours and days elapsed, months and years by the calendar."""
    return Limit(allowed.after(start))


def same_day(start: datetime) -> Limit:
    """24:00 of the day of the start."""
    return Limit(end_of_day(start, 0))


def days(start: datetime, count: int, *, start_counted: bool = False) -> Limit:
    """24:00 of the ``count``-th day; the start day is not counted, or is the first.

    Raises Invalid ``limit.days-out-of-range`` outside 1 to 3660.
    """
    check_days(count)
    return Limit(end_of_day(start, count - start_counted))


def at_time(start: datetime, at: str) -> Limit:
    """``at`` (``17:30``) of the start day, or of the day after it where that has passed.

    Raises Invalid ``calendar.time-malformed``.
    """
    today = moment_on(day_of(start), read_time_of_day(at, field="at"))
    return Limit(today if today >= start else today + timedelta(days=1))  # no summer time here


def on_date(start: datetime, on: str) -> Limit:
    """24:00 of a named day.

    ``12-11`` is the first such day from the start day on (``02-29`` in a common year: 02-28),
    ``last`` the last day of the start's month. Raises Invalid ``calendar.day-malformed``.
    """
    today = day_of(start)
    if on == "last":
        return Limit(end_of(today.replace(day=monthrange(today.year, today.month)[1])))
    annual = read_annual_day(on, field="on")
    passed = annual.in_year(today.year) < today
    return Limit(end_of(annual.in_year(today.year + passed)))


def promised(given: datetime) -> Limit:
    """A promised moment is the limit itself."""
    return Limit(in_shanghai(given).astimezone(UTC))


def before(planned: datetime, ahead: Duration | None = None) -> Limit:
    """The planned moment, or so long before it."""
    return Limit(ahead.before(planned)) if ahead else promised(planned)


def window(start: datetime, opens: str, closes: str) -> Limit:
    """From 00:00 of one day to 24:00 of another, both named as ``02-26``.

    It is the first window that has not closed before the start day. Raises Invalid
    ``calendar.day-malformed``.
    """
    ends = (read_annual_day(day, field="window") for day in (opens, closes))
    season, today = Season(*ends), day_of(start)
    windows = map(season.beginning_in, range(today.year - 1, today.year + 2))
    first, last = next(window for window in windows if window[1] >= today)
    return Limit(end_of(last), opens=start_of(first))
