"""What is done about delays (延期、说明、催办、督办、通报、裁定), one command each."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.handling import FieldOption, Kind, Medium, TextOption, told
from huiyin.cli.taking import At, Happened, act
from shared.acts.vocabulary import ACTS

Incident = Annotated[str | None, typer.Argument(help="事件编号或标识；单位的定期事项用 --unit")]
Unit = Annotated[str | None, typer.Option(help="单位代码：对该单位的定期事项或值班办理")]
Duty = Annotated[str | None, typer.Option(help="哪一项义务, 见 huiyin duties 的“义务”列")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="或只写规则编号")]
To = Annotated[list[str] | None, typer.Option(help="对谁：当事方或单位代码, 可重复")]
Until = Annotated[str | None, typer.Option(help="延至（北京时间）, 默认规则所许的最晚时间")]
Approver = Annotated[str | None, typer.Option(help="由哪个当事方批准")]

TELLING: Mapping[str, str] = {
    "explain": "说明：写明迟办的原因。",
    "urge": "催办。",
    "supervise": "督办。",
    "circulate": "通报；规则写明已说明的不予通报的, 有说明在案时不能办理。",
}
"""What is told of a delay, and what for."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("extend")(extend)
    for name, what in TELLING.items():
        app.command(name)(command(name, what))
    app.command("settle")(settle)


def command(name: str, what: str) -> Callable[..., None]:
    """The function of a command that tells something of a delay."""

    def run(
        incident: Incident = None,
        unit: Unit = None,
        duty: Duty = None,
        rule: RuleOption = None,
        text: TextOption = None,
        kind: Kind = None,
        to: To = None,
        medium: Medium = None,
        field: FieldOption = None,
        happened: Happened = False,
        at: At = None,
        format_: FormatOption = "table",
    ) -> None:
        given = {"text": text, "kind": kind, "to": to, "medium": medium, "field": field}
        body, times = told({**given, "happened": happened, "at": at})
        body |= {"duty": duty, "rule": rule}
        where = _where(incident, unit, f"acts/{name}")
        act(where, body, f"已{ACTS[name].title}", format_, times)

    run.__doc__ = what
    return run


def extend(
    incident: Incident = None,
    unit: Unit = None,
    duty: Duty = None,
    rule: RuleOption = None,
    text: TextOption = None,
    until: Until = None,
    approver: Approver = None,
    kind: Kind = None,
    field: FieldOption = None,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """延期：规则许可的, 给一项义务更多时间。"""
    body, times = told({"text": text, "kind": kind, "field": field, "at": at})
    body |= {"duty": duty, "rule": rule, "approver": approver}
    where = _where(incident, unit, "acts/extend")
    act(where, body, "已延期", format_, {**times, "until": until})


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
    act(_where(incident, unit, "settle"), body, "已裁定", format_)


def _where(incident: str | None, unit: str | None, what: str) -> str:
    if (incident is None) == (unit is None):
        raise typer.BadParameter("请写明事件, 或用 --unit 写明单位, 二者取一")
    of = f"incidents/{incident}" if incident else f"units/{unit}"
    return f"/deadlines/{of}/{what}"
