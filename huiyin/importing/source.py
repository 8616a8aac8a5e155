"""A file of old messages: what kind it is, its digest, its heading and its rows."""

import codecs
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from huiyin.importing.encoding import BLOCK, NAMES, encoding_of
from huiyin.importing.rows import Row, csv_rows, separator_of, text_of, workbook_rows
from shared.errors import Invalid

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin (.xlsx and .ods, .xls or one under a password), whatever they are called."""

PAGES = (b"<!doctype html", b"<html", b"\xef\xbb\xbf<html", b"<?xml")

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was looked through; ``digest`` is ``sha256:<hex>``, ``total`` its rows.

    ``encoding`` is none for a workbook, whose rows are kept in memory.
    """

    path: Path
    digest: str
    encoding: str | None
    separator: str
    headings: tuple[str, ...]
    total: int
    _stamp: _Stamp = field(repr=False)
    _rows: Sequence[Row] = field(repr=False)

    @property
    def kind(self) -> str:
        """What people call this kind of file."""
        if self.encoding is None:
            return "工作簿"
        return f"CSV, {NAMES.get(self.encoding, self.encoding)}"

    def rows(self) -> Iterator[Row]:
        """The rows behind the heading; raises Invalid ``import.file-changed`` among others."""
        if self.encoding is None:
            yield from self._rows
            return
        with _text(self.path, self.encoding) as (lines, watched):
            yield from islice(csv_rows(self.path, lines, self.separator), 1, None)
            if watched.digest != self.digest:
                raise changed(self.path)

    def check_unchanged(self) -> None:
        """Raises Invalid ``import.file-changed`` when somebody wrote to the file meanwhile."""
        if self.encoding is not None and _stamp(os.stat(self.path)) != self._stamp:
            raise changed(self.path)


def look_through(
    path: Path, *, sheet: str | None = None, encoding: str | None = None
) -> SourceFile:
    """Read the file once from end to end, so that it is refused before anything is imported.

    Raises Invalid ``import.*``.
    """
    with _opened(path) as file:
        stamp, head = _stamp(os.fstat(file.fileno())), file.read(4096)
        if not head.strip():
            raise _empty(path)
        if head.startswith(WORKBOOKS):
            return _workbook(path, head + file.read(), stamp, sheet)
        if sheet is not None:
            raise _no_sheets(path)
        if head.lstrip().lower().startswith(PAGES):
            raise _page(path)
        name = _known_encoding(encoding) if encoding else encoding_of(path, file)
    return _csv(path, stamp, name)


def changed(path: Path) -> Invalid:
    """The error for a file that was written to while it was read."""
    return Invalid(
        "import.file-changed",
        f"导入期间文件 {path} 被改动, 已停下。",
        "请等它写完、关闭正在编辑它的程序, 再运行同一条命令；已导入的不会重复。",
        "file",
    )


class _Watched(io.RawIOBase):
    """Bytes on their way from a file, with their digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of what was read so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._hash.update(data)
        return len(data)


def _csv(path: Path, stamp: _Stamp, encoding: str) -> SourceFile:
    with _text(path, encoding) as (lines, _):
        separator = separator_of(lines)
    with _text(path, encoding) as (lines, watched):
        rows = csv_rows(path, lines, separator)
        heading = next(rows, None)
        total = sum(1 for _ in rows)
    if heading is None or total == 0:
        raise _empty(path)
    headings = tuple(map(text_of, heading.cells))
    return SourceFile(path, watched.digest, encoding, separator, headings, total, stamp, ())


def _workbook(path: Path, data: bytes, stamp: _Stamp, sheet: str | None) -> SourceFile:
    rows = workbook_rows(path, data, sheet)
    if len(rows) < 2:
        raise _empty(path)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    headings = tuple(map(text_of, rows[0].cells))
    return SourceFile(path, digest, None, "", headings, len(rows) - 1, stamp, rows[1:])


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[tuple[TextIO, _Watched]]:
    """The file as text, and its bytes as they are read."""
    with _opened(path) as file:
        watched = _Watched(file)
        buffered = io.BufferedReader(watched, BLOCK)
        try:
            with io.TextIOWrapper(buffered, encoding=encoding, newline="") as lines:
                yield lines, watched
        except UnicodeError as problem:
            raise Invalid(
                "import.encoding-unclear",
                f"文件 {path} 有不符合编码 {encoding} 的字节。",
                "请核对 --encoding, 或用表格程序打开后另存为“CSV UTF-8”。",
                "file",
            ) from problem


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if path.exists() and not path.is_file():
            raise _unreadable(path, "不是普通文件")
        with open(path, "rb") as file:
            yield file
    except OSError as problem:
        raise _unreadable(path, problem.strerror or type(problem).__name__) from problem


def _stamp(stat: os.stat_result) -> _Stamp:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as problem:
        raise Invalid(
            "import.encoding-unknown",
            f"没有名为“{name}”的编码。",
            "常用的有 utf-8、gb18030、utf-16、big5。",
            "--encoding",
        ) from problem


def _empty(path: Path) -> Invalid:
    return Invalid(
        "import.empty",
        f"文件 {path} 是空的, 或只有一行列名。",
        "第一行应为列名, 以下每行一条留言。",
        "file",
    )


def _unreadable(path: Path, why: str) -> Invalid:
    return Invalid(
        "import.unreadable", f"读不了文件 {path}（{why}）。", "请检查路径与权限。", "file"
    )


def _no_sheets(path: Path) -> Invalid:
    return Invalid(
        "import.sheet-unknown",
        f"文件 {path} 是文本文件, 没有工作表。",
        "--sheet 只用于工作簿（.xlsx）, 请去掉它。",
        "--sheet",
    )


def _page(path: Path) -> Invalid:
    return Invalid(
        "import.not-a-table",
        f"文件 {path} 其实是网页, 不是表格（有的系统导出时只改了扩展名）。",
        "请用表格程序打开, 另存为 .xlsx 或“CSV UTF-8”, 再导入。",
        "file",
    )
