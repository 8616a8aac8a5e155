"""Acts on an incident: register, grade, assign, draft, approve, publish, close, link, void.

Acts in the words of a pack (report, accept, verify, …) are in ``handling``.
"""

from collections.abc import Callable
from typing import Annotated

import typer

from huiyin.cli import case, handling
from huiyin.cli.county import FormatOption
from huiyin.cli.handling import FieldOption, Sets
from huiyin.cli.taking import At, Happened, Incident, act, case_path, moments, pairs, sets_of


def add_to(app: typer.Typer) -> None:
    """Add these commands, and those in the words of a pack."""
    for name, command in COMMANDS.items():
        app.command(name)(command)
    handling.add_to(app)
    case.add_to(app)


def register(
    title: Annotated[str, typer.Option(help="标题")],
    category: Annotated[
        str | None, typer.Option(help="类别, 默认 inquiry_demand；事件以外的事项可以不填")
    ] = None,
    channel: Annotated[
        str,
        typer.Option(help="message_board、call、newspaper、post、visit, 或规则包的渠道"),
    ] = "message_board",
    matter: Annotated[
        str,
        typer.Option(
            help="incident 事件、own_release 自主发布、activity 活动、opening 开学、programme 专项"
        ),
    ] = "incident",
    sets: Sets = None,
    body: Annotated[str | None, typer.Option(help="正文")] = None,
    contact: Annotated[
        str | None, typer.Option(help="对方要求答复时留下的联系方式, 加密保存")
    ] = None,
    link: Annotated[str | None, typer.Option(help="原文网址")] = None,
    unit: Annotated[str | None, typer.Option(help="为哪个单位登记, 默认本单位")] = None,
    posted_at: Annotated[str | None, typer.Option(help="发帖时间（北京时间）")] = None,
    discovered_at: Annotated[str | None, typer.Option(help="发现时间（北京时间）")] = None,
    happened_at: Annotated[str | None, typer.Option(help="事情发生时间（北京时间）")] = None,
    planned_at: Annotated[str | None, typer.Option(help="计划进行的时间（北京时间）")] = None,
    field: FieldOption = None,
    state_secret: Annotated[bool, typer.Option(help="涉及国家秘密（将被拒绝）")] = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """登记一个事件或其他事项。"""
    usual = "inquiry_demand" if matter == "incident" else None
    body_ = {
        "title": title,
        "matter": matter,
        "category": category or usual,
        "sets": sets_of(sets or []),
        "fields": pairs(field or [], "--field"),
        "channel": channel,
        "body": body,
        "contact": contact,
        "link": link,
        "unit": unit,
        "state_secret": state_secret,
    }
    times = {"posted_at": posted_at, "discovered_at": discovered_at, "occurred_at": at}
    times |= {"happened_at": happened_at, "planned_at": planned_at}
    act("/intake/incidents", body_, "已登记", format_, times)


def grade(
    incident: Incident,
    grounds: Annotated[str, typer.Option(help="依据")],
    grade: Annotated[
        str | None, typer.Option(help="级别, 如 especially_major、major、larger、ordinary")
    ] = None,
    sets: Sets = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """定级, 或重新定级；其他分类用 --set。"""
    body = {"grade": grade, "sets": sets_of(sets or []), "grounds": grounds}
    act(case_path(incident, "grade"), body, "已定级", format_, moments(at))


def assign(
    incident: Incident,
    lead: Annotated[str, typer.Option(help="牵头单位代码")],
    co_handling: Annotated[
        list[str] | None, typer.Option("--with", help="协办单位代码, 可重复")
    ] = None,
    instruction: Annotated[str, typer.Option(help="交办意见")] = "",
    kind: Annotated[str | None, typer.Option(help="文书种类, 见 huiyin pack show")] = None,
    field: FieldOption = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """交办；给出交办单号。"""
    body = {
        "lead": lead,
        "co_handling": co_handling or [],
        "instruction": instruction,
        "kind": kind,
        "fields": pairs(field or [], "--field"),
    }
    act(case_path(incident, "assign"), body, "已交办", format_, moments(at))


def draft(
    incident: Incident,
    text: Annotated[str, typer.Option(help="答复全文")],
    kind: Annotated[
        str, typer.Option(help="result 结果答复, interim 阶段答复, 或规则包的种类")
    ] = "result",
    field: FieldOption = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """拟稿。"""
    body = {"kind": kind, "text": text, "fields": pairs(field or [], "--field")}
    act(case_path(incident, "draft"), body, "已拟稿", format_, moments(at))


def approve(
    incident: Incident,
    draft: Annotated[str | None, typer.Option(help="文稿标识, 默认最近一稿")] = None,
    kind: Annotated[str | None, typer.Option(help="审定的是什么, 如 review、referral")] = None,
    no_draft: Annotated[
        bool, typer.Option("--act", help="批准的是一项行为（如移送、上报）, 不是文稿")
    ] = False,
    of: Annotated[str | None, typer.Option(help="批准的行为所关于的文书或单号")] = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """审定文稿, 写过同样内容的人不能审定；加 --act 时, 批准一项行为。"""
    if no_draft:
        body, where, done = {"kind": kind, "of": of}, "acts/approve", "已批准"
    else:
        body, where, done = {"draft": draft, "kind": kind}, "approve", "已审定"
    act(case_path(incident, where), body, done, format_, moments(at))


def reject(
    incident: Incident,
    reason: Annotated[str, typer.Option(help="理由")],
    draft: Annotated[str | None, typer.Option(help="文稿标识, 默认最近一稿")] = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """驳回文稿；驳回后不能再审定或发布。"""
    body = {"draft": draft, "reason": reason}
    act(case_path(incident, "reject"), body, "已驳回", format_, moments(at))


def publish(
    incident: Incident,
    channel: Annotated[str, typer.Option(help="发布渠道")] = "原渠道",
    draft: Annotated[str | None, typer.Option(help="文稿标识, 默认最近审定的一稿")] = None,
    text: Annotated[
        str | None, typer.Option(help="发布的全文；须与审定稿一致, 默认即审定稿")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="作为何种发布, 默认同文稿")] = None,
    promised: Annotated[
        str | None, typer.Option(help="承诺何时再答复（北京时间；只写日期指当日 24:00）")
    ] = None,
    field: FieldOption = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """以单位名义发布审定的答复。"""
    body = {
        "channel": channel,
        "draft": draft,
        "text": text,
        "kind": kind,
        "fields": pairs(field or [], "--field"),
        "happened": happened,
    }
    times = moments(at) | {"promised": promised}
    act(case_path(incident, "publish"), body, "已发布", format_, times)


def close(
    incident: Incident,
    note: Annotated[str, typer.Option(help="办结说明")] = "",
    field: FieldOption = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """办结。"""
    body = {"note": note, "fields": pairs(field or [], "--field")}
    act(case_path(incident, "close"), body, "已办结", format_, moments(at))


def reopen(
    incident: Incident,
    grounds: Annotated[str, typer.Option(help="出现了什么新情况")],
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """重启已办结的事件。"""
    act(case_path(incident, "acts/reopen"), {"grounds": grounds}, "已重启", format_, moments(at))


def link(
    incident: Incident,
    to: Annotated[str, typer.Option(help="所重复的事件的编号")],
    grounds: Annotated[str, typer.Option(help="理由")],
    format_: FormatOption = "table",
) -> None:
    """并案：把重复事件并入另一事件。"""
    body = {"to": to, "grounds": grounds}
    act(f"/intake/incidents/{incident}/link", body, "已并案", format_)


def void(
    incident: Incident,
    reason: Annotated[str, typer.Option(help="理由")],
    format_: FormatOption = "table",
) -> None:
    """作废误登记的事件。"""
    act(f"/intake/incidents/{incident}/void", {"reason": reason}, "已作废", format_)


COMMANDS: dict[str, Callable[..., None]] = {
    "register": register,
    "grade": grade,
    "assign": assign,
    "draft": draft,
    "approve": approve,
    "reject": reject,
    "publish": publish,
    "close": close,
    "reopen": reopen,
    "link": link,
    "void": void,
}
