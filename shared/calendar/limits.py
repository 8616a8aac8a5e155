"""By when: one function for each clock a pack can name, from a moment to a limit.

"内" and "前" include the named moment: what is done at ``due`` is done in time. All moments given
are aware (ValueError if not), all moments told are UTC, and days are days in Shanghai. *Soon* and
*until* have no limit; working days are the calendar's (``working``), and what recurs is in
``periods``.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from shared.calendar.days import (
    AnnualDay,
    Season,
    day_of,
    end_of,
    end_of_day,
    in_shanghai,
    moment_on,
    read_day,
    read_time_of_day,
    start_of,
)
from shared.calendar.durations import Duration
from shared.calendar.working import Limit, check_days
from shared.errors import Invalid


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


def at_time(start: datetime, at: str, *, next_day: bool = False) -> Limit:
    """``at`` (``17:30``) of the start day, or of the day after it.

    Where that time of the start day has passed, it is the next day's: no limit lies before its
    start. Raises Invalid ``calendar.time-malformed``.
    """
    since_midnight, day = read_time_of_day(at, field="at"), day_of(start)
    today = moment_on(day, since_midnight)
    if next_day or today < start:
        return Limit(moment_on(day + timedelta(days=1), since_midnight))
    return Limit(today)


def on_date(start: datetime, on: str) -> Limit:
    """24:00 of a named day.

    ``12-11`` is the first such day from the start day on (``02-29`` in a common year: 02-28),
    ``last`` the last day of the start's month, ``2026-12-11`` that day even where it has passed.
    Raises Invalid ``calendar.day-malformed``.
    """
    today = day_of(start)
    if on == "last":
        return Limit(end_of(today.replace(day=monthrange(today.year, today.month)[1])))
    match read_day(on, field="on"):
        case AnnualDay() as annual:
            this_year = annual.in_year(today.year)
            passed = this_year < today
            return Limit(end_of(annual.in_year(today.year + 1) if passed else this_year))
        case named:
            return Limit(end_of(named))


def promised(given: date | datetime) -> Limit:
    """A promised moment is the limit itself; a promised date ends at 24:00."""
    if isinstance(given, datetime):
        return Limit(in_shanghai(given).astimezone(UTC))
    return Limit(end_of(given))


def before(
    planned: date | datetime, ahead: int | Duration | None = None, *, days_between: bool = False
) -> Limit:
    """Backward from what is planned; a planned date begins at 00:00.

    Nothing ahead: the planned moment. A duration: so long before it. A number of days: 24:00 of the
    ``ahead``-th day before the planned one, which is not counted (14 days before 09-01 is 08-18);
    with ``days_between`` that many whole days lie between, so it is one day earlier.
    Raises Invalid ``limit.days-out-of-range``.
    """
    if isinstance(ahead, int):
        check_days(ahead)
        day = day_of(planned) if isinstance(planned, datetime) else planned
        return Limit(end_of(day - timedelta(days=ahead + days_between)))
    moment = planned if isinstance(planned, datetime) else start_of(planned)
    return Limit(ahead.before(moment) if ahead else in_shanghai(moment).astimezone(UTC))


def window(start: datetime, opens: str, closes: str) -> Limit:
    """From 00:00 of one day to 24:00 of another, both named as ``02-26`` or ``2026-02-26``.

    Named without a year, it is the first window that has not closed before the start day. Raises
    Invalid ``calendar.day-malformed`` or ``limit.window-reversed``.
    """
    first, last = read_day(opens, field="window"), read_day(closes, field="window")
    if isinstance(first, AnnualDay) and isinstance(last, AnnualDay):
        return _next_window(day_of(start), Season(first, last))
    if isinstance(first, AnnualDay) or isinstance(last, AnnualDay) or last < first:
        raise Invalid(
            "limit.window-reversed",
            f"时段“{opens}”至“{closes}”不成立。",
            "起止两日要么都写年份且先起后止，要么都不写年份。",
            "window",
        )
    return _open_from(first, last)


def _next_window(today: date, season: Season) -> Limit:
    years = range(today.year - 1, today.year + 2)
    windows = (season.beginning_in(year) for year in years)
    return _open_from(*next(window for window in windows if window[1] >= today))


def _open_from(first: date, last: date) -> Limit:
    return Limit(end_of(last), opens=start_of(first))
