"""What files of old messages may hold, and whether a second message says the same; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.acts.check import out_of_bounds
from shared.contracts.catalogue import Fact
from shared.contracts.intake import (
    Column,
    FieldMapSaved,
    HistoryRecorded,
    IncidentRegistered,
    Provenance,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused

LONGEST_TEXT = 40_000
"""Characters in a body or reply."""

LARGEST_TEXT = 45_000
"""Bytes (UTF-8) of title and body together, and of a reply: sealed, they must fit into an event."""

LONGEST_HEADING = 100
"""Characters."""

Columns = tuple[Column, ...]

_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than tab and line breaks, and halves of characters."""


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message from before this system, with what its file says of its answer; times are UTC.

    ``unit`` is the code of the unit that replied, ``named`` its name as the file has it.
    ``days_only`` names the times of which the file has only the day, ``provenance`` the row.
    """

    message_id: str
    category: str
    title: str
    body: str | None
    posted_at: datetime
    unit: str
    named: str
    reply: str | None
    replied_at: datetime | None
    left_open: bool
    days_only: tuple[str, ...] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    longest: int
    needed: bool = False


FIELDS = {
    "message_id": _Field("编号", 200, needed=True),
    "title": _Field("标题", 500, needed=True),
    "category": _Field("类别", 60),
    "body": _Field("正文", LONGEST_TEXT),
    "reply": _Field("答复内容", LONGEST_TEXT),
    "named": _Field("答复单位", 200),
}
"""The texts of a message: what they are called, and characters at most."""

TOLD = ("posted_at", "unit", "named", "replied_at", "left_open")
"""What history says of a message as its file does."""

SAME = {
    "title": "标题",
    "body": "正文",
    "posted_at": "发帖时间",
    "reply": "答复内容",
    "replied_at": "答复时间",
    "category": "类别",
}
"""What must be the same where an id comes again."""


STRANGE = {"time.too-early": "before_2000", "time.in-future": "later_than_now"}
"""What is refused of a live act is remarked on in an old row: by its code, the remark."""


def import_message(number: str, message: OldMessage) -> Sequence[Fact]:
    """Enter an old message under a number, with what its file says of its past (历史导入).

    Raises Invalid for what it may not hold.
    """
    check_words(message)
    _check_reply(message)
    return [_registered(number, message), _history(number, message)]


def strange(message: OldMessage, now: datetime) -> tuple[str, ...]:
    """Remarks on moments of a message that cannot be; ``now`` is the moment of recording."""
    times = {field: getattr(message, field) for field in ("posted_at", "replied_at")}
    found = (out_of_bounds(at, now, key, SAME[key]) for key, at in times.items() if at is not None)
    return tuple(dict.fromkeys(STRANGE[problem.code] for problem in found if problem))


def save_field_map(kept: Columns, wanted: Columns) -> Sequence[Fact]:
    """Keep a map instead of the one before; the same again adds nothing.

    Raises Invalid ``field-map.*``.
    """
    _check_headings(wanted)
    _check_once(wanted)
    return [] if wanted == kept else [FieldMapSaved(columns=wanted)]


def check_words(message: OldMessage) -> None:
    """Raises Invalid ``*.missing``, ``text.too-long`` or ``text.control-character``."""
    for field, rule in FIELDS.items():
        text: str = getattr(message, field) or ""
        if rule.needed and not text.strip():
            name = rule.name
            raise Invalid(f"{field}.missing", f"{name}不能为空。", f"请填写{name}。", field)
        if len(text) > rule.longest:
            raise _too_long(field, rule.name, f"{len(text)} 字", f"{rule.longest} 字")
        found = _UNPRINTED.search(text)
        if found:
            raise control_character(field, rule.name, found.group())
    _check_size("body", "标题与正文", message.title + (message.body or ""))
    _check_size("reply", "答复内容", message.reply or "")


def difference(before: OldMessage, again: OldMessage) -> str | None:
    """The first field in which a message differs from the one with its id before it, if any."""
    return next((field for field in SAME if _said(before, field) != _said(again, field)), None)


def differs(message_id: str, field: str) -> Refused:
    """The error for an id that comes again and says something else."""
    said = f"编号“{message_id}”已有一条留言, {SAME[field]}与本行不同。"
    remedy = "若是另一条留言, 请改用另一个编号；若是同一条, 请删去本行, 已导入的不会被文件改写。"
    return Refused("message.differs", said, remedy, field)


def control_character(field: str, name: str, found: str) -> Invalid:
    """The error for a character that no program shows."""
    said = f"{name}里有看不见的控制字符（U+{ord(found):04X}）。"
    remedy = "请删去该字符；常见于从网页或旧系统复制的文字, 可先粘贴为纯文本。"
    return Invalid("text.control-character", said, remedy, field)


def _said(message: OldMessage, field: str) -> object:
    value = getattr(message, field) or ""
    return value.strip() if isinstance(value, str) else value


def _check_size(field: str, name: str, text: str) -> None:
    size = len(text.encode())
    if size > LARGEST_TEXT:
        most = f"{LARGEST_TEXT} 字节（约 {LARGEST_TEXT // 3} 个汉字）"
        raise _too_long(field, name, f"{size} 字节", most)


def _too_long(field: str, name: str, has: str, most: str) -> Invalid:
    said = f"{name}太长：有 {has}, 最多 {most}。"
    return Invalid("text.too-long", said, "请缩短文字, 把长材料另存为附件。", field)


def _registered(number: str, message: OldMessage) -> IncidentRegistered:
    return IncidentRegistered(
        number=number,
        channel="import",
        category=message.category,
        title=Sealed.of(message.title.strip(), subject="matter"),
        body=Sealed.of(message.body, subject="matter") if message.body else None,
        contact=None,
        link=None,
        posted_at=message.posted_at,
        discovered_at=None,
        message_id=message.message_id,
        provenance=message.provenance,
    )


def _history(number: str, message: OldMessage) -> HistoryRecorded:
    reply = Sealed.of(message.reply, subject="reply") if message.reply else None
    told = {name: getattr(message, name) for name in (*TOLD, "days_only", "provenance")}
    return HistoryRecorded(number=number, reply=reply, **told)


def _check_reply(message: OldMessage) -> None:
    if bool(message.reply) != (message.replied_at is not None):
        raise Invalid(
            "reply.incomplete",
            "答复内容与答复时间只填了一个。",
            "请两个都填, 或两个都留空。",
            "reply" if message.replied_at else "replied_at",
        )
    if message.replied_at is not None and message.replied_at < message.posted_at:
        raise Invalid(
            "reply.before-post", "答复时间早于发帖时间。", "请核对两个时间。", "replied_at"
        )


def _check_headings(columns: Sequence[Column]) -> None:
    for column in columns:
        if not 0 < len(column.heading.strip()) <= LONGEST_HEADING:
            said = f"列名“{column.heading[:LONGEST_HEADING]}”为空或太长。"
            remedy = f"列名为文件第一行里的文字, 最长 {LONGEST_HEADING} 字。"
            raise Invalid("field-map.heading-malformed", said, remedy, "columns")


def _check_once(columns: Sequence[Column]) -> None:
    headings = [column.heading for column in columns]
    twice = {heading for heading in headings if headings.count(heading) > 1}
    if twice:
        said = f"列名“{min(twice)}”对照了两次。"
        remedy = "一个列名只能对应一个字段, 请只留一个。"
        raise Invalid("field-map.heading-twice", said, remedy, "columns")
