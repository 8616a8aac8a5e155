"""For whoever keeps the system: release, erase."""

from typing import Annotated

import typer

from huiyin.cli.door import Door
from huiyin.cli.output import say
from huiyin.cli.running import through_door


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (release, erase):
        app.command(command.__name__)(command)


def release(
    room: Annotated[str, typer.Argument(help="服务名")],
    matter: Annotated[str, typer.Argument(help="事件标识（见 huiyin doctor）")],
) -> None:
    """放行搁置的事件（先修复原因）。"""

    async def work(door: Door) -> None:
        done = await door.post("/operations/release", {"room": room, "matter": matter})
        await door.settle()
        say(f"已放行 {done['events']} 条")

    through_door(work)


def erase(
    incident: Annotated[str, typer.Argument(help="事件编号或标识")],
    grounds: Annotated[str, typer.Option(help="依据的规定")],
) -> None:
    """销毁一个事件的数据密钥：文字从此不可读, 记录与证明不变。"""

    async def work(door: Door) -> None:
        answer = await door.post(f"/reporting/incidents/{incident}/erase", {"grounds": grounds})
        await door.settle()
        say(f"已销毁 {answer['number']} 的数据密钥（位置 {answer['position']}）")

    through_door(work)
