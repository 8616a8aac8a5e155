"""For whoever keeps the system: doctor, release, erase, bench."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.county import FormatOption
from services.cli.door import Door, opened, where
from services.cli.output import moment, say, show
from services.cli.running import run, through_door
from shared.settings import Settings

ROOM_COLUMNS = {
    "service": "服务",
    "position": "位置",
    "relayed": "已转发至",
    "upstreams": "已接收（完整至）",
    "parked": "搁置",
    "clock": "时钟",
}
FINDING_COLUMNS = {"level": "程度", "place": "何处", "message": "情况", "remedy": "处理办法"}
LEVELS = {"error": "错误", "warning": "注意"}


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (doctor, release, erase, bench):
        app.command(command.__name__)(command)


def doctor(format_: FormatOption = "table") -> None:
    """体检：各服务的位置、滞后、完整时间、搁置与停顿, 以及该怎么办；有错误时退出状态为 1。"""

    async def work(settings: Settings) -> bool:
        report = await _report(settings)
        if format_ == "json":
            show([report], {}, format_)
        else:
            _tell(report)
        return bool(report["healthy"])

    if not run(work):
        raise typer.Exit(1)


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


def bench(
    name: Annotated[
        str | None, typer.Argument(help="只测一项：append、latency、rebuild、import、start")
    ] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="把结果写入此文件")] = None,
) -> None:
    """性能测量（中位数与比值）, 在临时目录里进行。"""
    from services.bench.main import bench as measure

    measure(name, json_)


async def _report(settings: Settings) -> dict[str, Any]:
    if where(settings) is None:
        from services.embedded.offline import examine_offline

        return examine_offline(settings).model_dump(mode="json")
    async with opened(settings) as door:
        report: dict[str, Any] = await door.get("/operations/doctor")
        return report


def _tell(report: dict[str, Any]) -> None:
    show([_room_row(room) for room in report["rooms"]], ROOM_COLUMNS, "table")
    findings = [f | {"level": LEVELS[f["level"]]} for f in report["findings"]]
    if findings:
        show(findings, FINDING_COLUMNS, "table")
    say(
        f"磁盘剩余 {report['free_bytes'] // 1024**2} MB；"
        + ("运行中" if report["running"] else "未运行")
    )
    say("没有错误。" if report["healthy"] else "有错误, 请按上表处理。")


def _room_row(room: dict[str, Any]) -> dict[str, Any]:
    heard = [
        f"{name} {at['position']}（{moment(at['complete_to']) or '—'}）"
        for name, at in room["upstreams"].items()
    ]
    return room | {
        "upstreams": heard,
        "parked": sum(parked["events"] for parked in room["parked"]),
        "clock": moment(room["clock"]),
    }
