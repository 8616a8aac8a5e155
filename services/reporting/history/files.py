"""The door to reviews of imported history: JSON for programs, sheets of a workbook for people.

The first sheet is the CSV file.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.application import Reporting
from services.reporting.history.imported import Case, DutyReview, Figures, Year
from services.reporting.history.review import Review, how_late, unit_name
from services.reporting.ledger.files import MEDIA
from services.reporting.parameters import moment
from services.reporting.sheets import Sheet, SheetColumn, as_csv, as_xlsx
from shared.clock import shown_span
from shared.messaging.waiting import wait_until
from shared.policy import COUNTY_BASELINE, Pack, load_pack, read_pack
from shared.web import After, Asking
from shared.words import EMPTINESS

WHOLE, ALL_YEARS = "全部", "合计"

FIGURES = (
    SheetColumn("duty", "时限", 9),
    SheetColumn("unit", "答复单位", 30),
    SheetColumn("code", "代码", 10),
    SheetColumn("year", "年份", 7),
    SheetColumn("messages", "留言", 7, "number"),
    SheetColumn("answered", "有答复", 8, "number"),
    SheetColumn("unanswered", "未答复已过期", 10, "number"),
    SheetColumn("pending", "未答复未到期", 10, "number"),
    SheetColumn("in_time", "按时", 7, "number"),
    SheetColumn("in_time_in_substance", "按时且有实质", 10, "number"),
    SheetColumn("in_time_empty", "按时但仅收悉或转办", 12, "number"),
    SheetColumn("late", "迟", 7, "number"),
    SheetColumn("how_late", "迟多久：中位数 / 九成（不足五件逐一列出）", 30),
    SheetColumn("median", "迟的中位数（天）", 10, "number"),
    SheetColumn("p90", "迟的九成分位（天）", 10, "number"),
    SheetColumn("recorded_late", "补录待裁定", 9, "number"),
    SheetColumn("empty", "仅收悉、转办或无内容", 12, "number"),
    SheetColumn("unreadable", "读不到内容", 9, "number"),
)
LATENESS = (
    SheetColumn("posted_at", "发帖", 20, "moment"),
    SheetColumn("due", "应于此前答复", 18, "limit"),
    SheetColumn("replied_at", "答复", 20, "moment"),
    SheetColumn("how_late", "迟多久", 14),
    SheetColumn("late_days", "迟（天）", 10, "number"),
)
CASES = (
    SheetColumn("duty", "时限", 9),
    SheetColumn("scope", "范围", 30),
    SheetColumn("rank", "名次", 6, "number"),
    SheetColumn("number", "编号", 22),
    SheetColumn("unit", "答复单位", 30),
    *LATENESS,
)
EMPTIES = (
    SheetColumn("duty", "时限", 9),
    SheetColumn("number", "编号", 22),
    SheetColumn("unit", "答复单位", 30),
    SheetColumn("empty", "判读", 10),
    *LATENESS,
)


def review_sheets(review: Review) -> list[Sheet]:
    """Figures by unit and year, the latest, those that wait longest, and what answers nothing."""
    notes = (*review.remarks, *review.basis)
    foot = f"日志前 {review.log.size} 条, 树根 {review.log.root}"
    return [
        Sheet("按单位和年份", FIGURES, _figures(review), notes, foot),
        Sheet("最迟的十件", CASES, _cases(review, "latest"), notes, foot),
        Sheet("最久未答复的十件", CASES, _cases(review, "waiting"), notes, foot),
        Sheet("仅收悉、转办或无内容", EMPTIES, _empties(review), notes, foot),
    ]


def _figures(review: Review) -> Iterator[dict[str, Any]]:
    for each in review.duties:
        duty = {"duty": each.id}
        yield from _rows({**duty, "unit": WHOLE}, each.years, each.total)
        for unit in each.units:
            whose = {"unit": unit_name(unit.unit), "code": unit.unit.code}
            yield from _rows({**duty, **whose}, unit.years, unit.total)


def _rows(whose: dict[str, Any], years: Iterable[Year], total: Figures) -> Iterator[dict[str, Any]]:
    for year in years:
        yield {**whose, "year": str(year.year), **_counted(year.figures)}
    yield {**whose, "year": ALL_YEARS, **_counted(total)}


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


FILES = ("csv", "xlsx")

LARGEST_PACK = 1_000_000
"""Characters of a pack's text."""


class ReviewOrder(BaseModel):
    """Which rules to apply to imported history (回看), up to when, to whose."""

    model_config = ConfigDict(extra="forbid")

    pack: str | None = Field(
        None, max_length=LARGEST_PACK, description="规则包全文（TOML）, 不填用县级基线规则"
    )
    as_of: str | None = Field(None, description="当时所见：2026-03-02 14:10（北京时间）或 ISO 8601")
    unit: str | None = Field(None, description="只看某单位：代码, 或文件里答复单位的名称")
    format: Literal["json", "csv", "xlsx"] = "json"


def add_reviews(api: APIRouter, reporting: Reporting) -> None:
    """Add the route."""

    @api.post(
        "/reviews/imported",
        response_model=Review,
        responses={200: {"content": {MEDIA[each].partition(";")[0]: {} for each in FILES}}},
    )
    async def review_imported(
        order: ReviewOrder, _: Asking, after: After = None
    ) -> Review | Response:
        """回看导入的历史：按某个规则包, 各单位各年有多少按时、多少迟, 不改动任何内容。"""
        await wait_until(reporting.store, after)
        review = await reporting.review(_pack(order.pack), moment(order.as_of), order.unit)
        if order.format == "json":
            return review
        return await asyncio.to_thread(_file, review, order.format)


def _pack(text: str | None) -> Pack:
    if text is None:
        return load_pack(COUNTY_BASELINE)
    return read_pack(text, "所附文本")


def _file(review: Review, format_: Literal["csv", "xlsx"]) -> Response:
    sheets = review_sheets(review)
    content = b"".join(as_csv(sheets[0])) if format_ == "csv" else as_xlsx(sheets)
    name = f"review-{review.pack.id}-{review.log.size}.{format_}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA[format_], headers=headers)
