"""Natural days (自然日) in Asia/Shanghai, where a day ends at 24:00.

24:00 of a day is 00:00 of the next. A limit that ends there includes it: what is done at exactly
that moment is done in time.
"""

from datetime import UTC, date, datetime, time, timedelta

from shared.clock import SHANGHAI


def day_of(moment: datetime) -> date:
    """The day in Shanghai of an aware moment; 00:00 belongs to the day that begins.

    Raises ValueError for a moment without a time zone.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone belongs to no day")
    return moment.astimezone(SHANGHAI).date()


def end_of(day: date) -> datetime:
    """24:00 of a day in Shanghai, as a UTC moment."""
    midnight = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    return midnight.astimezone(UTC)


def end_of_day(start: datetime, days: int) -> datetime:
    """24:00 of the ``days``-th day after the day of ``start``, which is not counted; UTC.

    Raises ValueError for a moment without a time zone.
    """
    return end_of(day_of(start) + timedelta(days=days))
