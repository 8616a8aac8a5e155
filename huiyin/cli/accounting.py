"""What is found and counted (追责与统计): findings, statistics."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.door import Door
from huiyin.cli.output import limit, minute, say, show
from huiyin.cli.records import AsOf
from huiyin.cli.running import through_door

FINDING_COLUMNS = {
    "number": "编号或期",
    "title": "情形",
    "kind": "代号",
    "rule": "规则",
    "unit": "责任单位",
    "post": "岗位",
    "limit": "时限",
    "actual": "实际",
    "evidence": "证据册号",
    "before": "当时等待",
}
FIGURE_COLUMNS = {
    "unit": "单位",
    "title": "指标",
    "rule": "规则",
    "value": "件数",
    "n": "总数",
    "share": "比率",
}

UnitOption = Annotated[str | None, typer.Option(help="只看某单位和它的下级单位")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("findings")(findings)
    app.command("statistics")(statistics)


def findings(
    unit: UnitOption = None,
    incident: Annotated[str | None, typer.Option(help="只看某事件（编号或标识）")] = None,
    as_of: AsOf = None,
    format_: FormatOption = "table",
) -> None:
    """追责情形：由事件得出的迟办、逾期和违规, 以及人的认定；每条都有规则和证据。"""

    async def work(door: Door) -> None:
        found = await door.get("/reporting/findings", unit=unit, incident=incident, as_of=as_of)
        rows = found if format_ == "json" else [_finding_row(each) for each in found]
        show(rows, FINDING_COLUMNS, format_)

    through_door(work, to_read=True)


def statistics(
    unit: UnitOption = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="自某日（含当日）, 如 2026-03-01")
    ] = None,
    to: Annotated[str | None, typer.Option(help="至某日（含当日）")] = None,
    as_of: AsOf = None,
    format_: FormatOption = "table",
) -> None:
    """统计：登记、办结、按时、迟办和规则包的指标, 按单位；件数太少的不给比率。"""

    async def work(door: Door) -> None:
        asked = {"unit": unit, "from": from_, "to": to, "as_of": as_of}
        told = await door.get("/reporting/statistics", **asked)
        if format_ == "json":
            show([told], FIGURE_COLUMNS, "json")
            return
        units = [dict(told["all"], unit="合计"), *told["units"]]
        show([row for each in units for row in _figure_rows(each)], FIGURE_COLUMNS, "table")
        for line in _notes(told):
            say(line)

    through_door(work, to_read=True)


def _finding_row(each: Mapping[str, Any]) -> dict[str, Any]:
    waited = [f"{gate['gate']} {gate['needs']}" for gate in each["waiting"]]
    return {
        **each,
        "number": each["number"] or each["period"],
        "limit": limit(each["limit"]),
        "actual": minute(each["actual"]),
        "evidence": [proof["leaf"] for proof in each["evidence"]],
        "before": "；".join(waited),
    }


def _figure_rows(each: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for figure in each["figures"]:
        yield {**figure, "unit": each["unit"], "share": _share(figure)}


def _share(figure: Mapping[str, Any]) -> str:
    if figure["share"] is not None:
        return f"{figure['share']:.1%}"
    return "件数太少" if figure["n"] else ""


def _notes(told: Mapping[str, Any]) -> Iterator[str]:
    for each in told["all"]["shortfalls"]:
        done = f"应 {each['wanted']}, 实 {each['done']}, 欠 {each['shortfall']}"
        yield f"欠缺：{each['unit']} {each['title']}（{each['rule']}）{each['period']} {done}"
    yield f"不足 {told['smallest']} 件的不给比率；历史导入 {told['imported']} 件不计在内。"
