"""The door to reviews of imported history: JSON for programs, sheets of a workbook for people.

The first sheet is the CSV file.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.history.imported import Figures, ListedMessage, Year
from services.reporting.history.review import Review, how_late, unit_name
from services.reporting.history.review import review_imported as review_of
from services.reporting.parameters import as_it_stood
from services.reporting.sheets import Sheet, SheetColumn, as_answer, as_file, described
from shared.clock import shown_span
from shared.copies.reach import reach_of
from shared.messaging.waiting import wait_until
from shared.policy import COUNTY_BASELINE, load_pack, read_pack
from shared.store.sql import Sql
from shared.store.store import Store
from shared.vault.vault import Vault
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
WHICH = (SheetColumn("number", "编号", 22), SheetColumn("unit", "答复单位", 30))
CASES = (
    FIGURES[0],
    SheetColumn("scope", "范围", 30),
    SheetColumn("rank", "名次", 6, "number"),
    *WHICH,
    *LATENESS,
)
EMPTIES = (FIGURES[0], *WHICH, SheetColumn("empty", "判读", 10), *LATENESS)


def review_sheets(review: Review) -> list[Sheet]:
    """Figures by unit and year, the latest, those that wait longest, and what answers nothing."""
    below = (*review.remarks, *review.basis), f"日志前 {review.log.size} 条, 树根 {review.log.root}"
    empties = ({"duty": each.id, **_case(case)} for each in review.duties for case in each.empty)
    return [
        Sheet("按单位和年份", FIGURES, _figures(review), *below),
        Sheet("最迟的十件", CASES, _cases(review, "latest"), *below),
        Sheet("最久未答复的十件", CASES, _cases(review, "waiting"), *below),
        Sheet("仅收悉、转办或无内容", EMPTIES, empties, *below),
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
        scopes = [(WHOLE, each), *((unit_name(unit.unit), unit) for unit in each.units)]
        for scope, listed in scopes:
            for rank, case in enumerate(getattr(listed, which), 1):
                yield {"duty": each.id, "scope": scope, "rank": rank, **_case(case)}


def _case(case: ListedMessage) -> dict[str, Any]:
    return asdict(case) | {
        "unit": unit_name(case.unit),
        "how_late": shown_span(case.late_seconds) if case.late_seconds else "",
        "late_days": _days(case.late_seconds),
        "empty": EMPTINESS[case.empty] if case.empty else "",
    }


def _days(seconds: int) -> float:
    return round(seconds / 86_400, 2)


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


def add_reviews(api: APIRouter, store: Store, vault: Vault) -> None:
    """Add the route."""

    @api.post("/reviews/imported", response_model=Review, responses=described("csv", "xlsx"))
    async def review_imported(
        order: ReviewOrder, officer: Asking, after: After = None
    ) -> Review | Response:
        """回看导入的历史：按某个规则包, 可见的单位各年有多少按时、多少迟, 不改动任何内容。"""
        await wait_until(store, after)
        pack = (
            load_pack(COUNTY_BASELINE) if order.pack is None else read_pack(order.pack, "所附文本")
        )

        def ask(sql: Sql, size: int) -> Review:
            return review_of(sql, vault, pack, size, order.unit, reach_of(sql, officer))

        review = await store.read(as_it_stood(order.as_of, ask))
        if order.format == "json":
            return review
        content = await asyncio.to_thread(as_file, review_sheets(review), order.format)
        name = f"review-{review.pack.id}-{review.log.size}.{order.format}"
        return as_answer(content, order.format, f'filename="{name}"')
