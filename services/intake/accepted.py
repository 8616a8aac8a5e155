"""What an old message may hold, and whether a second one under its id says the same; pure."""

import re
from dataclasses import dataclass

from services.intake.commands import OldMessage
from shared.errors import Invalid, Refused

LONGEST_TEXT = 40_000
"""Characters in a body or reply."""

LARGEST_TEXT = 45_000
"""Bytes (UTF-8) of title and body together, and of a reply: sealed, they must fit into an event."""

_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than tab and line breaks, and halves of characters."""


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

SAME = {
    "title": "标题",
    "body": "正文",
    "posted_at": "发帖时间",
    "reply": "答复内容",
    "replied_at": "答复时间",
    "category": "类别",
}
"""What must be the same where an id comes again."""


def check_words(message: OldMessage) -> None:
    """Raises Invalid ``*.missing``, ``text.too-long`` or ``text.control-character``."""
    for field, rule in FIELDS.items():
        text: str = getattr(message, field) or ""
        if rule.needed and not text.strip():
            raise _missing(field, rule.name)
        if len(text) > rule.longest:
            raise _too_long(field, rule.name, f"{len(text)} 字", f"{rule.longest} 字")
        found = _UNPRINTED.search(text)
        if found:
            raise control_character(field, rule.name, found.group())
    _check_size("body", "标题与正文", message.title + (message.body or ""))
    _check_size("reply", "答复内容", message.reply or "")


def difference(before: OldMessage, again: OldMessage) -> str | None:
    """The first field in which a message differs from the one with its id before it, if any."""
    for field in SAME:
        if _said(before, field) != _said(again, field):
            return field
    return None


def differs(message_id: str, field: str) -> Refused:
    """The error for an id that comes again and says something else."""
    return Refused(
        "message.differs",
        f"编号“{message_id}”已有一条留言, {SAME[field]}与本行不同。",
        "若是另一条留言, 请改用另一个编号；若是同一条, 请删去本行, 已导入的不会被文件改写。",
        field,
    )


def control_character(field: str, name: str, found: str) -> Invalid:
    """The error for a character that no program shows."""
    return Invalid(
        "text.control-character",
        f"{name}里有看不见的控制字符（U+{ord(found):04X}）。",
        "请删去该字符；常见于从网页或旧系统复制的文字, 可先粘贴为纯文本。",
        field,
    )


def _said(message: OldMessage, field: str) -> object:
    value = getattr(message, field) or ""
    return value.strip() if isinstance(value, str) else value


def _check_size(field: str, name: str, text: str) -> None:
    size = len(text.encode())
    if size > LARGEST_TEXT:
        most = f"{LARGEST_TEXT} 字节（约 {LARGEST_TEXT // 3} 个汉字）"
        raise _too_long(field, name, f"{size} 字节", most)


def _missing(field: str, name: str) -> Invalid:
    return Invalid(f"{field}.missing", f"{name}不能为空。", f"请填写{name}。", field)


def _too_long(field: str, name: str, has: str, most: str) -> Invalid:
    return Invalid(
        "text.too-long",
        f"{name}太长：有 {has}, 最多 {most}。",
        "请缩短文字, 把长材料另存为附件。",
        field,
    )
