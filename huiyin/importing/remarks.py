"""What is noteworthy about a message that comes in, for people to look at; nothing of it is kept.

These are remarks on how institutions answered, never on who asked. They are found by plain rules,
which may miss some and never refuse anything. What a file has brought so far is kept beside the
memory, so that a large file needs no more of it: only keyed digests of words, in a private file
that is gone with the process; the key is never written anywhere.
"""

import hashlib
import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from services.reporting.history.receipts import emptiness
from shared.calendar.days import day_of

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
    "before_2000": "时间早于2000年, 多半是空白日期",
    "later_than_now": "时间晚于现在",
}
"""Every remark and what people call it, in the order in which they are told."""

SOON = timedelta(hours=2)
LATE = timedelta(days=180)

_SIGNED = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")

SAME = ("title", "body", "posted_at", "reply", "replied_at", "category")
"""What must be the same where an id comes again, in the order in which it is compared."""

_SCHEMA = (
    "CREATE TABLE ids (id BLOB PRIMARY KEY, row INTEGER, said BLOB) WITHOUT ROWID",
    "CREATE TABLE bodies (body BLOB PRIMARY KEY) WITHOUT ROWID",
    "PRAGMA journal_mode = OFF",
)
_SIZE = 12
"""Bytes of a digest."""

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
    try:
        signed = date(*map(int, _SIGNED.findall(reply[-60:])[-1]))
    except (IndexError, ValueError):  # none, or no day of any year
        return
    if signed < day_of(posted):
        yield "date_signed_in_reply_before_post"
    if signed > day_of(replied):
        yield "date_signed_in_reply_after_recorded_reply_time"


class SeenMessages:
    """The messages of one file that came in (or would)."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._db = sqlite3.connect("", isolation_level=None)
        for statement in _SCHEMA:
            self._db.execute(statement)
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def note(self, message: Mapping[str, Any]) -> None:
        """Note that a message came in."""
        said = b"".join(self._digest(message[field]) for field in SAME)
        row = (self._digest(message["message_id"]), message["row"], said)
        self._db.execute("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", row)

    def resubmitted(self, message: Mapping[str, Any]) -> bool:
        """Whether another message had the same body; notes it for those that follow."""
        body = self._digest("".join(message["body"].split()))
        done = self._db.execute("INSERT OR IGNORE INTO bodies VALUES (?)", (body,))
        return bool(message["body"].strip()) and done.rowcount == 0

    def again(self, message: Mapping[str, Any]) -> tuple[int, str | None] | None:
        """The row in which the id came before, if it did, and the first field that differs."""
        key = self._digest(message["message_id"])
        found = self._db.execute("SELECT row, said FROM ids WHERE id = ?", (key,)).fetchone()
        if found is None:
            return None
        before = [found[1][at * _SIZE : (at + 1) * _SIZE] for at in range(len(SAME))]
        said = zip(SAME, before, strict=True)
        return found[0], next((f for f, was in said if was != self._digest(message[f])), None)

    def _digest(self, value: str | None) -> bytes:
        words = (value or "").strip().encode(errors="surrogatepass")
        return hashlib.blake2b(words, digest_size=_SIZE, key=self._key).digest()
