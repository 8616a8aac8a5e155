"""How a text file is encoded: decided from all of its bytes, always the same way."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from charset_normalizer import from_bytes

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
        raise _damaged(path, line)
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
    for block in _blocks(file):
        try:
            line += decoder.decode(block).count("\n")
        except UnicodeDecodeError as problem:
            return line + problem.object[: problem.start].count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _damaged(path: Path, line: int) -> Invalid:
    return Invalid(
        "import.encoding-unclear",
        f"文件 {path} 是 UTF-8, 但第 {line} 行起有损坏的字节。",
        "请从原系统重新导出, 或在文本编辑器里改正该行后存为 UTF-8。",
        "file",
    )


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
