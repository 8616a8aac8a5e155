"""Times as people have them in files, read as Asia/Shanghai where no zone is written.

Of a day without a time the reading is the one by which nobody is late for our guess: a message
came at the end of its day, a reply at the beginning of its day (or with the message, if later).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.clock import SHANGHAI, unreadable_moment

_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?:-|/|\.|年)(?P<month>\d{1,2})(?:-|/|\.|月)(?P<day>\d{1,2})日?"
    r"(?:[ T]*(?P<half>上午|下午|AM|PM)?[ ]*(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{1,2})分?"
    r"(?:(?::|)(?P<second>\d{1,2})(?:\.(?P<part>\d{1,6})\d*)?秒?)?[ ]*(?P<late>AM|PM)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_ONE = timedelta(days=1)
_WIDE = str.maketrans("：／－．　", ":/-. ")


@dataclass(frozen=True, slots=True)
class FileMoment:
    """A moment in UTC; ``day_only`` where the file has the day without a time."""

    moment: datetime
    day_only: bool


def posted(cell: str | datetime | date, *, field: str) -> FileMoment:
    """When a message came; a day alone means its end. Raises Invalid ``time.unreadable``."""
    moment, day_only = _read(cell, field)
    ends = timedelta(days=1, microseconds=-1) if day_only else timedelta(0)
    return FileMoment((moment + ends).astimezone(UTC), day_only)


def replied(cell: str | datetime | date, after: datetime, *, field: str) -> FileMoment:
    """When the answer came; a day alone means its beginning, or ``after`` if that is within it.

    Raises Invalid ``time.unreadable``.
    """
    moment, day_only = _read(cell, field)
    if day_only and moment <= after < moment + timedelta(days=1):
        return FileMoment(after, day_only)
    return FileMoment(moment.astimezone(UTC), day_only)


def _read(cell: str | datetime | date, field: str) -> tuple[datetime, bool]:
    """The moment, with a zone; of a day alone its beginning. It has a day before and after it."""
    try:
        moment, day_only = _found(cell)
        _ = (moment.astimezone(UTC) - _ONE, moment + _ONE)
    except (ValueError, OverflowError) as problem:
        raise unreadable_moment(str(cell)[:40], field) from problem
    return moment, day_only


def _found(cell: str | datetime | date) -> tuple[datetime, bool]:
    if isinstance(cell, datetime):
        return (cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)), False
    if isinstance(cell, date):
        return datetime.combine(cell, time(), SHANGHAI), True
    text = cell.strip().translate(_WIDE)
    found = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        raise ValueError("no known form")
    return _put_together(found.groupdict())


def _put_together(part: dict[str, str | None]) -> tuple[datetime, bool]:
    day = date(int(part["year"] or 0), int(part["month"] or 0), int(part["day"] or 0))
    if part.get("hour") is None:
        if part.get("zone"):
            raise ValueError("a zone without a time")
        return datetime.combine(day, time(), SHANGHAI), True
    hour = _hour(int(part["hour"] or 0), part["half"] or part["late"])
    micros = int((part["part"] or "0").ljust(6, "0"))
    at = time(hour, int(part["minute"] or 0), int(part["second"] or 0), micros)
    zone = datetime.fromisoformat(f"2000-01-01T00:00{part['zone'] or '+08:00'}".upper()).tzinfo
    return datetime.combine(day, at, zone), False


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if hour > 12:
        raise ValueError("an hour of the day together with its half")
    return hour % 12 + (12 if half.upper() in ("下午", "PM") else 0)
