"""Natural days (自然日) in Asia/Shanghai, where a day ends at 24:00.

24:00 of a day is 00:00 of the next. A limit that ends there includes it: what is done at exactly
that moment is done in time.
"""

from datetime import UTC, date, datetime, time, timedelta

from shared.clock import SHANGHAI


def in_shanghai(moment: datetime) -> datetime:
    """An aware moment as the clocks here show it.

    Raises ValueError for a moment without a time zone.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone belongs to no day")
    return moment.astimezone(SHANGHAI)


def day_of(moment: datetime) -> date:
    """The day in Shanghai of an aware moment; 00:00 belongs to the day that begins.

    Raises ValueError for a moment without a time zone.
    """
    return in_shanghai(moment).date()


def start_of(day: date) -> datetime:
    """00:00 of a day in Shanghai, as a UTC moment."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """24:00 of a day in Shanghai, as a UTC moment."""
    return start_of(day + timedelta(days=1))


def end_of_day(start: datetime, days: int) -> datetime:
    """24:00 of the ``days``-th day after the day of ``start``, which is not counted; UTC.

    Raises ValueError for a moment without a time zone.
    """
    return end_of(day_of(start) + timedelta(days=days))
