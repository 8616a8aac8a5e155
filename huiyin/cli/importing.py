"""``huiyin import``: old messages from a file, each an incident with its history."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from huiyin.cli.county import FormatOption
from huiyin.cli.door import Door, opened, where
from huiyin.cli.imported import Result, tell, tell_columns
from huiyin.cli.output import complain
from huiyin.cli.running import run
from huiyin.importing.columns import FIELDS, NAMES, read_map
from huiyin.importing.preparing import prepare, save_map
from huiyin.importing.rejected import Rejected, beside, rejected
from huiyin.importing.source import look_through
from huiyin.importing.transfer import Order, Tally, transfer
from shared.contracts.intake import ImportField
from shared.errors import Unavailable
from shared.settings import Settings

FILE_HELP = "CSV（UTF-8、GBK/GB18030、UTF-16, 逗号、分号或制表符分隔）或工作簿（.xlsx）"
MAP_HELP = "列名=字段, 可重复；为单位保存, 下次无需再给。字段：" + ", ".join(
    f"{field} {NAMES[field]}" for field in FIELDS
)
REJECTED_HELP = "未导入的行写到哪里, 默认为输入文件旁的 <文件>.未导入.csv"


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("import")(import_messages)


def import_messages(
    file: Annotated[Path, typer.Argument(help=FILE_HELP)],
    unit: Annotated[str | None, typer.Option(help="归哪个单位, 默认根单位")] = None,
    open_: Annotated[bool, typer.Option("--open", help="没有答复的保持待办, 不按历史办结")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预览, 什么也不保存")] = False,
    map_: Annotated[list[str] | None, typer.Option("--map", help=MAP_HELP)] = None,
    sheet: Annotated[str | None, typer.Option(help="工作簿里的哪一张工作表")] = None,
    encoding: Annotated[str | None, typer.Option(help="CSV 的编码, 默认自动识别")] = None,
    rejected_to: Annotated[Path | None, typer.Option("--rejected", help=REJECTED_HELP)] = None,
    format_: FormatOption = "table",
) -> None:
    """导入历史留言。

    必须有编号、标题、留言时间三列；常用的中英文列名自动识别, 其他用 --map 说明。
    留言人的姓名、网名、电话等一律不导入。时间不写时区的按北京时间；只有日期的,
    留言按当日 24:00 计, 答复按当日零时（不早于留言）计, 不使任何单位因此显得迟延。

    重复导入不增加任何内容：中断后再运行同一条命令, 就从断处接着导入。
    未导入的行连同原因另存一个文件, 改好后可以直接再导入它。有未导入的行时退出状态为 1。
    """

    async def work(settings: Settings) -> Result:
        given = read_map(map_ or ())
        where(settings)  # without a county there is nothing to import for
        source = look_through(file, sheet=sheet, encoding=encoding)
        async with opened(settings) as door:
            order = await prepare(door, source, unit, given, left_open=open_, dry=dry_run)
            if format_ == "table":
                tell_columns(order)
            return await _import(door, order, given, rejected_to)

    result = run(work)
    tell(result, format_)
    if result.tally.counts["refused"]:
        raise typer.Exit(1)


async def _import(
    door: Door, order: Order, given: dict[str, ImportField], rejected_to: Path | None
) -> Result:
    tally, path = Tally(), rejected_to or beside(order.source.path)
    keeps = rejected_to is not None or not order.dry
    with _rejected(path, order) if keeps else nullcontext() as bad:
        saved = bool(given) and not order.dry and await save_map(door, order.unit, given)
        with _progress(order) as advance, _resumable(order, tally):
            await transfer(door, order, tally, bad, advance)
    if not order.dry:
        await _settle(door)
    return Result(order, tally, path if bad and bad.count else None, saved)


def _rejected(path: Path, order: Order) -> AbstractContextManager[Rejected]:
    return rejected(path, order.columns.headings, order.source.path)


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
def _progress(order: Order) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=quiet) as progress:
        task = progress.add_task("预览" if order.dry else "导入", total=order.source.total)
        yield lambda rows: progress.advance(task, rows)


@contextmanager
def _resumable(order: Order, tally: Tally) -> Iterator[None]:
    """Whatever ends the import early, say how to go on."""
    try:
        yield
    except BaseException:
        if not order.dry:
            print(_how_to_go_on(order, tally), file=sys.stderr)
        raise


def _how_to_go_on(order: Order, tally: Tally) -> str:
    done = sum(tally.counts.values())
    return (
        f"没有做完：{order.source.total} 行中处理了 {done} 行, 导入 {tally.counts['imported']} 条。"
        "再运行同一条命令即可接着导入, 已导入的不会重复。"
    )
