"""What is put on the record itself (归档、认定、排名), one command each."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.handling import FieldOption, Kind, TextOption, told
from huiyin.cli.taking import At, Happened, Incident, act

Evidence = Annotated[list[int] | None, typer.Option(help="证据的册号, 可重复")]
Order = Annotated[list[str] | None, typer.Option("--order", help="单位代码, 依次重复写")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (archive, find, rank):
        app.command(command.__name__)(command)


def archive(
    incident: Incident,
    kind: Kind = None,
    text: TextOption = None,
    field: FieldOption = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """归档：已办结且材料齐全的事件；缺什么会逐项说明。"""
    body, times = told({"kind": kind, "text": text, "field": field, "at": at})
    act(_of_incident(incident, "archive"), body, "已归档", format_, times)


def find(
    of: Annotated[str, typer.Option(help="规则包中追责或表彰条目的编号, 见 huiyin pack show")],
    incident: Annotated[str | None, typer.Argument(help="事件编号；认定单位日常的不写")] = None,
    unit: Annotated[
        str | None, typer.Option(help="对哪个单位, 默认承办单位；认定单位日常的必写")
    ] = None,
    evidence: Evidence = None,
    text: TextOption = None,
    field: FieldOption = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """认定：规则包中的追责或表彰情形, 由有权的人写明依据（--text）和证据（--evidence 册号）。"""
    if incident is None and unit is None:
        raise typer.BadParameter("请写明事件编号, 或用 --unit 写明单位。")
    given = {"of": of, "text": text, "field": field, "happened": happened, "at": at}
    body, times = told(given)
    body |= {"evidence": evidence or []} | ({"unit": unit} if incident and unit else {})
    where = _of_incident(incident, "find") if incident else _of_unit(unit, "find")
    act(where, body, "已认定", format_, times)


def rank(
    unit: Annotated[str, typer.Option(help="由哪个单位公布")],
    period: Annotated[str, typer.Option(help="哪一季度, 如 2026-Q1")],
    order: Order = None,
    kind: Kind = None,
    text: TextOption = None,
    field: FieldOption = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """排名：公布一个季度各单位答复的次序, 不写次序则按统计得出。"""
    body, times = told({"kind": kind, "text": text, "field": field, "at": at})
    ranked: Mapping[str, Any] = {"period": period, "order": order or []}
    act(_of_unit(unit, "rank"), {**body, **ranked}, "已公布排名", format_, times)


def _of_incident(incident: str, name: str) -> str:
    return f"/reporting/incidents/{incident}/acts/{name}"


def _of_unit(unit: str | None, name: str) -> str:
    return f"/reporting/units/{unit}/acts/{name}"
