"""What is put on record (登记台账与单位日常): note, correct, browse, summarise, shift, inspect…"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.handling import STANDARD, WORDS, Sets
from huiyin.cli.taking import At, Happened, Incident, act, sets_of
from huiyin.cli.taking import pairs as pairs_of
from shared.acts.vocabulary import ACTS

MINE = "mine"
"""What intake calls the unit of whoever asks."""

OnMatter = Annotated[
    str | None, typer.Argument(help="事件编号；单位日常不写, 用 --unit 或默认本单位")
]
Unit = Annotated[str | None, typer.Option(help="单位代码, 默认本单位")]
Period = Annotated[str | None, typer.Option(help="哪一期, 如 2026-03-02、2026-W10、2026-03")]
Channels = Annotated[list[str] | None, typer.Option("--channel", help="浏览了哪个渠道, 可重复")]
Items = Annotated[
    list[str] | None,
    typer.Option("--item", help="汇总哪个事件（编号）, 可重复；默认上次汇总以来登记的"),
]
Nothing = Annotated[bool, typer.Option("--no-items", help="汇总中没有事件")]
Begins = Annotated[str, typer.Option(help="值班开始时间（北京时间）")]
Ends = Annotated[str, typer.Option(help="值班结束时间（北京时间）")]
Leader = Annotated[str | None, typer.Option(help="带班领导的职务, 无则不写")]
Worse = Annotated[bool, typer.Option("--worse", help="事态恶化")]


@dataclass(frozen=True, slots=True)
class Way:
    """A command: its act, what it is for, the options it has besides, and those that are needed."""

    act: str
    what: str
    options: Mapping[str, Any] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    matters: bool = False


WAYS: Mapping[str, Way] = {
    "browse": Way("browse", "浏览：记下看过哪些渠道。", {"channels": Channels}),
    "summarise": Way(
        "summarise",
        "汇总：默认包括上次同种汇总以来本单位登记的事件。",
        {"items": Items, "no_items": Nothing},
    ),
    "zero-report": Way("zero_report", "零报告：没有情况也报告。"),
    "shift": Way(
        "shift",
        "值班：一班的起止时间与值班报告（--field 栏目=内容, 没有的填“无”）。",
        {"begins": Begins, "ends": Ends, "leader": Leader},
        ("begins", "ends"),
    ),
    "file-return": Way("file_return", "填报：单位的, 或某一事件的。", matters=True),
    "inspect": Way("inspect", "检查：单位的, 或某一事件的。", matters=True),
    "hold-drill": Way("drill", "演练：单位举行的应急演练, 或为某一事件举行的。", matters=True),
    "conduct": Way("conduct", "开展：会议、培训、活动, 单位的, 或某一事件的。", matters=True),
}
"""Every act of a unit's day by the name of its command."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("note")(note)
    app.command("correct")(correct)
    for name, way in WAYS.items():
        app.command(name)(command(way))


def command(way: Way) -> Callable[..., None]:
    """The function of a command, with the options that its act takes."""

    def run(**given: Any) -> None:
        incident, unit = given.get("incident"), given.get("unit")
        if incident and unit:
            raise typer.BadParameter("事件编号与 --unit 只能写一个。")
        where = f"/intake/incidents/{incident}" if incident else f"/intake/units/{unit or MINE}"
        times = {key: given.get(key) for key in ("begins", "ends")} | {"occurred_at": given["at"]}
        done = f"已{ACTS[way.act].title}"
        act(f"{where}/acts/{way.act}", _told(given), done, given["format_"], times)

    own: dict[str, Any] = {"incident": OnMatter} if way.matters else {}
    options = {**own, "unit": Unit, "period": Period, **way.options, **WORDS}
    run.__annotations__ = {**options, "return": None}
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect reads
        [_parameter(name, kind, name in way.needed) for name, kind in options.items()]
    )
    run.__doc__ = way.what
    return run


def note(
    incident: Incident,
    text: Annotated[str | None, typer.Option(help="内容, 加密保存")] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="facts 情况、evidence 证据、tracking 跟踪、worsening 恶化, 或规则包的种类"
        ),
    ] = None,
    worse: Worse = False,
    to: Annotated[list[str] | None, typer.Option(help="告知谁（当事方）, 可重复")] = None,
    medium: Annotated[str | None, typer.Option(help="方式, 如 phone、written")] = None,
    of: Annotated[str | None, typer.Option(help="所关于的文书、单号或规则编号")] = None,
    field_: Annotated[
        list[str] | None, typer.Option("--field", help="表单栏目, 写作 栏目=内容, 可重复")
    ] = None,
    happened: Happened = False,
    at: At = None,
    format_: FormatOption = "table",
) -> None:
    """记录：事件的情况、证据、跟踪、恶化。"""
    given: dict[str, Any] = {"text": text, "kind": kind, "to": to, "medium": medium, "of": of}
    given |= {"field": field_, "happened": happened, "worse": worse}
    path = f"/intake/incidents/{incident}/acts/note"
    act(path, _told(given), "已记录", format_, {"occurred_at": at})


def correct(
    incident: Incident,
    grounds: Annotated[str, typer.Option(help="更正理由")],
    occurred_at: Annotated[
        str | None, typer.Option("--occurred-at", help="事情实际发生时间（北京时间）")
    ] = None,
    posted_at: Annotated[str | None, typer.Option(help="发帖时间（北京时间）")] = None,
    discovered_at: Annotated[str | None, typer.Option(help="发现时间（北京时间）")] = None,
    planned_at: Annotated[str | None, typer.Option(help="计划时间（北京时间）")] = None,
    sets: Sets = None,
    format_: FormatOption = "table",
) -> None:
    """更正登记的时间或分类（--set 维度=值）；原记录保留。"""
    body = {"grounds": grounds, "sets": sets_of(sets or [])}
    times = {
        "occurred_at": occurred_at,
        "posted_at": posted_at,
        "discovered_at": discovered_at,
        "planned_at": planned_at,
    }
    act(f"/intake/incidents/{incident}/correct", body, "已更正", format_, times)


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an order as the options say it, apart from its moments."""
    plain = ("kind", "to", "medium", "of", "text", "period", "channels", "items", "leader")
    body = {name: given[name] for name in plain if given.get(name) not in (None, [])}
    if given.get("field"):
        body["fields"] = pairs_of(given["field"], "--field")
    if given.get("no_items"):
        body["items"] = []
    return body | {name: True for name in ("happened", "worse") if given.get(name)}


def _parameter(name: str, kind: Any, needed: bool) -> inspect.Parameter:
    usual = {**STANDARD, "no_items": False}
    default = inspect.Parameter.empty if needed else usual.get(name)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
