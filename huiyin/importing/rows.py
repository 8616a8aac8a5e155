"""The rows of a file: of a CSV file one at a time, so that memory does not grow with it; of a
workbook those of one sheet, which is read as a whole.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import TextIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from huiyin.importing.columns import known
from shared.errors import Invalid

Cell = str | int | float | bool | datetime | date | time | timedelta
"""A cell as its file has it; in a CSV file it is always text."""

LARGEST_CELL = 16 * 1024 * 1024
"""Characters. More in one cell is a quotation mark that is never closed."""

SEPARATORS = (",", ";", "\t")

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""How a workbook under a password names its content."""

_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``number`` is what people see in their program: the first row is 1."""

    number: int
    cells: Sequence[Cell]

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it."""
        return all(isinstance(cell, str) and not cell.strip() for cell in self.cells)


def text_of(cell: Cell) -> str:
    """A cell as text: numbers that were meant as text have no decimals and no exponent."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ", "seconds")
        case _:
            return str(cell)


def csv_rows(path: Path, lines: TextIO, separator: str) -> Iterator[Row]:
    """Every row that is not blank, the heading first.

    Raises Invalid ``import.quotes-broken``, naming the row, and ``import.cell-too-large``.
    """
    reader = csv.reader(lines, delimiter=separator, strict=True)
    csv.field_size_limit(LARGEST_CELL)
    number, line = 0, 0
    while True:
        number, line = number + 1, reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _broken(path, number, line, reader.line_num, problem) from problem
        if not (row := Row(number, cells)).is_blank:
            yield row


def separator_of(lines: TextIO) -> str:
    """What separates the cells: what makes most usual headings of the first line, or most cells."""
    first = next((line for line in lines if line.strip()), "")

    def worth(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=separator), [])
        return known(cells), len(cells)

    return max(SEPARATORS, key=worth)


def swallowed(cells: Sequence[str], width: int, separator: str) -> bool:
    """Whether a cell seems to hold other rows, as after a quotation mark that was not closed.

    So it is when its lines, cut at the separator, make up just as many cells as the heading has,
    and there is a date among them: one line by itself, or the first and the last together.
    """
    return width > 2 and any(
        "\n" in cell
        and cell.count(separator) >= width - 1
        and _holds_rows(cell, at, width, separator)
        for at, cell in enumerate(cells)
    )


def _holds_rows(cell: str, at: int, width: int, separator: str) -> bool:
    first, *between, last = [line.split(separator) for line in cell.split("\n")]
    if any(len(line) == width and _dated(line) for line in between):
        return True
    return len(first) == width - at and len(last) == at + 1 and _dated([*first, *last])


def _dated(cells: Iterable[str]) -> bool:
    return any(_DATE.match(cell.strip(' "')) for cell in cells)


def _broken(path: Path, number: int, line: int, until: int, problem: csv.Error) -> Invalid:
    if "field larger" in str(problem):
        return Invalid(
            "import.cell-too-large",
            f"文件 {path} 第 {number} 行（文本第 {line} 行起）有一格超过 {LARGEST_CELL} 字。",
            "多半是少了一个引号, 使后面的内容都算进了这一格；请检查该行的引号。",
            "file",
        )
    return Invalid(
        "import.quotes-broken",
        f"文件 {path} 第 {number} 行的引号不成对（文本第 {line} 至 {max(line, until)} 行）。",
        "请检查该行：含分隔符或换行的格要用一对引号括起来, 格内的引号要写两个。"
        "也可用表格程序打开后另存为 CSV。",
        "file",
    )


def workbook_rows(path: Path, data: bytes, sheet: str | None) -> list[Row]:
    """Every row that is not blank of the sheet, or of the only one with more than a heading.

    Raises Invalid ``import.sheet-unclear``, ``import.sheet-unknown``, ``import.encrypted`` or
    ``import.broken``.
    """
    if ENCRYPTED in data[: 1 << 20]:
        raise _encrypted(path)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        found = _sheet(path, book, sheet)
        cells = found.to_python(skip_empty_area=False)
    except PasswordError as problem:
        raise _encrypted(path) from problem
    except CalamineError as problem:
        raise Invalid(
            "import.broken",
            f"文件 {path} 不是完好的工作簿（{type(problem).__name__}）。",
            "请在表格程序里打开并另存为 .xlsx 或“CSV UTF-8”, 再导入。",
            "file",
        ) from problem
    rows = (Row(number, each) for number, each in enumerate(cells, 1))
    return [row for row in rows if not row.is_blank]


def _sheet(path: Path, book: CalamineWorkbook, wanted: str | None) -> CalamineSheet:
    names = book.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise Invalid(
                "import.sheet-unknown",
                f"文件 {path} 没有名为“{wanted}”的工作表；有：{'、'.join(names)}。",
                "请按工作表下方标签上的名称填写 --sheet。",
                "--sheet",
            )
        return book.get_sheet_by_name(wanted)
    sheets = [book.get_sheet_by_name(name) for name in names]
    filled = [sheet for sheet in sheets if sheet.end and sheet.end[0] > 0]
    if len(filled) > 1:
        named = [sheet.name for sheet in filled]
        raise Invalid(
            "import.sheet-unclear",
            f"文件 {path} 有几张工作表：{'、'.join(named)}。",
            f"请用 --sheet 指明一张, 如 --sheet {named[0]}。",
            "--sheet",
        )
    return filled[0] if filled else sheets[0]


def _encrypted(path: Path) -> Invalid:
    return Invalid(
        "import.encrypted",
        f"文件 {path} 加了密码, 打不开。",
        "请在表格程序里去掉密码后另存, 再导入。",
        "file",
    )
