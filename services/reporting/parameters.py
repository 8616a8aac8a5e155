"""What may be asked of the record over HTTP, read from the query."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from services.reporting.ledger.entry import Filters
from services.reporting.log.log import size_as_of
from shared.calendar.days import end_of, start_of
from shared.clock import read_moment
from shared.errors import Invalid
from shared.store.sql import Sql
from shared.words import STATUSES, VERDICTS

A = TypeVar("A")

AsOf = Annotated[
    str | None,
    Query(description="当时所见：2026-03-02 14:10（北京时间）或 ISO 8601；只写日期指当日 24:00"),
]


def moment(as_of: str | None) -> datetime | None:
    """The moment asked for (UTC); raises Invalid ``time.unreadable``."""
    return read_moment(as_of, field="as_of") if as_of else None


def as_it_stood(as_of: str | None, ask: Callable[[Sql, int], A]) -> Callable[[Sql], A]:
    """A question about the first leaves of the log: those there were at a moment, or all."""
    then = moment(as_of)
    return lambda sql: ask(sql, size_as_of(sql, then))


def filters(
    unit: Annotated[str | None, Query(description="登记、牵头或协办的单位代码")] = None,
    status: Annotated[str | None, Query(description="状态")] = None,
    verdict: Annotated[str | None, Query(description="时限结论")] = None,
    from_: Annotated[str | None, Query(alias="from", description="登记日期, 含当日")] = None,
    to: Annotated[str | None, Query(description="登记日期, 含当日")] = None,
) -> Filters:
    """What is wanted of the ledger; codes may also be given by their Chinese words.

    Raises Invalid ``status.unknown``, ``verdict.unknown``, ``date.unreadable`` or
    ``dates.reversed``.
    """
    first, last = days(from_, to)
    return Filters(
        unit=unit,
        status=_code(status, STATUSES, "status", "状态"),
        verdict=_code(verdict, VERDICTS, "verdict", "时限结论"),
        first=first,
        last=last,
    )


Wanted = Annotated[Filters, Depends(filters)]


def _code(given: str | None, words: Mapping[str, str], field: str, called: str) -> str | None:
    if given is None or given in words:
        return given
    for code, word in words.items():
        if given == word:
            return code
    known = "、".join(f"{code}（{word}）" for code, word in words.items())
    raise Invalid(f"{field}.unknown", f"没有“{given}”这种{called}。", f"可用：{known}", field)


def days(from_: str | None, to: str | None) -> tuple[date | None, date | None]:
    """The first and the last day asked for; raises Invalid ``date.unreadable`` and
    ``dates.reversed``.
    """
    first, last = _day(from_, "from"), _day(to, "to")
    if first and last and first > last:
        message = f"登记日期的起日 {first} 在止日 {last} 之后。"
        raise Invalid("dates.reversed", message, "请把 from 与 to 对调。", "from")
    return first, last


def _day(text: str | None, field: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text.strip())
        return day if start_of(day) < end_of(day) else None  # at the ends of all dates are none
    except (ValueError, OverflowError) as problem:
        message = f"日期“{text}”看不懂。"
        raise Invalid("date.unreadable", message, "请写成 2026-03-02。", field) from problem
