"""One row of a file as one message, as intake takes it.

Times are read as Asia/Shanghai where no zone is written. Of a day without a time the reading is the
one by which nobody is late for our guess: a message came at the end of its day, a reply at the
beginning of its day (or with the message, if later).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from huiyin.importing.columns import NAMES, NEEDED, Columns
from huiyin.importing.rows import Cell, Row, swallowed, text_of
from shared.clock import SHANGHAI, unreadable_moment
from shared.contracts.intake import ImportField
from shared.copies.units import Unit, unit_by_name
from shared.errors import Invalid

_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?:-|/|\.|年)(?P<month>\d{1,2})(?:-|/|\.|月)(?P<day>\d{1,2})日?"
    r"(?:[ T]*(?P<half>上午|下午|AM|PM)?[ ]*(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{1,2})分?"
    r"(?:(?::|)(?P<second>\d{1,2})(?:\.(?P<part>\d{1,6})\d*)?秒?)?[ ]*(?P<late>AM|PM)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_ONE = timedelta(days=1)
_WIDE = str.maketrans("：／－．　", ":/-. ")


@dataclass(frozen=True, slots=True)
class FileMoment:
    """A moment in UTC; ``day_only`` where the file has the day without a time."""

    moment: datetime
    day_only: bool


def posted(cell: str | datetime | date, *, field: str) -> FileMoment:
    """When a message came; a day alone means its end. Raises Invalid ``time.unreadable``."""
    moment, day_only = _read(cell, field)
    ends = timedelta(days=1, microseconds=-1) if day_only else timedelta(0)
    return FileMoment((moment + ends).astimezone(UTC), day_only)


def replied(cell: str | datetime | date, after: datetime, *, field: str) -> FileMoment:
    """When the answer came; a day alone means its beginning, or ``after`` if that is within it.

    Raises Invalid ``time.unreadable``.
    """
    moment, day_only = _read(cell, field)
    if day_only and moment <= after < moment + timedelta(days=1):
        return FileMoment(after, day_only)
    return FileMoment(moment.astimezone(UTC), day_only)


def _read(cell: str | datetime | date, field: str) -> tuple[datetime, bool]:
    """The moment, with a zone; of a day alone its beginning. It has a day before and after it."""
    try:
        moment, day_only = _found(cell)
        _ = (moment.astimezone(UTC) - _ONE, moment + _ONE)
    except (ValueError, OverflowError) as problem:
        raise unreadable_moment(str(cell)[:40], field) from problem
    return moment, day_only


def _found(cell: str | datetime | date) -> tuple[datetime, bool]:
    if isinstance(cell, datetime):
        return (cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)), False
    if isinstance(cell, date):
        return datetime.combine(cell, time(), SHANGHAI), True
    text = cell.strip().translate(_WIDE)
    found = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        raise ValueError("no known form")
    return _put_together(found.groupdict())


def _put_together(part: dict[str, str | None]) -> tuple[datetime, bool]:
    day = date(int(part["year"] or 0), int(part["month"] or 0), int(part["day"] or 0))
    if part.get("hour") is None:
        if part.get("zone"):
            raise ValueError("a zone without a time")
        return datetime.combine(day, time(), SHANGHAI), True
    hour = _hour(int(part["hour"] or 0), part["half"] or part["late"])
    micros = int((part["part"] or "0").ljust(6, "0"))
    at = time(hour, int(part["minute"] or 0), int(part["second"] or 0), micros)
    zone = datetime.fromisoformat(f"2000-01-01T00:00{part['zone'] or '+08:00'}".upper()).tzinfo
    return datetime.combine(day, at, zone), False


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if hour > 12:
        raise ValueError("an hour of the day together with its half")
    return hour % 12 + (12 if half.upper() in ("下午", "PM") else 0)


LONGEST_CELL = 60_000
"""Characters that are handed over; what a message may hold is less, and for intake to say."""

EXACT = 10**15
"""Numbers from here on have lost digits in a spreadsheet program."""

Message = dict[str, Any]

_EXPONENT = re.compile(r"[+-]?\d(?:\.\d+)?E[+-]\d+", re.IGNORECASE)
_BREAK = re.compile(r"_x000D_\r?\n?|\r\n?", re.IGNORECASE)
"""Line breaks of other systems, and what spreadsheet programs leave of them."""


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Turns rows into messages for a unit; ``separator`` is empty where a workbook is read."""

    columns: Columns
    separator: str
    units: Mapping[str, Unit]
    unit: str

    def read(self, row: Row) -> Message:
        """The message in a row; raises Invalid naming the field."""
        self._check_shape(row)
        cells = {field: self._cell(row, at) for field, at in self.columns.places.items()}
        for field, cell in cells.items():
            _check_length(field, cell)
        texts = {field: _clean(text_of(cell)) for field, cell in cells.items()}
        _check_needed(texts)
        told, answered = posted(_moment(cells["posted_at"]), field="posted_at"), None
        if texts.get("replied_at", "").strip():
            answered = replied(_moment(cells["replied_at"]), told.moment, field="replied_at")
        days = {"posted_at": told, "replied_at": answered}
        named = texts.get("replying_unit", "").strip()
        replying = unit_by_name(dict(self.units), named) if named else None
        return {
            "row": row.number,
            "message_id": _message_id(cells["message_id"]),
            "category": texts.get("category", "").strip(),
            "title": texts["title"].strip(),
            "posted_at": told.moment.isoformat(),
            "body": texts.get("body", ""),
            "replied_at": answered.moment.isoformat() if answered else None,
            "reply": texts.get("reply", ""),
            "unit": replying.code if replying else self.unit,
            "named": named,
            "days_only": [name for name, each in days.items() if each and each.day_only],
        }

    def id_of(self, row: Row) -> str:
        """The message id as the row has it, to name the row by; perhaps empty."""
        return text_of(self._cell(row, self.columns.places["message_id"])).strip()[:200]

    def _cell(self, row: Row, at: int) -> Cell:
        return row.cells[at] if at < len(row.cells) else ""

    def _check_shape(self, row: Row) -> None:
        width = len(self.columns.headings)
        if any(text_of(cell).strip() for cell in row.cells[width:]):
            raise Invalid(
                "row.too-many-cells",
                f"这一行有 {len(row.cells)} 格, 而列名只有 {width} 个, 多出的不知道是什么。",
                "多半是正文里的分隔符没有用引号括起来；请把该格用一对引号括起来。",
                None,
            )
        # Where there is a separator, it is a file of texts: every cell is one.
        if self.separator and swallowed(row.cells, width, self.separator):  # type: ignore[arg-type]
            raise Invalid(
                "row.swallowed",
                "这一行的一格里像是含有另外的行：多半是少了一个引号。",
                "请检查该格的引号；确是原文的, 请把该格里的分隔符改为全角（，；）。",
                None,
            )


def _clean(text: str) -> str:
    return _BREAK.sub("\n", text) if "\r" in text or "_" in text else text


def _check_needed(texts: Mapping[ImportField, str]) -> None:
    for field in NEEDED:
        if not texts[field].strip():
            name = NAMES[field]
            raise Invalid("import.cell-missing", f"{name}为空。", f"请补上{name}。", field)


def _check_length(field: str, cell: Cell) -> None:
    if isinstance(cell, str) and len(cell) > LONGEST_CELL:
        raise Invalid(
            "text.too-long",
            f"{NAMES[field]}太长：有 {len(cell)} 字。",
            "请缩短文字, 把长材料另存为附件；若并不长, 多半是后面的行被引号算进了这一格。",
            field,
        )


def _message_id(cell: Cell) -> str:
    text = text_of(cell).strip()
    rounded = isinstance(cell, (int, float)) and abs(cell) >= EXACT
    if rounded or _EXPONENT.fullmatch(text):
        raise Invalid(
            "message-id.turned-into-number",
            f"编号“{text[:40]}”被表格程序变成了数字, 原来的编号已看不出来。",
            "请从原系统重新导出, 并把编号一列设为“文本”格式后再保存。",
            "message_id",
        )
    return text


def _moment(cell: Cell) -> str | datetime | date:
    return cell if isinstance(cell, date) else text_of(cell)
