"""How results are shown: tables for people, one JSON array for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.clock import shown, shown_limit
from shared.errors import HuiyinError

Format = Literal["table", "json"]

WRAPPED = {
    "title",
    "zh",
    "what",
    "message",
    "remedy",
    "upstreams",
    "difference",
    "aliases",
    "named",
    "clause",
    "who",
    "before",
    "after",
}
"""Columns that may run over several lines; all others stay whole."""

Columns = Mapping[str, str]
"""Field names of a row and the Chinese headings to show them under."""


def show(rows: Sequence[Mapping[str, Any]], columns: Columns, format_: Format) -> None:
    """Print rows as a table or as one JSON array."""
    if format_ == "json":
        print(json.dumps(list(rows), ensure_ascii=False, indent=2))
        return
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name, heading in columns.items():
        table.add_column(heading, no_wrap=name not in WRAPPED, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_text(row.get(name))) for name in columns))
    console().print(table)
    console().print(f"共 {len(rows)} 条")


def say(text: str) -> None:
    """Print a sentence."""
    console().print(Text(text), soft_wrap=True)  # brackets are meant as they stand


def complain(problem: HuiyinError) -> None:
    """Print a problem where problems go."""
    print(f"错误：{problem}", file=sys.stderr)


def console() -> Console:
    """Standard output; as wide as needed when it is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else 200)


def moment(text: str | None) -> str:
    """An ISO moment as people here read it, to the second."""
    return shown(datetime.fromisoformat(text)) if text else ""


def minute(text: str | None) -> str:
    """An ISO moment to the minute."""
    return moment(text)[:-3]


def limit(text: str | None) -> str:
    """An ISO moment that is a limit: the end of a day is its 24:00."""
    return shown_limit(datetime.fromisoformat(text)) if text else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(each) for each in value)
    return str(value)
