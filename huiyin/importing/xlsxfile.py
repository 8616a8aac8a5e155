"""The rows of one sheet of a workbook; a workbook is read as a whole."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from huiyin.importing.rows import Row
from shared.errors import Invalid

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""How a workbook under a password names its content."""


def rows_of(path: Path, data: bytes, sheet: str | None) -> list[Row]:
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
        raise _broken(path, problem) from problem
    rows = (Row(number, each) for number, each in enumerate(cells, 1))
    return [row for row in rows if not row.is_blank]


def _sheet(path: Path, book: CalamineWorkbook, wanted: str | None) -> CalamineSheet:
    names = book.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise _unknown(path, wanted, names)
        return book.get_sheet_by_name(wanted)
    sheets = [book.get_sheet_by_name(name) for name in names]
    filled = [sheet for sheet in sheets if sheet.end and sheet.end[0] > 0]
    if len(filled) > 1:
        raise _unclear(path, [sheet.name for sheet in filled])
    return filled[0] if filled else sheets[0]


def _unclear(path: Path, names: Sequence[str]) -> Invalid:
    return Invalid(
        "import.sheet-unclear",
        f"文件 {path} 有几张工作表：{'、'.join(names)}。",
        f"请用 --sheet 指明一张, 如 --sheet {names[0]}。",
        "--sheet",
    )


def _unknown(path: Path, wanted: str, names: Sequence[str]) -> Invalid:
    return Invalid(
        "import.sheet-unknown",
        f"文件 {path} 没有名为“{wanted}”的工作表；有：{'、'.join(names)}。",
        "请按工作表下方标签上的名称填写 --sheet。",
        "--sheet",
    )


def _encrypted(path: Path) -> Invalid:
    return Invalid(
        "import.encrypted",
        f"文件 {path} 加了密码, 打不开。",
        "请在表格程序里去掉密码后另存, 再导入。",
        "file",
    )


def _broken(path: Path, problem: Exception) -> Invalid:
    return Invalid(
        "import.broken",
        f"文件 {path} 不是完好的工作簿（{type(problem).__name__}）。",
        "请在表格程序里打开并另存为 .xlsx 或“CSV UTF-8”, 再导入。",
        "file",
    )
