"""The door to reviews of imported history: JSON for programs, files for people."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.application import Reporting
from services.reporting.history.review import Review
from services.reporting.history.sheets import review_sheets
from services.reporting.history.wording import ToldReview, told
from services.reporting.ledger.export_api import MEDIA
from services.reporting.parameters import moment
from services.reporting.sheets import as_csv, as_xlsx
from shared.messaging.progress import wait_until
from shared.policy import COUNTY_BASELINE, Pack, load_pack, read_pack
from shared.web import After, Asking

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
        response_model=ToldReview,
        responses={200: {"content": {MEDIA[each].partition(";")[0]: {} for each in FILES}}},
    )
    async def review_imported(
        order: ReviewOrder, _: Asking, after: After = None
    ) -> ToldReview | Response:
        """回看导入的历史：按某个规则包, 各单位各年有多少按时、多少迟, 不改动任何内容。"""
        await wait_until(reporting.store, after)
        review = await reporting.review(_pack(order.pack), moment(order.as_of), order.unit)
        if order.format == "json":
            return told(review)
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
