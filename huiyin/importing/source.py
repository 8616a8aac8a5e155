"""A file of old messages: what kind it is, its digest, its heading and its rows; and how a text
file is encoded, decided from all of its bytes, always the same way.
"""

import codecs
import hashlib
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from charset_normalizer import from_bytes

from huiyin.importing.rows import Row, csv_rows, separator_of, text_of, workbook_rows
from shared.errors import Invalid

BLOCK = 1 << 20
"""Bytes looked at together."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8（有 BOM）",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "gb18030": "GB18030（含 GBK、GB2312）",
}
"""What people call an encoding."""

_LONG = re.compile(rb"[\xe0-\xf4]")
"""How characters of three and four bytes begin in UTF-8, all Chinese ones among them."""

DAMAGED = 0.2
"""So much of the text beyond ASCII may be wrong in a damaged UTF-8 file; in GBK nearly all is."""


def encoding_of(path: Path, file: BinaryIO) -> str:
    """The Python name of the file's encoding: by its mark, or UTF-8, or else GB18030.

    Raises Invalid ``import.encoding-unclear``, naming the line, for a file that is none of them.
    """
    file.seek(0)
    head = file.read(4096)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None) or _wide(head)
    if marked is not None:
        if _first_wrong_line(file, marked) is not None:
            raise _unclear(path, file)
        return marked
    line, long = _utf8(file)
    if line is None and long:
        return "utf-8"
    if line is not None and _is_damaged_utf8(file):
        raise Invalid(
            "import.encoding-unclear",
            f"文件 {path} 是 UTF-8, 但第 {line} 行起有损坏的字节。",
            "请从原系统重新导出, 或在文本编辑器里改正该行后存为 UTF-8。",
            "file",
        )
    if _first_wrong_line(file, "gb18030") is None:
        return "gb18030"
    raise _unclear(path, file)


def guess(file: BinaryIO) -> str | None:
    """What else a file may be, to be told to people; never to be relied on."""
    file.seek(0)
    best = from_bytes(file.read(BLOCK)).best()
    return best.encoding if best else None


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: then one byte of each ASCII character is zero, separators first."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > max(even, len(head) // 40) and b"\n\x00" in head:
        return "utf-16-le"
    if even > max(odd, len(head) // 40) and b"\x00\n" in head:
        return "utf-16-be"
    return None


def _utf8(file: BinaryIO) -> tuple[int | None, bool]:
    """The first line that is not UTF-8, if any; and whether the text needs to be UTF-8.

    Text that is ASCII but for characters of two bytes may as well be a short one in GBK, whose
    pairs happen to look so; Chinese text in UTF-8 has three bytes a character.
    """
    file.seek(0)
    plain, long = True, False
    for block in _blocks(file):
        plain = plain and block.isascii()
        long = long or _LONG.search(block) is not None
    return _first_wrong_line(file, "utf-8"), plain or long


def _is_damaged_utf8(file: BinaryIO) -> bool:
    """Whether it is UTF-8 but for some bytes, which GB18030 would turn into nonsense unnoticed."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    wrong = beyond = 0
    for block in _blocks(file):
        text = decoder.decode(block)
        wrong += text.count("\ufffd")
        beyond += len(text) - len(text.encode("ascii", "ignore"))
    return wrong <= beyond * DAMAGED


def _first_wrong_line(file: BinaryIO, encoding: str) -> int | None:
    """The physical line of the first byte that does not fit the encoding."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    for block in chain(_blocks(file), [b""]):
        try:
            line += decoder.decode(block, final=not block).count("\n")
        except UnicodeDecodeError as problem:
            return line + problem.object[: problem.start].count(b"\n")
    return None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _unclear(path: Path, file: BinaryIO) -> Invalid:
    line = _first_wrong_line(file, "utf-8") or 1
    other = guess(file)
    seems = f", 看起来像 {other}" if other else ""
    return Invalid(
        "import.encoding-unclear",
        f"文件 {path} 既不是 UTF-8（自第 {line} 行起不符）, 也不是 GB18030 或 UTF-16{seems}。",
        "请用表格程序打开, 另存为“CSV UTF-8”；或用 --encoding 指明编码, 如 --encoding big5。",
        "file",
    )


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
            raise Invalid(
                "import.sheet-unknown",
                f"文件 {path} 是文本文件, 没有工作表。",
                "--sheet 只用于工作簿（.xlsx）, 请去掉它。",
                "--sheet",
            )
        if head.lstrip().lower().startswith(PAGES):
            raise Invalid(
                "import.not-a-table",
                f"文件 {path} 其实是网页, 不是表格（有的系统导出时只改了扩展名）。",
                "请用表格程序打开, 另存为 .xlsx 或“CSV UTF-8”, 再导入。",
                "file",
            )
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
