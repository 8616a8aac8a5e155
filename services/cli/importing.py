"""``huiyin import``: old messages from a CSV file, each an incident with its history."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.county import FormatOption
from services.cli.door import Door, opened
from services.cli.output import say, show
from services.cli.running import run
from services.embedded.directory import DataDirectory
from shared.clock import read_moment
from shared.errors import HuiyinError, Invalid
from shared.settings import Settings
from shared.units import Unit, unit_by_name

NEEDED = ("message_id", "title", "posted_at")
COLUMNS = (*NEEDED, "category", "body", "replied_at", "reply", "replying_unit")
CHUNK = 200
"""Rows in one request, and so in one transaction."""

LARGEST_CELL = 10 * 1024 * 1024

OUTCOMES = {"imported": "已导入", "known": "早已导入", "refused": "未导入"}
OUTCOME_COLUMNS = {"outcome": "结果", "count": "条数"}
REFUSED_COLUMNS = {
    "row": "行",
    "message_id": "编号",
    "field": "字段",
    "message": "原因",
    "remedy": "处理办法",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not imported, and why."""

    row: int
    message_id: str
    code: str
    field: str
    message: str
    remedy: str


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, row: int, message_id: str, problem: HuiyinError) -> None:
        """Note a row that was not imported."""
        self.counts["refused"] += 1
        said = (problem.code, problem.field or "", problem.message, problem.remedy)
        self.refused.append(Refused(row, message_id, *said))


Row = tuple[int, dict[str, str]]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("import")(import_messages)


def import_messages(
    file: Annotated[Path, typer.Argument(help="UTF-8 CSV, 列：" + ", ".join(COLUMNS))],
    unit: Annotated[str | None, typer.Option(help="归哪个单位, 默认根单位")] = None,
    open_: Annotated[bool, typer.Option("--open", help="没有答复的保持待办, 不按历史办结")] = False,
    format_: FormatOption = "table",
) -> None:
    """导入历史留言；重复导入不增加任何内容。有未导入的行时退出状态为 1。"""

    async def work(settings: Settings) -> Tally:
        total = count_rows(file)
        root = DataDirectory(settings.data).county().root
        async with opened(settings) as door:
            return await _import(door, file, unit or root, left_open=open_, total=total)

    tally = run(work)
    _tell(tally, format_)
    if tally.refused:
        raise typer.Exit(1)


def rows_of(file: Path) -> Iterator[Row]:
    """The rows with their line numbers (the heading is row 1); raises Invalid ``import.*``."""
    csv.field_size_limit(LARGEST_CELL)
    try:
        with open(file, encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            _check_columns(reader.fieldnames)
            for number, row in enumerate(reader, 2):
                yield number, {name: row.get(name) or "" for name in COLUMNS}
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise _unreadable(file, problem) from problem


def count_rows(file: Path) -> int:
    """How many rows there are; reads the whole file, so that it is refused before anything is."""
    return sum(1 for _ in rows_of(file))


async def _import(door: Door, file: Path, unit: str, *, left_open: bool, total: int) -> Tally:
    units = {each["code"]: _unit(each) for each in await door.get("/routing/units")}
    tally, rows = Tally(), rows_of(file)
    with _progress() as progress:
        task = progress.add_task("导入", total=total)
        while chunk := list(islice(rows, CHUNK)):
            await _import_chunk(door, chunk, units, unit, tally, left_open=left_open)
            progress.advance(task, len(chunk))
        await door.settle()
    return tally


async def _import_chunk(
    door: Door,
    chunk: Sequence[Row],
    units: dict[str, Unit],
    unit: str,
    tally: Tally,
    *,
    left_open: bool,
) -> None:
    readable = list(_readable(chunk, units, unit, tally))
    if not readable:
        return
    body = {
        "unit": unit,
        "left_open": left_open,
        "messages": [message for _, message in readable],
    }
    done = await door.post("/intake/imports", body)
    for (row, message), outcome in zip(readable, done["outcomes"], strict=True):
        if outcome["outcome"] == "refused":
            said = outcome["problem"]
            problem = Invalid(said["code"], said["message"], said["remedy"], said["field"])
            tally.refuse(row, message["message_id"], problem)
        else:
            tally.counts[outcome["outcome"]] += 1


def _readable(
    chunk: Sequence[Row], units: dict[str, Unit], unit: str, tally: Tally
) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in chunk:
        try:
            yield number, read_row(row, units, unit)
        except HuiyinError as problem:
            tally.refuse(number, row["message_id"], problem)


def read_row(row: dict[str, str], units: dict[str, Unit], unit: str) -> dict[str, Any]:
    """One row as the interface takes it; raises Invalid naming the field."""
    for name in NEEDED:
        if not row[name].strip():
            raise Invalid("import.cell-missing", f"{name} 为空。", "请补上。", name)
    replying = unit_by_name(units, row["replying_unit"]) if row["replying_unit"] else None
    replied_at = row["replied_at"].strip()
    replied = read_moment(replied_at, field="replied_at").isoformat() if replied_at else None
    return {
        "message_id": row["message_id"].strip(),
        "category": row["category"].strip(),
        "title": row["title"],
        "posted_at": read_moment(row["posted_at"], field="posted_at").isoformat(),
        "body": row["body"],
        "replied_at": replied,
        "reply": row["reply"],
        "unit": replying.code if replying else unit,
        "named": row["replying_unit"],
    }


def _unit(entry: dict[str, Any]) -> Unit:
    return Unit(entry["code"], entry["name"], tuple(entry["aliases"]), entry["parent"])


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))


def _tell(tally: Tally, format_: str) -> None:
    counts = [{"outcome": name, "count": tally.counts[name]} for name in OUTCOMES]
    if format_ == "json":
        show([*counts[:2], counts[2] | {"rows": [_shown(r) for r in tally.refused]}], {}, "json")
        return
    words = [row | {"outcome": OUTCOMES[str(row["outcome"])]} for row in counts]
    show(words, OUTCOME_COLUMNS, "table")
    if tally.refused:
        show([_shown(refused) for refused in tally.refused], REFUSED_COLUMNS, "table")
        say("改正后可再次导入整个文件, 已导入的不会重复。")


def _shown(refused: Refused) -> dict[str, Any]:
    return {
        "row": refused.row,
        "message_id": refused.message_id,
        "code": refused.code,
        "field": refused.field,
        "message": refused.message,
        "remedy": refused.remedy,
    }


def _check_columns(found: Sequence[str] | None) -> None:
    missing = [name for name in NEEDED if name not in (found or ())]
    if missing:
        raise Invalid(
            "import.column-missing",
            f"文件缺少列 {'、'.join(missing)}。",
            f"第一行应为 {','.join(COLUMNS)}。",
            missing[0],
        )


def _unreadable(file: Path, problem: Exception) -> Invalid:
    return Invalid(
        "import.unreadable",
        f"读不了文件 {file}（{type(problem).__name__}）。",
        "请检查路径, 并存为 UTF-8 的 CSV。",
        "file",
    )
