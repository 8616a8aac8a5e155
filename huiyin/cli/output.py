"""How results are shown and kept: tables for people, one JSON array for programs, whole files."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.clock import shown, shown_limit
from shared.errors import HuiyinError, Refused

Format = Literal["table", "json"]
FileFormat = Literal["table", "json", "csv", "xlsx"]

WRAPPED = {
    *("title", "zh", "what", "message", "remedy", "upstreams", "difference", "aliases"),
    *("named", "clause", "who", "before", "after"),
}
"""Columns that may run over several lines; all others stay whole."""

Columns = Mapping[str, str]
"""Field names of a row and the Chinese headings to show them under."""


def columns(said: str) -> Columns:
    """Columns as they are written: ``field:heading`` each, in the order in which they stand."""
    pairs = (each.partition(":") for each in said.split())
    return {field: heading for field, _, heading in pairs}


def show(
    rows: Sequence[Mapping[str, Any]],
    columns: Columns,
    format_: FileFormat,
    row: Callable[[dict[str, Any]], Mapping[str, Any]] = dict,
) -> None:
    """Print rows as one JSON array, or as a table of what ``row`` makes of each for people."""
    if format_ == "json":
        print(json.dumps(list(rows), ensure_ascii=False, indent=2))
        return
    shown_in = grid()
    for name, heading in columns.items():
        shown_in.add_column(heading, no_wrap=name not in WRAPPED, overflow="fold")
    for each in map(row, map(dict, rows)):
        shown_in.add_row(*(Text(_text(each.get(name))) for name in columns))
    console().print(shown_in)
    console().print(f"共 {len(rows)} 条")


def show_one(answer: Any, format_: Format, tell: Callable[[Any], None]) -> None:
    """Print an answer as JSON, or have it told to people."""
    if format_ == "json":
        show([answer], {}, format_)
    else:
        tell(answer)


def grid(*headings: str, title: str | None = None) -> Table:
    """A table as all of ours look."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def say(text: str) -> None:
    """Print a sentence."""
    console().print(Text(text), soft_wrap=True)  # brackets are meant as they stand


def complain(problem: HuiyinError) -> None:
    """Print a problem where problems go."""
    print(f"错误：{problem}", file=sys.stderr)


def ended(problem: HuiyinError) -> typer.Exit:
    """Say what is wrong; the command is then at its end."""
    complain(problem)
    return typer.Exit(1)


def console(width: int = 200) -> Console:
    """Standard output; as wide as needed when it is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else width)


def moment(text: str | None) -> str:
    """An ISO moment as people here read it, to the second."""
    return shown(datetime.fromisoformat(text)) if text else ""


def minute(text: str | None) -> str:
    """An ISO moment to the minute."""
    return moment(text)[:-3]


def limit(text: str | None) -> str:
    """An ISO moment that is a limit: the end of a day is its 24:00."""
    return shown_limit(datetime.fromisoformat(text)) if text else ""


def late(seconds: int | None) -> str:
    """How late something was, behind the verdict that it was."""
    return f" {seconds / 3600:.1f} 小时" if seconds else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(each) for each in value)
    return str(value)


def check_output(format_: FileFormat, output: Path | None) -> None:
    """Exits with 2 where the result would be of no use."""
    if format_ == "table" and output is not None:
        raise typer.BadParameter("写文件请加上 --format csv、xlsx 或 json", param_hint="--output")
    if format_ == "xlsx" and output is None and sys.stdout.isatty():
        raise typer.BadParameter("xlsx 请用 --output 写入文件, 或接到管道", param_hint="--output")


def check_free(output: Path | None, *, force: bool) -> None:
    """Raises Refused ``output.exists``, before anything is asked for, when a file is in the way."""
    if output is not None and output.exists() and not force:
        raise _exists(output)


def hand_over(content: bytes, output: Path | None, *, force: bool = False) -> None:
    """Write to the file and say so, or to standard output when there is none.

    Raises Refused ``output.exists`` or ``output.unwritable``.
    """
    if output is None:
        put(content)
        return
    try:
        _keep(content, output, force=force)
    except FileExistsError as problem:
        raise _exists(output) from problem
    except OSError as problem:
        raise Refused(
            "output.unwritable",
            f"写不了文件 {output}（{problem.strerror}）。",
            "请换一个可写的位置, 并确认磁盘未满。",
            "--output",
        ) from problem
    print(f"已写入 {output}（{len(content)} 字节）", file=sys.stderr)


def put(content: bytes) -> None:
    """Write to standard output at once, as it is."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _keep(content: bytes, output: Path, *, force: bool) -> None:
    """Readable by this user alone (words were opened for them); appears when it is whole."""
    with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name[:40]}-", delete=False) as new:
        draft = Path(new.name)
        try:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
            if not force:
                output.open("x").close()  # the name is ours, or somebody was here first
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)


def _exists(output: Path) -> Refused:
    return Refused(
        "output.exists",
        f"文件 {output} 已经存在, 没有覆盖。",
        "请换一个文件名；确要覆盖请加 --force。",
        "--output",
    )
