"""What is noteworthy about a message that comes in, for people to look at; nothing of it is kept.

These are remarks on how institutions answered, never on who asked. They are found by plain rules,
which may miss some and never refuse anything.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from services.reporting.history.receipts import emptiness
from shared.clock import SHANGHAI

REMARKS: Mapping[str, str] = {
    "same_body_resubmitted": "同文重复提交",
    "reply_has_no_content": "答复没有内容",
    "reply_is_receipt_only": "答复仅告知收悉",
    "reply_is_transfer_only": "答复仅告知转办",
    "date_signed_in_reply_before_post": "答复落款早于留言",
    "date_signed_in_reply_after_recorded_reply_time": "答复落款晚于答复时间",
    "replied_within_2_hours": "两小时内即答复",
    "reply_later_than_180_days": "半年后才答复",
    "day_only": "时间只有日期",
}
"""Every remark and what people call it, in the order in which they are told."""

SOON = timedelta(hours=2)
LATE = timedelta(days=180)

_SIGNED = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")

_EMPTY = {
    "blank": "reply_has_no_content",
    "receipt": "reply_is_receipt_only",
    "transfer": "reply_is_transfer_only",
}


def remarks(message: Mapping[str, Any]) -> Iterator[str]:
    """Which remarks there are on a message, but for those that need other messages."""
    if message["days_only"]:
        yield "day_only"
    if message["replied_at"] is None:
        return
    posted = datetime.fromisoformat(message["posted_at"])
    replied = datetime.fromisoformat(message["replied_at"])
    if (empty := emptiness(message["reply"])) is not None:
        yield _EMPTY[empty]
    yield from _on_signature(message["reply"], posted, replied)
    if message["days_only"]:
        return
    if replied - posted <= SOON:
        yield "replied_within_2_hours"
    if replied - posted > LATE:
        yield "reply_later_than_180_days"


def _on_signature(reply: str, posted: datetime, replied: datetime) -> Iterator[str]:
    """The last date in a reply is taken for the day on which it was signed."""
    signed = _last_date(reply)
    if signed is None:
        return
    if signed < posted.astimezone(SHANGHAI).date():
        yield "date_signed_in_reply_before_post"
    if signed > replied.astimezone(SHANGHAI).date():
        yield "date_signed_in_reply_after_recorded_reply_time"


def _last_date(reply: str) -> date | None:
    found = _SIGNED.findall(reply[-60:])
    if not found:
        return None
    try:
        return date(*map(int, found[-1]))
    except ValueError:
        return None
