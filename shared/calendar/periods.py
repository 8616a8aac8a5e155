"""What recurs: the periods of a schedule, what each covers and when its duty is due.

Shifts and reports of the sources differ in two things only: when they are due, and up to where they
tell. ``covers`` says the second:

- ``period``: the day, week, month … itself, whenever in it the duty is due;
- ``previous``: it is due in the *following* day, week, month … and tells to the end of its own (a
  daily report at 17:30 about the day before);
- ``since_last``: it tells from the last cut-off to its own (a daily report at 17:00 of today).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from shared.calendar.days import (
    AnnualDay,
    Season,
    day_of,
    end_of,
    in_shanghai,
    moment_on,
    read_annual_day,
    read_time_of_day,
    start_of,
)
from shared.calendar.spans import Every, Span, Term, in_order, number_of, span_of
from shared.calendar.working import Calendar, Limit
from shared.errors import Invalid

Covers = Literal["period", "previous", "since_last"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NTH = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_LOOK_BACK = 4
"""Spans whose duty may still be due later: it falls into the next one, and rest days move it on."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A duty that comes again and again.

    ``at``: the time of the due day, 24:00 where None. ``on``: the due day in the period: ``first``,
    ``last`` (also where None), a number (``10``: the tenth day, or the last of a shorter period), a
    weekday in English (every week), ``12-11`` (every year; in its window, if it has one).
    ``months``: only days, weeks and months that begin in these months.
    ``window``: for a year, the days it covers and is due in (``("02-26", "03-10")``); otherwise
    the season in which a period must begin.
    ``working_days_only``: a daily duty is not due on rest days, any other moves to the next working
    day.

    Raises Invalid ``schedule.unknown-word``, ``.on-does-not-fit``, ``.months`` or ``.window``,
    ``calendar.time-malformed`` or ``calendar.day-malformed``.
    """

    every: Every
    at: str | None = None
    on: str | None = None
    covers: Covers = "period"
    months: frozenset[int] = frozenset()
    window: tuple[str, str] | None = None
    working_days_only: bool = False

    def __post_init__(self) -> None:
        _known(self.every, get_args(Every), "every")
        _known(self.covers, get_args(Covers), "covers")
        read_time_of_day(self.at or "24:00", field="at")
        self._check_on()
        self._check_months()
        self._check_window()

    def _check_on(self) -> None:
        if self.on is None or (self.every != "day" and _is_place(self.on)):
            return
        if self.every == "week" and self.on in WEEKDAYS:
            return
        if self.every == "year" and self._is_in_window(read_annual_day(self.on, field="on")):
            return
        raise Invalid(
            "schedule.on-does-not-fit",
            f'“{self.on}”不能用于 every = "{self.every}" 的 on。',
            "可写 first、last 或第几天（如 10）；每周可写 friday 等；"
            "每年可写 12-11（有 window 的, 须在其中）；每天不写。",
            "on",
        )

    def _is_in_window(self, day: AnnualDay) -> bool:
        """Whether there is no window, or one within a year that the day lies in."""
        season = self.season
        if season is None:
            return True
        first, last = season.beginning_in(2000)
        return last.year == 2000 and first <= day.in_year(2000) <= last

    def _check_months(self) -> None:
        fits = self.every in {"day", "week", "month"} and self.months <= set(range(1, 13))
        if self.months and not fits:
            said = "months 只能用于每天、每周、每月的日程，月份是 1 至 12。"
            raise Invalid("schedule.months", said, "请改正月份，或去掉 months。", "months")

    def _check_window(self) -> None:
        if self.season and self.every == "year" and self.covers != "period":
            said = "每年的时段只涵盖自身，不能再写 covers。"
            raise Invalid("schedule.window", said, "请去掉 covers 或 window。", "covers")

    @property
    def season(self) -> Season | None:
        """The window, read."""
        if not self.window:
            return None
        first, last = (read_annual_day(day, field="window") for day in self.window)
        return Season(first, last)


@dataclass(frozen=True, slots=True)
class Period:
    """One turn of a schedule: it covers [``opens``, ``closes``) and is due at ``due``; UTC moments.

    The name is of the period it stands for: ``2026-03-02``, ``2026-W10``, ``2026-03``, ``2026-Q1``,
    ``2026``, or the term's. Provisional: working days of a year not published had a say in it.
    """

    name: str
    opens: datetime
    closes: datetime
    due: datetime
    provisional: bool = False


def occurrences(
    recurrence: Recurrence,
    after: datetime,
    until: datetime,
    calendar: Calendar,
    terms: Sequence[Term] = (),
) -> Iterator[Period]:
    """The periods due later than ``after`` and not later than ``until`` (aware), earliest first.

    A term that is not given is not known, and nothing is due in it. Raises Invalid
    ``calendar.terms-overlap``, and ValueError for a moment without a time zone.
    """
    course, until = _Course(recurrence, calendar, in_order(terms)), in_shanghai(until)
    number = max(0, course.number_of(day_of(after)) - _LOOK_BACK)
    while (span := course.span(number)) and start_of(span.first) <= until:
        period = course.period(number, span)
        if period and after < period.due <= until:
            yield period
        number += 1


@dataclass(frozen=True, slots=True)
class _Course:
    """A schedule laid over a calendar and terms; its spans go by number."""

    recurrence: Recurrence
    calendar: Calendar
    terms: tuple[Term, ...]

    def number_of(self, day: date) -> int:
        return number_of(self.recurrence.every, day, self.terms)

    def span(self, number: int) -> Span | None:
        span = span_of(self.recurrence.every, number, self.terms)
        season = self.recurrence.season
        if span and season and self.recurrence.every == "year":
            return Span(span.name, *season.beginning_in(number))
        return span

    def period(self, number: int, span: Span) -> Period | None:
        """What is due for a span; None where the schedule passes it over."""
        due = self._due(number, span)
        if not due or not self._kept(span):
            return None
        opened, closes = self._opens(number, span), self._cut_off(span, due)
        if closes <= opened.due:
            return None
        provisional = due.provisional or opened.provisional
        return Period(span.name, opened.due, closes, due.due, provisional)

    def _due(self, number: int, span: Span) -> Limit | None:
        """When a span's duty is due; None where the term that follows is not known."""
        place = self.span(number + 1) if self.recurrence.covers == "previous" else span
        if not place:
            return None
        day = _day_in(place, self.recurrence.on)
        due = moment_on(day, read_time_of_day(self.recurrence.at or "24:00"))
        if not self.recurrence.working_days_only:
            return Limit(due)
        if self.recurrence.every == "day":
            return Limit(due, not self.calendar.is_published(day.year))
        return self.calendar.not_on_rest_day(Limit(due))

    def _kept(self, span: Span) -> bool:
        """Whether the schedule has a duty for a span: in season, in a named month, worked."""
        months = self.recurrence.months
        return (
            self._in_season(span)
            and (not months or span.first.month in months)
            and not (self.recurrence.working_days_only and self._rests(span))
        )

    def _rests(self, span: Span) -> bool:
        if self.recurrence.every != "day":
            return False
        next_day = self.recurrence.covers == "previous"
        return not self.calendar.is_working_day(span.first + timedelta(days=next_day))

    def _in_season(self, span: Span) -> bool:
        season = self.recurrence.season
        return not season or self.recurrence.every == "year" or season.holds(span.first)

    def _cut_off(self, span: Span, due: Limit) -> datetime:
        return due.due if self.recurrence.covers == "since_last" else end_of(span.last)

    def _opens(self, number: int, span: Span) -> Limit:
        """Where a span's cover begins: its own beginning, or the cut-off of the last one kept.

        Nothing before the season or the first known term is looked back to.
        """
        if self.recurrence.covers == "period":
            return Limit(start_of(span.first))
        provisional = False
        while (earlier := self.span(number := number - 1)) and self._in_season(earlier):
            due = self._due(number, earlier)
            assert due is not None  # a later span is known
            provisional |= due.provisional
            if self._kept(earlier):
                return Limit(self._cut_off(earlier, due), provisional)
            span = earlier
        return Limit(start_of(span.first), provisional)


def _day_in(span: Span, on: str | None) -> date:
    """The day of a span that ``on`` names; as far as the span goes."""
    if on is None or on == "last":
        return span.last
    if on == "first":
        return span.first
    if on in WEEKDAYS:
        return span.first + timedelta(days=WEEKDAYS.index(on))
    if _NTH.fullmatch(on):
        return min(span.first + timedelta(days=int(on) - 1), span.last)
    return read_annual_day(on).in_year(span.first.year)


def _is_place(on: str) -> bool:
    return on in {"first", "last"} or _NTH.fullmatch(on) is not None


def _known(word: str, words: Sequence[str], field: str) -> None:
    if word not in words:
        said = f"“{word}”不是 {field} 可用的词。"
        raise Invalid("schedule.unknown-word", said, f"可用：{'、'.join(words)}。", field)
