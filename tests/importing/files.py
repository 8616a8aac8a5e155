"""Files of old messages as people have them."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

HEADINGS = ("留言编号", "留言主题", "留言时间", "留言详情", "答复时间", "答复意见", "答复单位")
FIRST = ("L-1", "校门口路灯不亮", "2025/9/1 8:00:00", "晚上看不清。", "", "", "")
SECOND = (
    "L-2",
    "食堂饭菜偏凉",
    "2025/9/2 12:30",
    "请加保温。",
    "2025/9/3 9:00",
    "已添置。",
    "县一中",
)


def csv_text(rows: Iterable[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """Rows as CSV."""
    text = StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue()


def csv_file(
    path: Path,
    rows: Iterable[Sequence[str]] = (FIRST, SECOND),
    *,
    headings: Sequence[str] = HEADINGS,
    encoding: str = "utf-8",
) -> Path:
    """A CSV file."""
    path.write_bytes(csv_text(rows, headings).encode(encoding))
    return path


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """A workbook; dates and times become cells of that kind."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d h:mm:ss"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(at, place, cell)
                    else:
                        sheet.write(at, place, cell)
    return path
