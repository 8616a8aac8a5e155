"""Duties and delays: duties, extend, explain, urge, supervise, circulate, settle."""

from typing import Annotated, Any

import typer

from services.cli.county import FormatOption
from services.cli.door import Door
from services.cli.output import Format, limit, minute, say, show
from services.cli.running import through_door
from shared.clock import read_moment
from shared.words import VERDICTS

COLUMNS = {
    "due": "应于此前",
    "about": "编号或期次",
    "duty": "义务",
    "title": "事项",
    "unit": "单位",
    "lead": "牵头单位",
    "state": "结论",
    "lacking": "所缺",
    "done_at": "办于",
    "policy": "规则版本",
}

Incident = Annotated[str | None, typer.Argument(help="事件编号或标识；单位的定期事项用 --unit")]
Unit = Annotated[str | None, typer.Option(help="单位代码：对该单位的定期事项或值班办理")]
Duty = Annotated[str | None, typer.Option(help="哪一项义务, 见 huiyin duties 的“义务”列")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="或只写规则编号")]
Words = Annotated[str | None, typer.Option("--text", help="理由或内容")]
Kind = Annotated[str | None, typer.Option(help="规则包中的种类")]
To = Annotated[list[str] | None, typer.Option(help="对谁：当事方或单位代码, 可重复")]
Medium = Annotated[str | None, typer.Option(help="以何种方式")]
Fields = Annotated[list[str] | None, typer.Option("--field", help="表单内容 键=值, 可重复")]
Happened = Annotated[bool, typer.Option("--happened", help="已在外部发生, 据实补录")]
At = Annotated[str | None, typer.Option("--at", help="实际发生时间, 默认现在（北京时间）")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (duties, extend, explain, urge, supervise, circulate, settle):
        app.command(command.__name__)(command)


def duties(
    state: Annotated[str | None, typer.Option(help="只看某结论：" + "、".join(VERDICTS))] = None,
    unit: Annotated[str | None, typer.Option(help="只看某单位负有的")] = None,
    incident: Annotated[str | None, typer.Option(help="只看某一事件的")] = None,
    period: Annotated[
        str | None, typer.Option(help="只看某一期的, 如 2026-03-02、2026-W10、2026-03")
    ] = None,
    format_: FormatOption = "table",
) -> None:
    """时限义务, 先到期的在前（最多 1000 条）。"""

    async def work(door: Door) -> None:
        found = await door.get(
            "/deadlines/duties",
            state=state,
            unit=unit,
            incident=incident,
            period=period,
            limit="1000",
        )
        rows = found["duties"]
        show(rows if format_ == "json" else [_row(row) for row in rows], COLUMNS, format_)

    through_door(work)


def extend(
    incident: Incident = None,
    unit: Unit = None,
    duty: Duty = None,
    rule: RuleOption = None,
    text: Words = None,
    until: Annotated[
        str | None, typer.Option(help="延至（北京时间）, 默认规则所许的最晚时间")
    ] = None,
    approver: Annotated[str | None, typer.Option(help="由哪个当事方批准")] = None,
    kind: Kind = None,
    field: Fields = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """延期：规则许可的, 给一项义务更多时间。"""
    told = {"kind": kind, "fields": _pairs(field), "approver": approver}
    times = {"until": until, "occurred_at": at}
    body = {"duty": duty, "rule": rule, "text": text, **told}
    _act("extend", incident, unit, body, times, "已延期", format_)


def explain(
    incident: Incident = None,
    unit: Unit = None,
    duty: Duty = None,
    rule: RuleOption = None,
    text: Words = None,
    kind: Kind = None,
    to: To = None,
    medium: Medium = None,
    field: Fields = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """说明：写明迟办的原因。"""
    body = _said(duty, rule, text, kind, to, medium, field, happened)
    _act("explain", incident, unit, body, {"occurred_at": at}, "已说明", format_)


def urge(
    incident: Incident = None,
    unit: Unit = None,
    duty: Duty = None,
    rule: RuleOption = None,
    text: Words = None,
    kind: Kind = None,
    to: To = None,
    medium: Medium = None,
    field: Fields = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """催办。"""
    body = _said(duty, rule, text, kind, to, medium, field, happened)
    _act("urge", incident, unit, body, {"occurred_at": at}, "已催办", format_)


def supervise(
    incident: Incident = None,
    unit: Unit = None,
    duty: Duty = None,
    rule: RuleOption = None,
    text: Words = None,
    kind: Kind = None,
    to: To = None,
    medium: Medium = None,
    field: Fields = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """督办。"""
    body = _said(duty, rule, text, kind, to, medium, field, happened)
    _act("supervise", incident, unit, body, {"occurred_at": at}, "已督办", format_)


def circulate(
    incident: Incident = None,
    unit: Unit = None,
    duty: Duty = None,
    rule: RuleOption = None,
    text: Words = None,
    kind: Kind = None,
    to: To = None,
    medium: Medium = None,
    field: Fields = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """通报；规则写明已说明的不予通报的, 有说明在案时不能办理。"""
    body = _said(duty, rule, text, kind, to, medium, field, happened)
    _act("circulate", incident, unit, body, {"occurred_at": at}, "已通报", format_)


def settle(
    duty: Annotated[str, typer.Option(help="哪一项义务, 见 huiyin duties 的“义务”列")],
    in_time: Annotated[bool, typer.Option("--in-time/--late", help="认定为按时或迟办")],
    grounds: Annotated[str, typer.Option(help="依据")],
    incident: Incident = None,
    unit: Unit = None,
    format_: FormatOption = "table",
) -> None:
    """裁定：在时限前办理、时限后才录入的, 是否算按时。"""
    body = {"duty": duty, "in_time": in_time, "grounds": grounds}
    _post(f"{_where(incident, unit)}/settle", body, {}, "已裁定", format_)


def _said(
    duty: str | None,
    rule: str | None,
    text: str | None,
    kind: str | None,
    to: list[str] | None,
    medium: str | None,
    field: list[str] | None,
    happened: bool,
) -> dict[str, Any]:
    told = {"kind": kind, "to": to or [], "medium": medium, "fields": _pairs(field)}
    return {"duty": duty, "rule": rule, "text": text, "happened": happened, **told}


def _act(
    act: str,
    incident: str | None,
    unit: str | None,
    body: dict[str, Any],
    times: dict[str, str | None],
    done: str,
    format_: Format,
) -> None:
    _post(f"{_where(incident, unit)}/acts/{act}", body, times, done, format_)


def _post(
    path: str,
    body: dict[str, Any],
    times: dict[str, str | None],
    done: str,
    format_: Format,
) -> None:
    async def work(door: Door) -> None:
        moments = {
            name: read_moment(text, field=name).isoformat() for name, text in times.items() if text
        }
        answer = await door.post(path, body | moments)
        await door.settle()
        if format_ == "json":
            show([answer], {}, format_)
        else:
            say(f"{done}：{answer['number']}（位置 {answer['position']}）")

    through_door(work)


def _where(incident: str | None, unit: str | None) -> str:
    if (incident is None) == (unit is None):
        raise typer.BadParameter("请写明事件, 或用 --unit 写明单位, 二者取一")
    return f"/deadlines/incidents/{incident}" if incident else f"/deadlines/units/{unit}"


def _pairs(given: list[str] | None) -> dict[str, str]:
    """``key=value`` as often as given."""
    pairs = [each.partition("=") for each in given or ()]
    if any(not mark or not key for key, mark, _ in pairs):
        raise typer.BadParameter("应写成 键=值", param_hint="--field")
    return {key: value for key, _, value in pairs}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    state = "已逾期" if row["overdue"] else VERDICTS[row["state"]] + _late(row["late_seconds"])
    return row | {
        "due": limit(row["due"]),
        "about": row["number"] or row["period"],
        "done_at": minute(row["done_at"]),
        "state": state,
        "lacking": _lacking(row),
    }


def _late(seconds: int | None) -> str:
    return f" {seconds / 3600:.1f} 小时" if seconds else ""


def _lacking(row: dict[str, Any]) -> str:
    """What a missed period lacked, in times or minutes."""
    found = []
    if row["count_wanted"] is not None and row["state"] == "missed":
        found.append(f"{row['count_done']}/{row['count_wanted']} 次")
    if row["gap_seconds"]:
        found.append(f"无人在岗 {_minutes(row['gap_seconds'])} 分钟")
    if row["leaderless_seconds"]:
        found.append(f"无带班领导 {_minutes(row['leaderless_seconds'])} 分钟")
    return "、".join(found)


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)  # a minute begun is a minute without anybody
