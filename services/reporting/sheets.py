"""Tables for people, as a CSV file or a workbook; both say the same.

Moments are shown in Asia/Shanghai. Nothing that somebody wrote can run as a formula: a CSV cell is
marked where a program would calculate it, a workbook holds strings as strings and no formulas.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Literal

from fastapi import Response
from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from services.reporting.unshown import shown, shown_limit
from shared.cells import guarded
from shared.clock import SHANGHAI

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
"""What a file of that ending is sent as."""

CellKind = Literal["text", "number", "moment", "limit", "duration"]

LARGEST_CELL = 32_767
"""UTF-16 units in one cell; a spreadsheet program takes a file with more for damaged."""

LONGEST_MARGIN = 255
"""UTF-16 units in a printed header or footer."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """What stands under a heading. ``width`` counts narrow characters; a Chinese one takes two.

    Values by kind: text a string, a list of them or a truth; number a number; moment and limit an
    aware datetime; duration whole seconds. ``None`` leaves the cell empty.
    """

    key: str
    heading: str
    width: int
    kind: CellKind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its notes: filters, moment, size and root of the log, below the last row.

    ``title`` also names the worksheet: at most 31 characters, and each only once in a workbook.
    ``footer`` stands at the foot of every printed page, for what must not be cut off the paper.
    """

    title: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Mapping[str, Any]]
    notes: Sequence[str] = ()
    footer: str = ""


def as_csv(sheet: Sheet) -> Iterator[bytes]:
    """The table as UTF-8 with a mark in front and CRLF, row by row; texts of any length whole."""
    write = csv.writer(_Echo(), lineterminator="\r\n").writerow
    yield b"\xef\xbb\xbf"
    for line in _lines(sheet):
        written: str = write([guarded(cell) if isinstance(cell, str) else cell for cell in line])
        yield written.encode()


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with one worksheet each, made in memory: opened words reach no other file."""
    made = BytesIO()
    book = Workbook(made, _OPTIONS)
    styles = {name: book.add_format(style) for name, style in _STYLES.items()}
    for sheet in sheets:
        _fill(book.add_worksheet(sheet.title), sheet, styles)
    book.close()
    return made.getvalue()


def as_file(sheets: Sequence[Sheet], ending: str) -> bytes:
    """The first as ``csv``, or all of them as ``xlsx``."""
    return b"".join(as_csv(sheets[0])) if ending == "csv" else as_xlsx(sheets)


def as_answer(content: bytes, ending: str, disposition: str) -> Response:
    """A file as an answer to keep."""
    headers = {"Content-Disposition": f"attachment; {disposition}"}
    return Response(content, media_type=MEDIA[ending], headers=headers)


def described(*endings: str) -> dict[int | str, dict[str, object]]:
    """What a route that answers with such files says of it."""
    return {200: {"content": {MEDIA[each].partition(";")[0]: {} for each in endings}}}


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(sheet: Sheet) -> Iterator[Sequence[str | int | float]]:
    yield [column.heading for column in sheet.columns]
    for row in sheet.rows:
        yield [_plain(row.get(column.key), column.kind) for column in sheet.columns]
    if sheet.notes:
        yield []
    for note in sheet.notes:
        yield [note]


def _plain(value: Any, kind: CellKind) -> str | int | float:
    """A value as it is read; only numbers stay what they are."""
    match kind:
        case "moment" if isinstance(value, datetime):
            return shown(value)
        case "limit" if isinstance(value, datetime):
            return shown_limit(value)
        case "duration" if isinstance(value, int):
            return _span(value)
        case "number" if isinstance(value, int | float):
            return value
        case _:
            return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(str(each) for each in value)
    return str(value)


def _span(seconds: int) -> str:
    """A duration as the workbook's number format shows it."""
    minutes, rest = divmod(abs(seconds), 60)
    sign = "负" if seconds < 0 else ""
    return f"{sign}{minutes // 60}小时{minutes % 60:02}分{rest:02}秒"


_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_format_properties": {"font_name": "宋体", "font_size": 10},
}

_TOP = {"valign": "top"}
_STYLES: dict[str, dict[str, Any]] = {
    "head": {
        "bold": True,
        "text_wrap": True,
        "align": "center",
        "valign": "vcenter",
        "bg_color": "#E7ECF2",
        "bottom": 1,
    },
    "text": _TOP | {"text_wrap": True},
    "number": _TOP,
    "moment": _TOP | {"align": "left", "num_format": "yyyy-mm-dd hh:mm"},  # seconds stay in it
    "limit": _TOP | {"align": "left", "num_format": "yyyy-mm-dd hh:mm"},
    "day": _TOP | {"align": "left", "num_format": 'yyyy-mm-dd "24:00"'},
    "duration": _TOP | {"num_format": '[h]"小时"mm"分"ss"秒"'},
    "note": {"font_color": "#595959"},
}

Styles = Mapping[str, Format]


def _fill(page: Worksheet, sheet: Sheet, styles: Styles) -> None:
    _set_up(page, sheet)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.heading, styles["head"])
    last = 0
    for last, row in enumerate(sheet.rows, 1):
        for place, column in enumerate(sheet.columns):
            _put(page, last, place, row.get(column.key), column.kind, styles)
    page.autofilter(0, 0, last, len(sheet.columns) - 1)
    for line, note in enumerate(sheet.notes, last + 2):
        page.write_string(line, 0, _fitting(note), styles["note"])


def _set_up(page: Worksheet, sheet: Sheet) -> None:
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.25, right=0.25, top=0.7, bottom=0.7)
    page.set_header(_margin("&C&12 ", sheet.title))
    page.set_footer(_margin("&L&8 ", sheet.footer, "&R&9 第 &P 页 共 &N 页"))


def _margin(before: str, text: str, after: str = "") -> str:
    """A header or footer; ``&`` begins a code there. The blank keeps digits out of a font size."""
    while _units(whole := before + text.replace("&", "&&") + after) > LONGEST_MARGIN:
        text = text[:-1]
    return whole


def _put(
    page: Worksheet, line: int, place: int, value: Any, kind: CellKind, styles: Styles
) -> None:
    match kind:
        case "moment" | "limit" if isinstance(value, datetime) and 1900 < value.year < 9999:
            local, style = _on_paper(value, kind)
            page.write_datetime(line, place, local, styles[style])
        case "duration" if isinstance(value, int) and value >= 0:
            page.write_number(line, place, value / 86_400, styles["duration"])
        case "number" if isinstance(value, int | float):
            page.write_number(line, place, value, styles["number"])
        case _ if shown_text := str(_plain(value, kind)):
            page.write_string(line, place, _fitting(shown_text), styles["text"])


def _on_paper(moment: datetime, kind: CellKind) -> tuple[datetime, str]:
    """The date to write and its style.

    The end of a day is written as its last second, which sorts where it belongs, and shown as
    24:00.
    """
    local = moment.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
    if kind == "limit" and (local.hour, local.minute, local.second) == (0, 0, 0):
        return local - timedelta(seconds=1), "day"
    return local, kind


def _fitting(text: str) -> str:
    """The text as it fits into a cell: cut where it is too long, which then says so."""
    if _units(text) <= LARGEST_CELL:
        return text
    note = f"……【单元格放不下, 已截断：原文 {len(text)} 字, 全文见同一内容的 CSV 或 JSON】"
    kept = text.encode("utf-16-le")[: 2 * (LARGEST_CELL - _units(note))]
    return kept.decode("utf-16-le", errors="ignore") + note


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
