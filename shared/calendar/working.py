"""Working days (工作日) by the State Council's notices, make-up workdays (调休) included.

A year whose notice is not known here is taken as Monday to Friday without the statutory days of
fixed date, and what was found that way is told as provisional. Its festivals by moon or sun (除夕,
春节, 清明, 端午, 中秋), its bridges and its make-up workdays are unknown: only a notice settles
them, so nothing is guessed and a provisional limit may move either way.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from pkgutil import get_data
from types import MappingProxyType
from typing import Any

from shared.calendar.days import day_of, end_of
from shared.errors import Invalid

LONGEST = 3660
"""No limit is longer than ten years, in days."""

_ONE = timedelta(days=1)
_SATURDAY = 5

_STATUTORY: tuple[tuple[int, frozenset[tuple[int, int]]], ...] = (
    (2025, frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})),
    (2008, frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})),
    (2000, frozenset({(1, 1), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3)})),
    (1950, frozenset({(1, 1), (5, 1), (10, 1), (10, 2)})),
)
"""Days of fixed date that everybody has off by 全国年节及纪念日放假办法, from that year on."""


@dataclass(frozen=True, slots=True)
class Limit:
    """By when (时限): what is done at ``due`` itself is done in time.

    ``due`` and ``opens`` are UTC moments. ``opens`` is set where it can be too early, too: a window
    begins then. A provisional limit rests on a year whose holidays are not published.
    """

    due: datetime
    provisional: bool = False
    opens: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """What the notices have settled about one calendar year; days in Shanghai.

    ``notice`` is the notice's number, empty where it was not established. ``off_days`` may name
    weekends inside a break; ``makeup_days`` are Saturdays and Sundays that are worked. A day stands
    under the year it lies in: a notice that names days of December before publishes that year anew.

    Raises Invalid ``calendar.day-of-another-year``, ``.off-and-makeup``, ``.makeup-is-weekday`` or
    ``.statutory-day-missing``.
    """

    year: int
    notice: str
    off_days: frozenset[date]
    makeup_days: frozenset[date]

    def __post_init__(self) -> None:
        self._none("day-of-another-year", self._of_another_year(), _ANOTHER_YEAR)
        self._none("off-and-makeup", self.off_days & self.makeup_days, _BOTH)
        self._none("makeup-is-weekday", self._already_worked(), _WEEKDAY)
        self._none("statutory-day-missing", statutory_days(self.year) - self.off_days, _STATUTE)

    def is_working_day(self, day: date) -> bool:
        """Whether a day of this year is worked."""
        return day in self.makeup_days or (day.weekday() < _SATURDAY and day not in self.off_days)

    def _of_another_year(self) -> Iterable[date]:
        return (day for day in self.off_days | self.makeup_days if day.year != self.year)

    def _already_worked(self) -> Iterable[date]:
        return (day for day in self.makeup_days if day.weekday() < _SATURDAY)

    def _none(self, code: str, days: Iterable[date], said: tuple[str, str, str]) -> None:
        if found := sorted(days):
            problem, remedy, name = said
            shown = "、".join(map(str, found[:5])) + ("等" if len(found) > 5 else "")
            message = f"{self.year}年历法：{shown}{problem}。"
            raise Invalid(f"calendar.{code}", message, remedy, name)


_ANOTHER_YEAR = (
    "不在这一年",
    "一天写在它所在的年份；通知涉及上年12月的，请把上年的历法也重新公布。",
    "off_days",
)
_BOTH = ("既是放假又是调休上班", "请对照通知，只留其中一项。", "makeup_days")
_WEEKDAY = (
    "本来就是周一至周五",
    "调休上班的只能是周六、周日；请对照通知核对日期。",
    "makeup_days",
)
_STATUTE = ("是法定节假日，却没有列为放假", "请对照通知补全放假日期。", "off_days")


def statutory_days(year: int) -> frozenset[date]:
    """The statutory days off of fixed date in a year; none is known before 1950."""
    days = next((days for since, days in _STATUTORY if year >= since), frozenset())
    return frozenset(date(year, month, day) for month, day in days)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked (历法). Values never change: a new notice makes a new calendar."""

    years: Mapping[int, PublishedYear] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", MappingProxyType(dict(self.years)))

    def with_year(self, year: PublishedYear) -> "Calendar":
        """This calendar with a year published, for the first time or anew."""
        return Calendar({**self.years, year.year: year})

    def is_published(self, year: int) -> bool:
        """Whether the holidays of a year are known."""
        return year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether a day is worked; in a year not published, as far as can be known now."""
        if published := self.years.get(day.year):
            return published.is_working_day(day)
        return day.weekday() < _SATURDAY and day not in statutory_days(day.year)

    def end_of_working_day(
        self, start: datetime, count: int, *, start_counted: bool = False
    ) -> Limit:
        """24:00 in Shanghai of the ``count``-th working day after the day of ``start``.

        ``start_counted``: a start day that is worked is the first day. Provisional where any day
        looked at lies in a year not published.

        Raises Invalid ``limit.days-out-of-range`` outside 1 to 3660, and ValueError for a moment
        without a time zone.
        """
        check_days(count)
        first = day_of(start) if start_counted else day_of(start) + _ONE
        last = next(islice(self._worked_from(first), count - 1, None))
        return Limit(end_of(last), self._guessed(first, last))

    def not_on_rest_day(self, limit: Limit) -> Limit:
        """The limit, or the same time of the next working day where it falls on a rest day.

        24:00 belongs to the day that ends. Provisional where a day looked at is not published.
        """
        day = day_of(limit.due - timedelta(microseconds=1))
        moved = next(self._worked_from(day))
        provisional = limit.provisional or self._guessed(day, moved)
        return Limit(limit.due + (moved - day), provisional, limit.opens)

    def _guessed(self, first: date, last: date) -> bool:
        return not all(self.is_published(year) for year in range(first.year, last.year + 1))

    def _worked_from(self, day: date) -> Iterator[date]:
        while True:
            if self.is_working_day(day):
                yield day
            day += _ONE


def check_days(count: int) -> None:
    """Raises Invalid ``limit.days-out-of-range`` for a count of days outside 1 to 3660."""
    if not 1 <= count <= LONGEST:
        said = f"期限天数是 {count}，应在 1 至 {LONGEST} 之间。"
        remedy = '当日内完成的请用 same_day = true；以小时计的请用 within = "PT3H"。'
        raise Invalid("limit.days-out-of-range", said, remedy, "days")


@cache
def state_council() -> Calendar:
    """The calendar of ``years.toml``; read once, when it is first asked for."""
    raw = get_data(__package__, "years.toml")
    assert raw is not None  # it is shipped beside this file
    table = tomllib.loads(raw.decode())
    years = (_published(int(year), told) for year, told in table.items())
    return Calendar({year.year: year for year in years})


def _published(year: int, told: dict[str, Any]) -> PublishedYear:
    off_days = frozenset(day for written in told["off"] for day in _break(year, written))
    makeup_days = frozenset(_day(year, written) for written in told["makeup"])
    return PublishedYear(year, told.get("notice", ""), off_days, makeup_days)


def _break(year: int, written: str) -> Iterator[date]:
    days, _festival = written.split(" ")
    first, last = (_day(year, end) for end in days.split("/"))
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _day(year: int, written: str) -> date:
    return date.fromisoformat(f"{year}-{written}")
