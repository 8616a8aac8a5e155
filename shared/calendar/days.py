"""Natural days (自然日) in Asia/Shanghai, where a day ends at 24:00, and how packs write them.

24:00 of a day is 00:00 of the next. A limit that ends there includes it: what is done at exactly
that moment is done in time. Packs write ``12-11`` and ``17:30``.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from shared.clock import SHANGHAI
from shared.errors import Invalid

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_ANNUAL = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR = 2024


def in_shanghai(moment: datetime) -> datetime:
    """An aware moment as the clocks here show it; at the end of all dates, the last there is.

    Raises ValueError for a moment without a time zone.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone belongs to no day")
    try:
        return moment.astimezone(SHANGHAI)
    except OverflowError:
        return datetime.max.replace(tzinfo=SHANGHAI)


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


@dataclass(frozen=True, slots=True)
class AnnualDay:
    """A day that comes every year, as ``12-11``."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """The day in that year; ``02-29`` is the last day of February in a common year.

        Law says so of months (a month without the day ends the period with its last day), and a
        duty that fell away three years in four would surprise everyone.
        """
        return date(year, self.month, min(self.day, monthrange(year, self.month)[1]))


@dataclass(frozen=True, slots=True)
class Season:
    """A part of every year, both days included; ``12-20`` to ``01-10`` runs over the new year."""

    first: AnnualDay
    last: AnnualDay

    def beginning_in(self, year: int) -> tuple[date, date]:
        """First and last day of the season that begins in that year."""
        first, last = self.first.in_year(year), self.last.in_year(year)
        return first, last if first <= last else self.last.in_year(year + 1)

    def holds(self, day: date) -> bool:
        """Whether the day lies in the season."""
        years = (day.year - 1, day.year)
        return any(first <= day <= last for first, last in map(self.beginning_in, years))


@lru_cache
def read_annual_day(text: str, *, field: str | None = None) -> AnnualDay:
    """A day as ``12-11``. Raises Invalid ``calendar.day-malformed``."""
    if found := _ANNUAL.fullmatch(text):
        month, day = int(found[1]), int(found[2])
        if 1 <= month <= 12 and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]:
            return AnnualDay(month, day)
    said, remedy = f"没有“{text}”这一天。", "每年的某日写成 12-11；某年的某日写成 2026-12-11。"
    raise Invalid("calendar.day-malformed", said, remedy, field)


@lru_cache
def read_time_of_day(text: str, *, field: str | None = None) -> timedelta:
    """The time since 00:00 of ``17:30``; ``24:00`` is the end of the day.

    Raises Invalid ``calendar.time-malformed``.
    """
    if not _TIME.fullmatch(text):
        remedy = "请写成两位的时和分，如 08:00、17:30；一天结束写 24:00。"
        raise Invalid("calendar.time-malformed", f"“{text}”不是一天中的时刻。", remedy, field)
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def moment_on(day: date, since_midnight: timedelta) -> datetime:
    """A time of a day in Shanghai, as a UTC moment."""
    return start_of(day) + since_midnight
