"""The rows of a CSV file, one at a time: memory does not grow with the file."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from huiyin.importing.columns import known
from huiyin.importing.rows import Row
from shared.errors import Invalid

LARGEST_CELL = 16 * 1024 * 1024
"""Characters. More in one cell is a quotation mark that is never closed."""

SEPARATORS = (",", ";", "\t")

_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}")


def rows_of(path: Path, lines: TextIO, separator: str) -> Iterator[Row]:
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
        row = Row(number, cells)
        if not row.is_blank:
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
    first, *between, last = [_cut(line, separator) for line in cell.split("\n")]
    if any(len(line) == width and _dated(line) for line in between):
        return True
    return len(first) == width - at and len(last) == at + 1 and _dated([*first, *last])


def _cut(line: str, separator: str) -> list[str]:
    return line.split(separator)


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
