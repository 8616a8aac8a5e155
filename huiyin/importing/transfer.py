"""An import from file to system: what it needs, rows in chunks to intake, what became of each."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from huiyin.importing.columns import Columns, known, understood
from huiyin.importing.message import Message, MessageReader
from huiyin.importing.rejected import ADDED, Rejected, RejectedRow, is_ours, original
from huiyin.importing.remarks import SeenMessages, remarks
from huiyin.importing.rows import Row
from huiyin.importing.source import SourceFile, guess
from shared.contracts.intake import ImportField
from shared.copies.units import Unit
from shared.errors import HuiyinError, Invalid, Unknown

CHUNK = 200
"""Rows in one request, and so in one transaction."""

KEPT = 1_000
"""Problems that are told one by one; a file holds all of them."""

FIRST = 5
"""Rows that are named with a remark, and shown in a preview."""

OURS = {"named": "replying_unit", "unit": "replying_unit"}
"""What intake calls differently from a file."""


class ImportApi(Protocol):
    """How the system is asked; each raises the error that it answers with."""

    async def get(self, path: str, **params: str | None) -> Any:
        """Ask."""

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do."""

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        """Replace."""


@dataclass(slots=True)
class Remark:
    """How often something noteworthy was met, and where first."""

    count: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[RejectedRow] = field(default_factory=list)
    remarks: dict[str, Remark] = field(default_factory=dict)
    first: list[Message] = field(default_factory=list)

    def remark(self, name: str, row: int) -> None:
        """Note something noteworthy of a row."""
        remark = self.remarks.setdefault(name, Remark())
        remark.count += 1
        if len(remark.rows) < FIRST:
            remark.rows.append(row)


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What is to be imported for whom: ``left_open`` keeps unanswered messages open, ``dry``
    stores nothing, ``ours`` reads a file of rows that were not imported before.
    """

    source: SourceFile
    columns: Columns
    unit: str
    units: Mapping[str, Unit]
    left_open: bool = False
    dry: bool = False
    ours: bool = False


async def prepare(
    api: ImportApi,
    source: SourceFile,
    unit: str | None,
    given: Mapping[str, ImportField],
    *,
    left_open: bool = False,
    dry: bool = False,
) -> ImportJob:
    """Everything an import of the file needs; the unit is the root where none is named.

    Raises Invalid ``import.column-missing`` and others of ``columns``, ``unit.unknown``, and
    Refused ``unit.not-yours``.
    """
    found = [
        Unit(each["code"], each["name"], tuple(each["aliases"]), each["parent"])
        for each in await api.get("/routing/units")
    ]
    units = {each.code: each for each in found}
    code = unit or _root(units)
    kept = (await api.get(f"/intake/field-maps/{code}"))["columns"]
    ours = is_ours(source.headings)
    columns = _understood(source, given, kept, ours=ours)
    return ImportJob(source, columns, code, units, left_open, dry, ours)


async def save_map(api: ImportApi, unit: str, given: Mapping[str, ImportField]) -> bool:
    """Keep what was said of the columns for the unit's next files; tells whether it was new."""
    kept: dict[str, ImportField] = (await api.get(f"/intake/field-maps/{unit}"))["columns"]
    changed = {**kept, **given}
    if changed == kept:
        return False
    await api.put(f"/intake/field-maps/{unit}", {"columns": changed})
    return True


async def transfer(
    api: ImportApi,
    job: ImportJob,
    tally: Tally,
    rejected: Rejected | None,
    advance: Callable[[int], None],
) -> None:
    """Hand the file over, chunk by chunk in its order; ``tally`` says how far it came.

    Raises Invalid ``import.file-changed``, and what the api raises.
    """
    with closing(SeenMessages()) as seen:
        reader = MessageReader(job.columns, job.source.separator, job.units, job.unit)
        run = _Run(reader, job, tally, rejected, seen)
        chunks = _chunks(job)
        chunk = next(chunks, None)
        while chunk:
            _heed_interruption()
            job.source.check_unchanged()
            read = [run.read(row) for row in chunk]
            asked = asyncio.ensure_future(run.ask(api, read))
            await asyncio.sleep(0)  # the request is on its way while the next chunk is read
            try:
                following = next(chunks, None)
            finally:
                run.settle(chunk, read, await asked)
            advance(len(chunk))
            chunk = following


def _heed_interruption() -> None:
    """Stop when that was asked for, also where a request on its way took it for its own."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@dataclass(frozen=True, slots=True)
class _Run:
    reader: MessageReader
    job: ImportJob
    tally: Tally
    rejected: Rejected | None
    seen: SeenMessages

    def read(self, row: Row) -> Message | Invalid:
        """A row's message, or why it cannot be handed over."""
        try:
            return self.reader.read(row)
        except Invalid as problem:
            return problem

    async def ask(self, api: ImportApi, read: Sequence[Message | Invalid]) -> list[Any]:
        """What intake answers to those that can be handed over."""
        messages = [each for each in read if not isinstance(each, Invalid)]
        if not messages:
            return []
        body = {
            "unit": self.job.unit,
            "file": self.job.source.digest,
            "left_open": self.job.left_open,
            "dry": self.job.dry,
            "messages": messages,
        }
        return list((await api.post("/intake/imports", body))["outcomes"])

    def settle(
        self, chunk: Sequence[Row], read: Sequence[Message | Invalid], outcomes: Iterable[Any]
    ) -> None:
        """Note what became of the rows, in their order."""
        answers = iter(outcomes)
        for row, message in zip(chunk, read, strict=True):
            if isinstance(message, Invalid):
                self._refuse(row, self.reader.id_of(row), message)
            else:
                self._answered(row, message, next(answers))

    def _answered(self, row: Row, message: Message, outcome: Mapping[str, Any]) -> None:
        if outcome["outcome"] == "refused":
            said = outcome["problem"]
            problem = Invalid(said["code"], said["message"], said["remedy"], said["field"])
            self._refuse(row, message["message_id"], problem)
        elif outcome["outcome"] == "known":
            self.tally.counts["known"] += 1
        else:
            self._came_in(row, message, outcome["remarks"])

    def _came_in(self, row: Row, message: Message, strange: Sequence[str]) -> None:
        """In a preview nothing is there of the chunks before but what was noted here."""
        match self.seen.again(message) if self.job.dry else None:
            case None:
                self._note(row, message, strange)
            case _, None:
                self.tally.counts["known"] += 1
            case before, field_:
                named = message["message_id"]
                self._refuse(row, named, _differs(named, before, field_))

    def _note(self, row: Row, message: Message, strange: Sequence[str]) -> None:
        self.tally.counts["imported"] += 1
        if len(self.tally.first) < FIRST:
            self.tally.first.append(message)
        for name in (*strange, *remarks(message)):
            self.tally.remark(name, row.number)
        if self.job.dry:
            self.seen.note(message)
        if self.seen.resubmitted(message):
            self.tally.remark("same_body_resubmitted", row.number)

    def _refuse(self, row: Row, message_id: str, problem: HuiyinError) -> None:
        """Note a row that was not imported."""
        field_ = OURS.get(problem.field or "", problem.field or "")
        problem.field = field_ or None
        heading = self.job.columns.heading(field_) if field_ else ""
        said = (problem.code, field_, heading, problem.message, problem.remedy)
        told = RejectedRow(row.number, message_id, *said)
        self.tally.counts["refused"] += 1
        if len(self.tally.problems) < KEPT:
            self.tally.problems.append(told)
        if self.rejected is not None:
            self.rejected.add(row, told)


def _chunks(job: ImportJob) -> Iterator[list[Row]]:
    rows = map(original, job.source.rows()) if job.ours else job.source.rows()
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _differs(message_id: str, row: int, field_: str) -> Invalid:
    return Invalid(
        "message.differs",
        f"编号“{message_id}”在第 {row} 行已有一条留言, 与本行不同。",
        "若是另一条留言, 请改用另一个编号；若是同一条, 请删去本行, 已导入的不会被文件改写。",
        field_,
    )


def _understood(
    source: SourceFile,
    given: Mapping[str, ImportField],
    kept: Mapping[str, ImportField],
    *,
    ours: bool,
) -> Columns:
    headings = source.headings[len(ADDED) :] if ours else source.headings
    try:
        return understood(headings, given, kept)
    except Invalid as problem:
        if source.encoding == "gb18030" and not known(headings):
            with open(source.path, "rb") as file:
                other = guess(file)
            if other not in (None, "gb18030", "gbk", "gb2312"):
                said = f"列名若是乱码, 这个文件也可能是 {other}, 请加 --encoding {other} 再试。"
                problem.remedy += said
        raise


def _root(units: Mapping[str, Unit]) -> str:
    topmost = [unit.code for unit in units.values() if unit.parent is None]
    above = {unit.parent for unit in units.values()}
    # A supervising unit from outside stands beside the tree, with nobody under it.
    roots = [code for code in topmost if code in above or len(topmost) == 1]
    if len(roots) != 1:
        raise Unknown("unit.root-unknown", "还没有根单位。", "请用 --unit 指明归哪个单位。", "unit")
    return roots[0]
