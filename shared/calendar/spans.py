"""Natural periods: days, weeks, months, quarters, terms and years, numbered one after the other."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from shared.errors import Invalid

Every = Literal["day", "week", "month", "quarter", "term", "year"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Span:
    """A run of days in Shanghai, both ends included, and what people call it."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Term:
    """A school term (学期) as the bureau has set it, both days included: ``2026春``.

    Raises Invalid ``calendar.term-reversed``.
    """

    name: str
    begins: date
    ends: date

    def __post_init__(self) -> None:
        if self.ends < self.begins:
            said = f"学期“{self.name}”结束于 {self.ends}，早于开始的 {self.begins}。"
            raise Invalid("calendar.term-reversed", said, "请核对学期的起止日期。", "ends")


def in_order(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms, earliest first. Raises Invalid ``calendar.terms-overlap``."""
    ordered = tuple(sorted(terms, key=lambda term: term.begins))
    for one, other in pairwise(ordered):
        if other.begins <= one.ends:
            said = f"学期“{one.name}”和“{other.name}”有重叠的日子。"
            raise Invalid("calendar.terms-overlap", said, "请核对两个学期的起止日期。", "terms")
    return ordered


def number_of(every: Every, day: date, terms: Sequence[Term] = ()) -> int:
    """The number of the span that holds the day; between terms, of the term that follows."""
    match every:
        case "day":
            return day.toordinal()
        case "week":
            return (day.toordinal() - 1) // 7  # 0001-01-01 was a Monday
        case "term":
            return bisect_left(terms, day, key=lambda term: term.ends)
        case _:
            return (day.year * 12 + day.month - 1) // _MONTHS[every]


def span_of(every: Every, number: int, terms: Sequence[Term] = ()) -> Span | None:
    """The span of that number; None where no term of that number is known."""
    match every:
        case "day":
            day = date.fromordinal(number)
            return Span(day.isoformat(), day, day)
        case "week":
            return _week(date.fromordinal(number * 7 + 1))
        case "term":
            term = terms[number] if 0 <= number < len(terms) else None
            return Span(term.name, term.begins, term.ends) if term else None
        case _:
            return _months(every, number)


def _week(monday: date) -> Span:
    year, week, _ = monday.isocalendar()
    return Span(f"{year}-W{week:02}", monday, monday + timedelta(days=6))


def _months(every: Every, number: int) -> Span:
    length = _MONTHS[every]
    first, after = _first_of(number * length), _first_of(number * length + length)
    within = {"month": f"-{first.month:02}", "quarter": f"-Q{first.month // 3 + 1}"}
    return Span(f"{first.year}{within.get(every, '')}", first, after - timedelta(days=1))


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
