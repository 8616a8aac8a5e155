"""One row of a file as one message, as intake takes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from huiyin.importing import moments
from huiyin.importing.columns import NAMES, NEEDED, Columns
from huiyin.importing.rows import Cell, Row, swallowed, text_of
from shared.contracts.intake import ImportField
from shared.copies.units import Unit, unit_by_name
from shared.errors import Invalid

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
        told = moments.posted(_moment(cells["posted_at"]), field="posted_at")
        replied = self._replied(cells.get("replied_at", ""), texts, told.moment)
        days = {"posted_at": told, "replied_at": replied}
        return {
            "row": row.number,
            "message_id": _message_id(cells["message_id"]),
            "category": texts.get("category", "").strip(),
            "title": texts["title"].strip(),
            "posted_at": told.moment.isoformat(),
            "body": texts.get("body", ""),
            "replied_at": replied.moment.isoformat() if replied else None,
            "reply": texts.get("reply", ""),
            "unit": self._unit(texts.get("replying_unit", "").strip()),
            "named": texts.get("replying_unit", "").strip(),
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

    def _replied(
        self, cell: Cell, texts: Mapping[ImportField, str], after: datetime
    ) -> moments.FileMoment | None:
        if not texts.get("replied_at", "").strip():
            return None
        return moments.replied(_moment(cell), after, field="replied_at")

    def _unit(self, name: str) -> str:
        replying = unit_by_name(dict(self.units), name) if name else None
        return replying.code if replying else self.unit


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
