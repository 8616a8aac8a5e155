"""How a command takes an act: what its options mean, what is sent, what is said of the answer."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from huiyin.cli.door import Door
from huiyin.cli.output import Format, complain, say, show
from huiyin.cli.running import through_door
from shared.clock import read_moment
from shared.errors import Invalid

Incident = Annotated[str, typer.Argument(help="事件编号或标识")]
At = Annotated[
    str | None,
    typer.Option("--at", "--occurred-at", help="实际发生时间, 默认现在（北京时间）"),
]
Happened = Annotated[
    bool, typer.Option("--happened", help="已经发生, 据实补录：前置条件未满足的记为违规")
]


def case_path(incident: str, act: str) -> str:
    """Where routing takes an act on a matter."""
    return f"/routing/incidents/{incident}/{act}"


def moments(at: str | None) -> dict[str, str | None]:
    """When the act happened, as claimed."""
    return {"occurred_at": at}


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """``key=value`` each; says what is wrong and ends the command otherwise."""
    found = [each.partition("=") for each in given]
    for key, sign, _ in found:
        if not key.strip() or not sign:
            _wrong(option, key)
    return {key.strip(): value for key, _, value in found}


def sets_of(given: Sequence[str]) -> dict[str, list[str]]:
    """``axis=value`` each; an axis named again has several values."""
    sets: dict[str, list[str]] = {}
    for each in given:
        for axis, value in pairs([each], "--set").items():
            sets.setdefault(axis, []).append(value)
    return sets


def act(
    path: str,
    body: Mapping[str, Any],
    done: str,
    format_: Format,
    times: Mapping[str, str | None] | None = None,
) -> None:
    """Take the act, wait until it can be seen everywhere, and say so."""

    async def work(door: Door) -> None:
        told = {
            name: read_moment(text, field=name).isoformat()
            for name, text in (times or {}).items()
            if text
        }
        answer = await door.post(path, dict(body) | told)
        await door.settle()
        _tell(answer, done, format_)

    through_door(work)


def _tell(answer: dict[str, Any], done: str, format_: Format) -> None:
    if format_ == "json":
        show([answer], {}, format_)
        return
    extra = f", 文稿 {answer['draft']}" if "draft" in answer else ""
    extra += f", 交办单 {answer['sheet']}" if answer.get("sheet") else ""
    said = done if answer["events"] else "没有变化"
    say(f"{said}：{answer['number']}{extra}（位置 {answer['position']}）")


def _wrong(option: str, given: str) -> None:
    complain(
        Invalid("option.no-value", f"“{given}”后面没有等号和内容。", "请写作 名称=内容。", option)
    )
    raise typer.Exit(1)
