"""A review of imported history as sheets of a workbook; the first of them is the CSV file."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.reporting.history.imported import Case, DutyReview, Figures, Year
from services.reporting.history.review import Review
from services.reporting.history.wording import basis, how_late, remarks, unit_name
from services.reporting.sheets import Column, Sheet
from shared.clock import shown_span
from shared.words import EMPTINESS

WHOLE, ALL_YEARS = "全部", "合计"

FIGURES = (
    Column("duty", "时限", 9),
    Column("unit", "答复单位", 30),
    Column("code", "代码", 10),
    Column("year", "年份", 7),
    Column("messages", "留言", 7, "number"),
    Column("answered", "有答复", 8, "number"),
    Column("unanswered", "未答复已过期", 10, "number"),
    Column("pending", "未答复未到期", 10, "number"),
    Column("in_time", "按时", 7, "number"),
    Column("in_time_in_substance", "按时且有实质", 10, "number"),
    Column("in_time_empty", "按时但仅收悉或转办", 12, "number"),
    Column("late", "迟", 7, "number"),
    Column("how_late", "迟多久：中位数 / 九成（不足五件逐一列出）", 30),
    Column("median", "迟的中位数（天）", 10, "number"),
    Column("p90", "迟的九成分位（天）", 10, "number"),
    Column("recorded_late", "补录待裁定", 9, "number"),
    Column("empty", "仅收悉、转办或无内容", 12, "number"),
    Column("unreadable", "读不到内容", 9, "number"),
)
LATENESS = (
    Column("posted_at", "发帖", 20, "moment"),
    Column("due", "应于此前答复", 18, "limit"),
    Column("replied_at", "答复", 20, "moment"),
    Column("how_late", "迟多久", 14),
    Column("late_days", "迟（天）", 10, "number"),
)
CASES = (
    Column("duty", "时限", 9),
    Column("scope", "范围", 30),
    Column("rank", "名次", 6, "number"),
    Column("number", "编号", 22),
    Column("unit", "答复单位", 30),
    *LATENESS,
)
EMPTIES = (
    Column("duty", "时限", 9),
    Column("number", "编号", 22),
    Column("unit", "答复单位", 30),
    Column("empty", "判读", 10),
    *LATENESS,
)


def review_sheets(review: Review) -> list[Sheet]:
    """Figures by unit and year, the latest, those that wait longest, and what answers nothing."""
    notes = (*remarks(review), *basis(review))
    foot = f"日志前 {review.log.size} 条, 树根 {review.log.root}"
    return [
        Sheet("按单位和年份", FIGURES, _figures(review), notes, foot),
        Sheet("最迟的十件", CASES, _cases(review, "latest"), notes, foot),
        Sheet("最久未答复的十件", CASES, _cases(review, "waiting"), notes, foot),
        Sheet("仅收悉、转办或无内容", EMPTIES, _empties(review), notes, foot),
    ]


def _figures(review: Review) -> Iterator[dict[str, Any]]:
    for each in review.duties:
        said = {"duty": each.id}
        yield from _rows({**said, "unit": WHOLE}, each.years, each.total)
        for unit in each.units:
            whose = {"unit": unit_name(unit.unit), "code": unit.unit.code}
            yield from _rows({**said, **whose}, unit.years, unit.total)


def _rows(said: dict[str, Any], years: Iterable[Year], total: Figures) -> Iterator[dict[str, Any]]:
    for year in years:
        yield {**said, "year": str(year.year), **_counted(year.figures)}
    yield {**said, "year": ALL_YEARS, **_counted(total)}


def _counted(figures: Figures) -> dict[str, Any]:
    late = figures.lateness
    values = {
        "how_late": how_late(late),
        "median": None if late.median is None else _days(late.median),
        "p90": None if late.p90 is None else _days(late.p90),
    }
    counts = {column.key: getattr(figures, column.key, None) for column in FIGURES[4:]}
    return counts | values


def _cases(review: Review, which: str) -> Iterator[dict[str, Any]]:
    for each in review.duties:
        yield from _ranked(each, WHOLE, getattr(each, which))
        for unit in each.units:
            yield from _ranked(each, unit_name(unit.unit), getattr(unit, which))


def _ranked(each: DutyReview, scope: str, cases: Iterable[Case]) -> Iterator[dict[str, Any]]:
    for rank, case in enumerate(cases, 1):
        yield {"duty": each.id, "scope": scope, "rank": rank, **_case(case)}


def _empties(review: Review) -> Iterator[dict[str, Any]]:
    for each in review.duties:
        for case in each.empty:
            yield {"duty": each.id, **_case(case)}


def _case(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "unit": unit_name(case.unit),
        "posted_at": case.posted_at,
        "due": case.due,
        "replied_at": case.replied_at,
        "how_late": shown_span(case.late_seconds) if case.late_seconds else "",
        "late_days": _days(case.late_seconds),
        "empty": EMPTINESS[case.empty] if case.empty else "",
    }


def _days(seconds: int) -> float:
    return round(seconds / 86_400, 2)
