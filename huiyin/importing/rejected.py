"""The file of rows that were not imported: as they were, with what is wrong and what to do.

It can be mended and imported again, so its text is guarded against running as a formula and read
back as it was.
"""

import csv
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from huiyin.importing.rows import Row, separator_of, text_of
from shared.cells import guarded, unguarded
from shared.errors import Invalid

ADDED = ("行号", "字段", "错误码", "原因", "处理办法")
"""Our columns, before those of the file: a row that is too long stays readable."""

_OURS = re.compile(r"(?P<name>.*)\.未导入(?P<turn>\d*)\.csv")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not imported, and why; ``heading`` is what its file calls the field."""

    row: int
    message_id: str
    code: str
    field: str
    heading: str
    message: str
    remedy: str


def beside(path: Path) -> Path:
    """Where the rows of a file go that were not imported; never the file itself."""
    ours = _OURS.fullmatch(path.name)
    if ours is None:
        return path.with_name(f"{path.name}.未导入.csv")
    turn = int(ours["turn"] or 1) + 1
    return path.with_name(f"{ours['name']}.未导入{turn}.csv")


def is_ours(headings: Sequence[str]) -> bool:
    """Whether these are the headings of such a file."""
    return tuple(headings[: len(ADDED)]) == ADDED


def original(row: Row) -> Row:
    """A row of such a file as it was in the one it came from."""
    cells = [unguarded(text_of(cell)) for cell in row.cells[len(ADDED) :]]
    return Row(row.number, cells)


class Rejected:
    """Such a file while it is written."""

    def __init__(self, file: TextIO, headings: Sequence[str]) -> None:
        self.count = 0
        self._writer = csv.writer(file)
        self._write([*ADDED, *headings])

    def add(self, row: Row, problem: RejectedRow) -> None:
        """Write down a row."""
        said = (str(row.number), problem.heading, problem.code, problem.message, problem.remedy)
        self._write([*said, *map(text_of, row.cells)])
        self.count += 1

    def _write(self, cells: Sequence[str]) -> None:
        self._writer.writerow([guarded(cell) for cell in cells])


@contextmanager
def rejected(path: Path, headings: Sequence[str], source: Path) -> Iterator[Rejected]:
    """A file for the rows that are not imported, in its place once the block ends well: then there
    is none, and none left from before, if nothing was added. Otherwise all stays as it was.

    Raises Invalid ``import.rejected-unwritable`` at once where it cannot be written, or something
    else is there.
    """
    if path.exists() and (path.resolve() == source.resolve() or not _is_our_file(path)):
        raise _unwritable(path, "那里已有别的文件")
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")  # others import it too
    with ExitStack() as stack:
        with _writing(path):
            file = stack.enter_context(open(draft, "w", encoding="utf-8-sig", newline=""))
            stack.callback(draft.unlink, missing_ok=True)
            rows = Rejected(file, headings)
        yield rows
        with _writing(path), file:
            file.flush()
            os.fsync(file.fileno())
            if rows.count:
                os.replace(draft, path)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise _unwritable(path, problem.strerror or type(problem).__name__) from problem


def _is_our_file(path: Path) -> bool:
    try:
        with open(path, encoding="utf-8-sig", newline="") as lines:
            separator = separator_of(lines)
            lines.seek(0)
            return is_ours(next(csv.reader(lines, delimiter=separator), []))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def _unwritable(path: Path, why: str) -> Invalid:
    return Invalid(
        "import.rejected-unwritable",
        f"未导入的行无法写入 {path}（{why}）。",
        "请用 --rejected 另指一个可写的文件。",
        "--rejected",
    )
