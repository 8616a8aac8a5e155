"""Acts on an incident: register, grade, assign, draft, approve, publish, close, link, void."""

from typing import Annotated, Any

import typer

from services.cli.county import FormatOption
from services.cli.door import Door
from services.cli.output import Format, say, show
from services.cli.running import through_door
from shared.clock import read_moment

Incident = Annotated[str, typer.Argument(help="事件编号或标识")]
At = Annotated[str | None, typer.Option("--at", help="实际发生时间, 默认现在（北京时间）")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (register, grade, assign, draft, approve, publish, close, link, void):
        app.command(command.__name__)(command)


def register(
    title: Annotated[str, typer.Option(help="标题")],
    category: Annotated[str, typer.Option(help="类别")] = "inquiry_demand",
    channel: Annotated[
        str, typer.Option(help="message_board、call、newspaper、post 或 visit")
    ] = "message_board",
    body: Annotated[str | None, typer.Option(help="正文")] = None,
    contact: Annotated[
        str | None, typer.Option(help="对方要求答复时留下的联系方式, 加密保存")
    ] = None,
    link: Annotated[str | None, typer.Option(help="原文网址")] = None,
    unit: Annotated[str | None, typer.Option(help="为哪个单位登记, 默认本单位")] = None,
    posted_at: Annotated[str | None, typer.Option(help="发帖时间（北京时间）")] = None,
    discovered_at: Annotated[str | None, typer.Option(help="发现时间（北京时间）")] = None,
    state_secret: Annotated[bool, typer.Option(help="涉及国家秘密（将被拒绝）")] = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """登记一个事件。"""
    body_ = {
        "title": title,
        "category": category,
        "channel": channel,
        "body": body,
        "contact": contact,
        "link": link,
        "unit": unit,
        "state_secret": state_secret,
    }
    times = {"posted_at": posted_at, "discovered_at": discovered_at, "occurred_at": at}
    _act("/intake/incidents", body_, "已登记", format_, times)


def grade(
    incident: Incident,
    grade: Annotated[str, typer.Option(help="especially_major、major、larger 或 ordinary")],
    grounds: Annotated[str, typer.Option(help="依据")],
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """定级。"""
    body = {"grade": grade, "grounds": grounds}
    _act(_case(incident, "grade"), body, "已定级", format_, {"occurred_at": at})


def assign(
    incident: Incident,
    lead: Annotated[str, typer.Option(help="牵头单位代码")],
    co_handling: Annotated[
        list[str] | None, typer.Option("--with", help="协办单位代码, 可重复")
    ] = None,
    instruction: Annotated[str, typer.Option(help="交办意见")] = "",
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """交办。"""
    body = {"lead": lead, "co_handling": co_handling or [], "instruction": instruction}
    _act(_case(incident, "assign"), body, "已交办", format_, {"occurred_at": at})


def draft(
    incident: Incident,
    text: Annotated[str, typer.Option(help="答复全文")],
    kind: Annotated[str, typer.Option(help="result 结果答复, interim 阶段答复")] = "result",
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """拟稿。"""
    body = {"kind": kind, "text": text}
    _act(_case(incident, "draft"), body, "已拟稿", format_, {"occurred_at": at})


def approve(
    incident: Incident,
    draft: Annotated[str | None, typer.Option(help="文稿标识, 默认最近一稿")] = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """审定；写过同样内容的人不能审定。"""
    _act(_case(incident, "approve"), {"draft": draft}, "已审定", format_, {"occurred_at": at})


def publish(
    incident: Incident,
    channel: Annotated[str, typer.Option(help="发布渠道")] = "原渠道",
    draft: Annotated[str | None, typer.Option(help="文稿标识, 默认最近审定的一稿")] = None,
    text: Annotated[
        str | None, typer.Option(help="发布的全文；须与审定稿一致, 默认即审定稿")
    ] = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """以单位名义发布审定的答复。"""
    body = {"channel": channel, "draft": draft, "text": text}
    _act(_case(incident, "publish"), body, "已发布", format_, {"occurred_at": at})


def close(
    incident: Incident,
    note: Annotated[str, typer.Option(help="办结说明")] = "",
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """办结。"""
    _act(_case(incident, "close"), {"note": note}, "已办结", format_, {"occurred_at": at})


def link(
    incident: Incident,
    to: Annotated[str, typer.Option(help="所重复的事件的编号")],
    grounds: Annotated[str, typer.Option(help="理由")],
    format_: FormatOption = "table",
) -> None:
    """并案：把重复事件并入另一事件。"""
    body = {"to": to, "grounds": grounds}
    _act(f"/intake/incidents/{incident}/link", body, "已并案", format_)


def void(
    incident: Incident,
    reason: Annotated[str, typer.Option(help="理由")],
    format_: FormatOption = "table",
) -> None:
    """作废误登记的事件。"""
    _act(f"/intake/incidents/{incident}/void", {"reason": reason}, "已作废", format_)


def _case(incident: str, act: str) -> str:
    return f"/routing/incidents/{incident}/{act}"


def _act(
    path: str,
    body: dict[str, Any],
    done: str,
    format_: Format,
    times: dict[str, str | None] | None = None,
) -> None:
    async def work(door: Door) -> None:
        moments = {
            name: read_moment(text, field=name).isoformat()
            for name, text in (times or {}).items()
            if text
        }
        answer = await door.post(path, body | moments)
        await door.settle()
        _tell(answer, done, format_)

    through_door(work)


def _tell(answer: dict[str, Any], done: str, format_: Format) -> None:
    if format_ == "json":
        show([answer], {}, format_)
        return
    extra = f", 文稿 {answer['draft']}" if "draft" in answer else ""
    said = done if answer["events"] else "没有变化"
    say(f"{said}：{answer['number']}{extra}（位置 {answer['position']}）")
