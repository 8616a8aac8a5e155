"""``huiyin review imported``: what the rules would have said of imported history."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from huiyin.cli.door import Door
from huiyin.cli.options import AsOf, ForceOption
from huiyin.cli.output import (
    FileFormat,
    check_free,
    check_output,
    console,
    grid,
    hand_over,
    limit,
    minute,
    say,
)
from huiyin.cli.running import through_door
from shared.clock import shown_span
from shared.words import EMPTINESS, KNOWN_BY

PATH = "/reporting/reviews/imported"

FIGURES = {
    "messages": "留言",
    "answered": "有答复",
    "unanswered": "未答复",
    "in_time": "按时",
    "in_time_in_substance": "按时且\n有实质",
    "late": "迟",
    "empty": "仅收悉\n或转办",
}
LATENESS = "迟多久：中位数 / 九成\n（不足五件逐一列出）"
LATEST = ("编号", "答复单位", "发帖", "应于此前", "答复", "迟")
WAITING = ("编号", "答复单位", "发帖", "应于此前", "到期已过")
NAMED = 30
"""How many replies that answer nothing are named on the screen; files have all of them."""


def review_imported(
    pack: Annotated[
        str | None, typer.Option(help="规则包：TOML 文件, 或自带规则包的名称, 默认县级基线规则")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="只看某单位：代码, 或文件里答复单位的名称")
    ] = None,
    as_of: AsOf = None,
    format_: Annotated[FileFormat, typer.Option("--format", help="输出格式")] = "table",
    output: Annotated[Path | None, typer.Option(help="写入此文件, 不显示")] = None,
    force: ForceOption = False,
) -> None:
    """回看导入的历史：按某个规则包, 各单位各年多少按时、多少迟、迟多久, 哪些答复没有内容。"""
    check_output(format_, output)

    async def work(door: Door) -> None:
        check_free(output, force=force)
        order = {"pack": _text_of(pack), "unit": unit, "as_of": as_of}
        if format_ == "table":
            _show(await door.post(PATH, order))
        elif format_ == "json":
            found = [await door.post(PATH, order)]
            text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
            hand_over(text.encode(), output, force=force)
        else:
            hand_over(await door.file(PATH, order | {"format": format_}), output, force=force)

    through_door(work, to_read=True)


def _text_of(pack: str | None) -> str | None:
    """The pack's text, read here so that an error names the file."""
    from shared.policy import find_pack, load_pack

    return load_pack(find_pack(pack)).texts[0] if pack else None


def _show(found: Mapping[str, Any]) -> None:
    for sentence in found["basis"]:
        say(sentence)
    for duty in found["duties"] if found["messages"] else ():
        title = duty["id"] + " " + duty["duty"]["title"]
        console().print(_figures(title, duty))
        _show_cases(f"{title}：答复最迟的", duty["latest"], LATEST)
        _show_cases(f"{title}：最久未答复的", duty["waiting"], WAITING)
    for duty in found["duties"][:1]:  # what a reply says is the same for all of them
        _show_empty(duty["empty"])
    for sentence in found["remarks"]:
        say(sentence)


def _figures(title: str, duty: Mapping[str, Any]) -> Table:
    table = grid(title=f"{title}：各单位各年（按发帖年份）")
    table.add_column("答复单位", overflow="fold", max_width=30)
    table.add_column("年份", no_wrap=True)
    for heading in FIGURES.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(LATENESS, overflow="fold", min_width=20)
    if len(duty["units"]) > 1:
        _add_rows(table, "全部", duty)
    for unit in duty["units"]:
        _add_rows(table, _name(unit["unit"]), unit)
    return table


def _add_rows(table: Table, name: str, whose: Mapping[str, Any]) -> None:
    lines = list(_lines(whose))
    for place, (year, figures) in enumerate(lines):
        counts = (str(figures[key]) for key in FIGURES)
        table.add_row("" if place else name, year, *counts, _lateness(figures["lateness"]))
    if len(lines) > 1:
        table.add_section()


def _lines(whose: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A line a year, and one for all of them where there are several."""
    years = whose["years"]
    for year in years:
        yield str(year["year"]), year["figures"]
    if len(years) > 1:
        yield "合计", whose["total"]


def _lateness(lateness: Mapping[str, Any]) -> str:
    if lateness["median"] is None:
        return ", ".join(shown_span(seconds) for seconds in lateness["values"])
    return f"{shown_span(lateness['median'])} / {shown_span(lateness['p90'])}"


def _show_cases(title: str, cases: Sequence[Mapping[str, Any]], headings: Sequence[str]) -> None:
    if not cases:
        return
    table = grid(title=f"{title} {len(cases)} 件")
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "答复单位", overflow="fold")
    for case in cases:
        moments = [minute(case["posted_at"]), limit(case["due"])]
        if case["replied_at"]:
            moments.append(minute(case["replied_at"]))
        late = shown_span(case["late_seconds"])
        table.add_row(case["number"], _name(case["unit"]), *moments, late)
    console().print(table)


def _show_empty(cases: Sequence[Mapping[str, Any]]) -> None:
    if not cases:
        return
    say(f"答复按字面规则读来只是收悉、转办或没有内容的 {len(cases)} 件")
    named = "、".join(f"{case['number']}（{EMPTINESS[case['empty']]}）" for case in cases[:NAMED])
    rest = f"；其余 {len(cases) - NAMED} 件见 --format json 或 xlsx" if cases[NAMED:] else ""
    say(f"{named}{rest}\n")


def _name(unit: Mapping[str, Any]) -> str:
    return str(unit["name"] + KNOWN_BY[unit["known_by"]])
