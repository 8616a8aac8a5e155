"""How a command takes an act: what its options mean, what is sent, what is said of the answer."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from huiyin.cli.door import Door
from huiyin.cli.output import Format, complain, say, show
from huiyin.cli.running import through_door
from shared.clock import read_moment
from shared.errors import HuiyinError, Invalid

Incident = Annotated[str, typer.Argument(help="事件编号或标识")]


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """``key=value`` each; says what is wrong and ends the command otherwise."""
    found = [each.partition("=") for each in given]
    for key, sign, _ in found:
        if not key.strip() or not sign:
            said = f"“{key}”后面没有等号和内容。"
            raise ended(Invalid("option.no-value", said, "请写作 名称=内容。", option))
    return {key.strip(): value for key, _, value in found}


def sets_of(given: Sequence[str]) -> dict[str, list[str]]:
    """``axis=value`` each; an axis named again has several values."""
    sets: dict[str, list[str]] = {}
    for each in given:
        for axis, value in pairs([each], "--set").items():
            sets.setdefault(axis, []).append(value)
    return sets


def moment_of(name: str, text: str) -> str:
    """A moment as people here write it, with its offset; ends the command if it is none."""
    try:
        return read_moment(text, field=name).isoformat()
    except HuiyinError as problem:
        raise ended(problem) from None


def act(path: str, body: Mapping[str, Any], done: str, format_: Format) -> None:
    """Take the act, wait until it can be seen everywhere, and say so."""

    async def work(door: Door) -> None:
        answer = await door.post(path, dict(body))
        await door.settle()
        _tell(answer, done, format_)

    through_door(work)


def ended(problem: HuiyinError) -> typer.Exit:
    """Say what is wrong; the command is then at its end."""
    complain(problem)
    return typer.Exit(1)


def _tell(answer: dict[str, Any], done: str, format_: Format) -> None:
    if format_ == "json":
        show([answer], {}, format_)
        return
    extra = f", 文稿 {answer['draft']}" if "draft" in answer else ""
    extra += f", 交办单 {answer['sheet']}" if answer.get("sheet") else ""
    said = done if answer["events"] else "没有变化"
    say(f"{said}：{answer['number']}{extra}（位置 {answer['position']}）")
