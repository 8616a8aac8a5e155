"""Durations as packs write them (ISO 8601): ``PT2H``, ``P3D``, ``P1M``."""

import re
from calendar import monthrange
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from shared.calendar.days import end_of, in_shanghai
from shared.errors import Invalid

_WRITTEN = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?)?",
    re.ASCII,
)
_SPOKEN = ("年", "个月", "周", "天", "小时", "分钟")
_LONGEST_DAYS = 36_600
"""A hundred years: what is longer is a slip of the pen, and would leave the calendar."""


@dataclass(frozen=True, slots=True)
class Duration:
    """So long: years and months by the calendar, the rest elapsed (a day is 24 hours).

    Raises Invalid ``duration.not-positive`` or ``duration.too-long`` (more than a hundred years).
    """

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0

    def __post_init__(self) -> None:
        if not any(astuple(self)) or min(astuple(self)) < 0:
            remedy = "请写正整数；当日内完成的请用 same_day = true。"
            raise Invalid("duration.not-positive", "时长应大于零。", remedy)
        if self.years * 366 + self.months * 31 + self.elapsed.days > _LONGEST_DAYS:
            raise Invalid("duration.too-long", "时长超过一百年。", "请核对数字和单位。")

    @property
    def elapsed(self) -> timedelta:
        """The part that runs by the clock alone."""
        days = self.weeks * 7 + self.days
        return timedelta(days=days, hours=self.hours, minutes=self.minutes)

    def after(self, moment: datetime) -> datetime:
        """The UTC moment so long after an aware one: first years and months, then the rest.

        Raises ValueError for a moment without a time zone.
        """
        return _months_on(moment, self.years * 12 + self.months) + self.elapsed

    def before(self, moment: datetime) -> datetime:
        """The UTC moment so long before an aware one: first years and months, then the rest.

        Raises ValueError for a moment without a time zone.
        """
        return _months_on(moment, -self.years * 12 - self.months) - self.elapsed

    def spoken(self) -> str:
        """As people say it: ``3小时``, ``1个月``, ``1天12小时``."""
        parts = zip(astuple(self), _SPOKEN, strict=True)
        return "".join(f"{count}{unit}" for count, unit in parts if count)

    def __str__(self) -> str:
        counts = [f"{count}{unit}" if count else "" for count, unit in self._counted()]
        day, clock = "".join(counts[:4]), "".join(counts[4:])
        return f"P{day}T{clock}" if clock else f"P{day}"

    def _counted(self) -> list[tuple[int, str]]:
        return [(getattr(self, part.name), part.name[0].upper()) for part in fields(self)]


def read_duration(text: str, *, field: str | None = None) -> Duration:
    """A duration as packs write it.

    Raises Invalid ``duration.malformed``, ``.not-positive`` or ``.too-long``.
    """
    try:
        return _read(text)
    except Invalid as problem:
        message = f"时长“{text}”：{problem.message}"
        raise Invalid(problem.code, message, problem.remedy, field) from None


@lru_cache
def _read(text: str) -> Duration:
    found = _WRITTEN.fullmatch(text)
    if not found or text == "P":
        remedy = "请按 ISO 8601 写整数：3小时 PT3H，30分钟 PT30M，2天 P2D，1个月 P1M，1年 P1Y。"
        raise Invalid("duration.malformed", "看不懂。", remedy)
    return Duration(*(int(count or 0) for count in found.groups()))


def _months_on(moment: datetime, months: int) -> datetime:
    """The same day and time some months on or back.

    A month without that day: its end, 24:00 of its last day. With the time of the day kept
    (01-31 01:00 to 02-28 01:00), a later start could have an earlier limit than 01-30 23:00.
    """
    local = in_shanghai(moment)
    if not months:
        return local.astimezone(UTC)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if local.day > last:
        return end_of(date(year, month + 1, last))
    return local.replace(year=year, month=month + 1).astimezone(UTC)
