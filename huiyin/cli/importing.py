"""``huiyin import``: old messages from a file, each an incident with its history.

It says how the file was understood, what came in, and what did not.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from huiyin.cli.door import Door, opened, run, where
from huiyin.cli.options import FormatOption
from huiyin.cli.output import Format, columns, complain, say, show
from huiyin.importing.columns import FIELDS, NAMES, read_map
from huiyin.importing.message import Message
from huiyin.importing.rejected import beside, rejected
from huiyin.importing.remarks import REMARKS
from huiyin.importing.source import look_through
from huiyin.importing.transfer import ImportJob, Tally, prepare, save_map, transfer
from shared.clock import SHANGHAI, shown
from shared.contracts.intake import ImportField
from shared.errors import Unavailable
from shared.settings import Settings

_FIELDS = ", ".join(f"{field} {NAMES[field]}" for field in FIELDS)

MessageFile = Annotated[
    Path,
    typer.Argument(
        help="CSV（UTF-8、GBK/GB18030、UTF-16, 逗号、分号或制表符分隔）或工作簿（.xlsx）"
    ),
]
FieldMap = Annotated[
    list[str] | None,
    typer.Option("--map", help=f"列名=字段, 可重复；为单位保存, 下次无需再给。字段：{_FIELDS}"),
]
RejectedTo = Annotated[
    Path | None,
    typer.Option("--rejected", help="未导入的行写到哪里, 默认为输入文件旁的 <文件>.未导入.csv"),
]

SHOWN = 20
"""Refused rows shown to people; the file has all of them."""

OUTCOMES = {"imported": "已导入", "known": "早已导入", "refused": "未导入"}
FORESEEN = {"imported": "可导入", "known": "早已导入", "refused": "不能导入"}
OUTCOME_COLUMNS = {"outcome": "结果", "count": "条数"}
REFUSED_COLUMNS = columns("row:行 message_id:编号 heading:字段 message:原因 remedy:处理办法")
REMARK_COLUMNS = {"remark": "值得一看", "count": "条数", "first": "最先的几行"}
FIRST_COLUMNS = columns("""
    row:行 message_id:编号 category:类别 title:标题 posted_at:留言时间 replied_at:答复时间
    unit:归口单位 words:正文/答复字数
""")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to: ``rejected`` is the file of refused rows, ``saved`` whether the
    columns were kept for the unit.
    """

    job: ImportJob
    tally: Tally
    rejected: Path | None
    saved: bool


def import_messages(
    file: MessageFile,
    unit: Annotated[str | None, typer.Option(help="归哪个单位, 默认根单位")] = None,
    open_: Annotated[bool, typer.Option("--open", help="没有答复的保持待办, 不按历史办结")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预览, 什么也不保存")] = False,
    map_: FieldMap = None,
    sheet: Annotated[str | None, typer.Option(help="工作簿里的哪一张工作表")] = None,
    encoding: Annotated[str | None, typer.Option(help="CSV 的编码, 默认自动识别")] = None,
    rejected_to: RejectedTo = None,
    format_: FormatOption = "table",
) -> None:
    """导入历史留言。

    必须有编号、标题、留言时间三列；常用的中英文列名自动识别, 其他用 --map 说明。
    留言人的姓名、网名、电话等一律不导入。时间不写时区的按北京时间；只有日期的,
    留言按当日 24:00 计, 答复按当日零时（不早于留言）计, 不使任何单位因此显得迟延。

    重复导入不增加任何内容：中断后再运行同一条命令, 就从断处接着导入。
    未导入的行连同原因另存一个文件, 改好后可以直接再导入它。有未导入的行时退出状态为 1。
    """

    async def work(settings: Settings) -> ImportResult:
        given = read_map(map_ or ())
        where(settings)  # without a county there is nothing to import for
        source = look_through(file, sheet=sheet, encoding=encoding)
        async with opened(settings) as door:
            job = await prepare(door, source, unit, given, left_open=open_, dry=dry_run)
            return await _import(door, job, given, rejected_to, format_)

    _tell(run(work), format_)


async def _import(
    door: Door, job: ImportJob, given: Mapping[str, ImportField], to: Path | None, format_: Format
) -> ImportResult:
    if format_ == "table":
        _tell_columns(job)
    tally, path = Tally(), to or beside(job.source.path)
    keeps = to is not None or not job.dry
    headings, source = job.columns.headings, job.source.path
    with rejected(path, headings, source) if keeps else nullcontext() as bad:
        saved = bool(given) and not job.dry and await save_map(door, job.unit, given)
        with _progress(job) as advance, _resumable(job, tally):
            await transfer(door, job, tally, bad, advance)
    if not job.dry:
        await _settle(door)
    return ImportResult(job, tally, path if bad and bad.count else None, saved)


async def _settle(door: Door) -> None:
    """Wait until what came in can be seen everywhere, as long as the others come nearer to it."""
    before = ""
    while True:
        try:
            await door.post("/operations/settle")
        except Unavailable as problem:
            if problem.code != "barrier.not-reached" or problem.message == before:
                complain(problem)
                return
            before = problem.message
        else:
            return


@contextmanager
def _progress(job: ImportJob) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=quiet) as progress:
        task = progress.add_task("预览" if job.dry else "导入", total=job.source.total)
        yield lambda rows: progress.advance(task, rows)


@contextmanager
def _resumable(job: ImportJob, tally: Tally) -> Iterator[None]:
    """Whatever ends the import early, say how to go on."""
    try:
        yield
    except BaseException:
        if not job.dry:
            done, imported = sum(tally.counts.values()), tally.counts["imported"]
            said = f"没有做完：{job.source.total} 行中处理了 {done} 行, 导入 {imported} 条。"
            print(f"{said}再运行同一条命令即可接着导入, 已导入的不会重复。", file=sys.stderr)
        raise


def _tell_columns(job: ImportJob) -> None:
    """How the file is understood, before anything is imported."""
    source, columns = job.source, job.columns
    say(f"{source.path}：{source.kind}, {source.total} 行, 归 {job.unit}")
    meant = (f"{heading} → {NAMES[field]}" for heading, field in columns.meant().items())
    say(f"列：{'、'.join(meant)}")
    if columns.left_out:
        say(f"不导入的列：{'、'.join(columns.left_out)}")
    if job.ours:
        say("这是以前未导入的行, 改正后再次导入。")


def _tell(result: ImportResult, format_: Format) -> None:
    """What became of the rows; ends with 1 if some were refused."""
    if format_ == "json":
        show(_as_json(result), {}, "json")
    else:
        _tell_people(result)
    if result.tally.counts["refused"]:
        raise typer.Exit(1)


def _tell_people(result: ImportResult) -> None:
    tally, dry = result.tally, result.job.dry
    if dry and tally.first:
        show([_first(message) for message in tally.first], FIRST_COLUMNS, "table")
    words = FORESEEN if dry else OUTCOMES
    counts = [{"outcome": words[name], "count": tally.counts[name]} for name in OUTCOMES]
    show(counts, OUTCOME_COLUMNS, "table")
    _tell_remarks(tally)
    _tell_refused(result)
    if result.saved:
        unit = result.job.unit
        say(f"列名对照已为 {unit} 保存, 以后导入同样的文件不必再给 --map。")
    if dry:
        say("这只是预览, 什么也没有保存。去掉 --dry-run 即可导入。")


def _tell_remarks(tally: Tally) -> None:
    rows = [
        {"remark": REMARKS[name], "count": found.count, "first": "、".join(map(str, found.rows))}
        for name, found in _remarks(tally)
    ]
    if rows:
        show(rows, REMARK_COLUMNS, "table")


def _tell_refused(result: ImportResult) -> None:
    problems = result.tally.problems
    if not problems:
        return
    show([asdict(problem) for problem in problems[:SHOWN]], REFUSED_COLUMNS, "table")
    count = result.tally.counts["refused"]
    if count > SHOWN:
        say(f"以上是前 {SHOWN} 行, 共 {count} 行。")
    if result.rejected:
        say(f"未导入的行连同原因写在 {result.rejected}")
        say(f"改好后可直接导入它：huiyin import {result.rejected}")


def _as_json(result: ImportResult) -> list[dict[str, Any]]:
    tally, source = result.tally, result.job.source
    imported: dict[str, Any] = {
        "dry": result.job.dry,
        "file": source.digest,
        "encoding": source.encoding,
        "columns": result.job.columns.meant(),
        "left_out": result.job.columns.left_out,
        "remarks": [{"remark": name} | asdict(found) for name, found in _remarks(tally)],
    }
    if result.job.dry:
        imported["rows"] = tally.first
    refused = {
        "rows": [asdict(problem) for problem in tally.problems],
        "rejected": str(result.rejected) if result.rejected else None,
    }
    more: dict[str, dict[str, Any]] = {"imported": imported, "known": {}, "refused": refused}
    return [{"outcome": name, "count": tally.counts[name]} | more[name] for name in OUTCOMES]


def _remarks(tally: Tally) -> list[tuple[str, Any]]:
    return [(name, tally.remarks[name]) for name in REMARKS if name in tally.remarks]


def _first(message: Message) -> dict[str, Any]:
    times = {name: _time(message, name) for name in ("posted_at", "replied_at")}
    words = f"{len(message['body'])}/{len(message['reply'])}"
    return {**message, **times, "words": words}


def _time(message: Message, field: str) -> str:
    if not message[field]:
        return ""
    moment = datetime.fromisoformat(message[field])
    if field in message["days_only"]:
        return f"{moment.astimezone(SHANGHAI):%Y-%m-%d}（只有日期）"
    return shown(moment)
