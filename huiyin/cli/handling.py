"""Acts in the words of a matter's pack, one command each: report, accept, verify, refer…"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.taking import At, Happened, Incident, act, case_path, moments, pairs, sets_of
from shared.acts.vocabulary import ACTS

Kind = Annotated[str | None, typer.Option(help="种类, 见 huiyin pack show")]
To = Annotated[list[str] | None, typer.Option(help="收件方（当事方）, 可重复")]
Medium = Annotated[str | None, typer.Option(help="方式, 如 phone、written")]
Of = Annotated[str | None, typer.Option(help="所关于的文书、单号或规则编号")]
TextOption = Annotated[str | None, typer.Option(help="内容, 加密保存")]
FieldOption = Annotated[
    list[str] | None, typer.Option("--field", help="表单栏目, 写作 栏目=内容, 可重复")
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="分类, 写作 维度=值, 可重复；多值重复写")
]
UnitOption = Annotated[str | None, typer.Option(help="由哪个单位办, 默认本单位")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="所涉单位代码, 可重复")]
Ground = Annotated[str, typer.Option(help="法律依据")]
Satisfied = Annotated[bool, typer.Option("--satisfied/--unsatisfied", help="是否满意")]

WORDS: Mapping[str, Any] = {
    "kind": Kind,
    "to": To,
    "medium": Medium,
    "of": Of,
    "text": TextOption,
    "field": FieldOption,
    "happened": Happened,
    "at": At,
    "format_": FormatOption,
}
"""What every such act can be told."""

STANDARD: Mapping[str, Any] = {"happened": False, "format_": "table"}
"""What is taken where an option is left out; nothing, for all others."""


@dataclass(frozen=True, slots=True)
class Way:
    """A command: its name, what it is for, and the options that it has besides; those are asked
    for where they are in ``needed``.
    """

    act: str
    what: str
    options: Mapping[str, Any] = field(default_factory=dict)
    needed: tuple[str, ...] = ()


WAYS: Mapping[str, Way] = {
    "assess": Way("assess", "研判会商。", {"set": Sets, "units": Units}),
    "report": Way("report", "上报或续报（--kind first、follow_up 等）。"),
    "instruct": Way("instruct", "批示。"),
    "accept": Way("accept", "签收交办。", {"unit": UnitOption}),
    "return": Way("return", "退回（--text 写理由）, 或由上级交回下级。", {"unit": UnitOption}),
    "escalate": Way("escalate", "提级, 提交上级。", {"set": Sets}),
    "refer": Way("refer", "移送有权机关；须先由另一人批准。", {"ground": Ground}, ("ground",)),
    "verify": Way("verify", "核实。", {"unit": UnitOption}),
    "handle": Way("handle", "处置。", {"unit": UnitOption}),
    "calm": Way("calm", "平息。"),
    "feedback": Way("feedback", "群众评价。", {"satisfied": Satisfied}, ("satisfied",)),
    "appraise": Way("review", "总结评估。"),
}
"""Every such command by its name."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for name, way in WAYS.items():
        app.command(name)(command(way))
    app.command("declare")(declare)


def command(way: Way) -> Callable[..., None]:
    """The function of a command, with the options that its act takes."""

    def run(**given: Any) -> None:
        body, times = told(given)
        done = f"已{ACTS[way.act].title}"
        act(case_path(given["incident"], f"acts/{way.act}"), body, done, given["format_"], times)

    options = {"incident": Incident, **way.options, **WORDS}
    needed = ("incident", *way.needed)
    run.__annotations__ = {**options, "return": None}
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect reads
        [_parameter(name, kind, name in needed) for name, kind in options.items()]
    )
    run.__doc__ = way.what
    return run


def declare(
    state: Annotated[str, typer.Option(help="状态, 见 huiyin pack show")],
    incident: Annotated[str | None, typer.Argument(help="事件编号；宣布单位状态时不写")] = None,
    unit: Annotated[str | None, typer.Option(help="在哪个单位（及其下属）宣布")] = None,
    on: Annotated[bool, typer.Option("--on/--off", help="开始或结束")] = True,
    text: TextOption = None,
    field_: FieldOption = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """宣布一种状态开始（--on）或结束（--off）, 在事件上或在单位上。"""
    if (incident is None) == (unit is None):
        raise typer.BadParameter("请写明事件编号, 或用 --unit 写明单位, 二者取一。")
    body, times = told({"text": text, "field": field_, "happened": happened, "at": at})
    where = case_path(incident, "acts/declare") if incident else _of_unit(unit)
    act(where, {**body, "state": state, "on": on}, "已宣布", format_, times)


def told(given: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, str | None]]:
    """The body of an order as the options say it, and its moments."""
    plain = ("kind", "to", "medium", "of", "text", "unit", "units", "ground", "satisfied")
    body = {name: given.get(name) for name in plain if given.get(name) not in (None, [])}
    if given.get("field"):
        body["fields"] = pairs(given["field"], "--field")
    if given.get("set"):
        body["sets"] = sets_of(given["set"])
    if given.get("happened"):
        body["happened"] = True
    return body, moments(given.get("at"))


def _parameter(name: str, kind: Any, needed: bool) -> inspect.Parameter:
    default = inspect.Parameter.empty if needed else STANDARD.get(name)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _of_unit(unit: str | None) -> str:
    return f"/routing/units/{unit}/acts/declare"
