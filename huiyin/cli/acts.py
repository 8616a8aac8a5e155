"""Every act (行为), one command each, as the vocabulary has it."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from huiyin.cli.door import do
from huiyin.cli.options import FormatOption, Incident, body_of, option, parameters
from huiyin.cli.output import Format, say, show_one
from shared.acts.vocabulary import ACTS, AGREE, MINE, Act

OnMatter = Annotated[str | None, typer.Argument(help="事件编号；对单位办理的不写")]
OfUnit = Annotated[str | None, typer.Option(help="单位代码；事件上的不写, 单位日常默认本单位")]
WholeUnit = Annotated[str, typer.Option(help="由哪个单位公布")]
NoItems = Annotated[bool, typer.Option("--no-items", help="汇总中没有事件")]
OfAnAct = Annotated[bool, typer.Option("--act", help="批准的是一项行为（如移送、上报）, 不是文稿")]
Of = Annotated[str | None, typer.Option(help="批准的行为所关于的文书或单号")]

USUAL_CATEGORY = "inquiry_demand"


def commands() -> dict[str, Callable[..., None]]:
    """Every act that is done on a matter or a unit, by its word."""
    return {each.word: _command(each) for each in ACTS.values() if each.on != "county"}


def act(path: str, body: Mapping[str, Any], done: str, format_: Format) -> None:
    """Take the act, wait until it can be seen everywhere, and say so."""
    show_one(do(path, body), format_, lambda answer: _tell(answer, done))


def _tell(answer: dict[str, Any], done: str) -> None:
    extra = f", 文稿 {answer['draft']}" if answer.get("draft") else ""
    extra += f", 交办单 {answer['sheet']}" if answer.get("sheet") else ""
    said = done if answer["events"] else "没有变化"
    say(f"{said}：{answer['number']}{extra}（位置 {answer['position']}）")
    if answer.get("text"):
        say(f"全文：{answer['text']}")


def _command(of: Act) -> Callable[..., None]:
    """The function of a command, with the options that its act takes."""

    def run(**given: Any) -> None:
        done = AGREE if given.pop("no_draft", False) else of
        path, said = _where(done, given), body_of(done, given) | _besides(done, given)
        act(path, said, f"已{done.title}", given["format_"])

    named, more = _named(of), _more(of)
    # Fields for which there is an option already.
    without = ("unit",) if of.on in ("unit", "either") else ()
    options = [*named, *parameters(of, without), *more, option("format_", FormatOption, "table")]
    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # inspect reads it
    run.__annotations__ = {each.name: each.annotation for each in options} | {"return": None}
    run.__doc__ = of.help + (f"加 --act 时, {AGREE.help}" if of.name == AGREE.name else "")
    return run


def _named(of: Act) -> list[inspect.Parameter]:
    """What names the matter or unit that an act is done on."""
    match of.on:
        case "matter":
            return [option("incident", Incident)]
        case "unit" if of.room != "intake":
            return [option("unit", WholeUnit)]
        case "unit":
            return [option("unit", OfUnit, None)]
        case "either":
            return [option("incident", OnMatter, None), option("unit", OfUnit, None)]
        case _:
            return []


def _more(of: Act) -> list[inspect.Parameter]:
    """Options that are no fields."""
    match of.name:
        case "summarise":
            return [option("no_items", NoItems, False)]
        case "approve":
            return [option("no_draft", OfAnAct, False), option("of", Of, None)]
        case _:
            return []


def _besides(of: Act, given: Mapping[str, Any]) -> dict[str, Any]:
    """What those options, or none, say in the body."""
    match of.name:
        case "register" if given["matter"] == "incident" and not given["category"]:
            return {"category": USUAL_CATEGORY}
        case "summarise" if given["no_items"]:
            return {"items": []}
        case "find" if given["incident"] and given["unit"]:
            return {"unit": given["unit"]}
        case _:
            return {}


def _where(of: Act, given: Mapping[str, Any]) -> str:
    if of.on == "new":
        return f"/{of.room}/incidents"
    incident, unit = given.get("incident"), given.get("unit")
    if of.on == "either":
        _check_one(of, incident, unit)
    if incident:
        return f"/{of.room}/incidents/{incident}/{of.address}"
    return f"/{of.room}/units/{unit or MINE}/{of.address}"


def _check_one(of: Act, incident: str | None, unit: str | None) -> None:
    """A matter or a unit; a unit's day is one's own where neither is named."""
    if of.name == "find":
        if incident is None and unit is None:
            raise typer.BadParameter("请写明事件编号, 或用 --unit 写明单位。")
    elif of.room == "intake":
        if incident and unit:
            raise typer.BadParameter("事件编号与 --unit 只能写一个。")
    elif (incident is None) == (unit is None):
        raise typer.BadParameter("请写明事件编号, 或用 --unit 写明单位, 二者取一。")
