"""``huiyin doctor``: what is wrong and what to do first, then how everything is."""

from datetime import UTC, datetime
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from huiyin.cli.county import FormatOption
from huiyin.cli.door import opened, where
from huiyin.cli.output import console, show
from huiyin.cli.running import run
from shared.settings import Settings

MARKS = {"error": ("✗ 错误", "bold red"), "warning": ("! 注意", "yellow")}
NAMES = {"vault": "密钥库", "identity": "名册", "nats": "消息服务"}


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("doctor")(doctor)


def doctor(format_: FormatOption = "table") -> None:
    """体检：哪里不对、该怎么办, 各服务的位置、滞后与完整时间；有错误时退出状态为 1。"""

    async def work(settings: Settings) -> bool:
        report = await _report(settings)
        if format_ == "json":
            show([report], {}, format_)
        else:
            _tell(report)
        return bool(report["healthy"])

    if not run(work):
        raise typer.Exit(1)


async def _report(settings: Settings) -> dict[str, Any]:
    if where(settings) is None:
        from huiyin.host.offline import examine_offline

        return examine_offline(settings).model_dump(mode="json")
    async with opened(settings) as door:
        report: dict[str, Any] = await door.get("/operations/doctor")
        return report


def _tell(report: dict[str, Any]) -> None:
    out = console()
    out.print(_verdict(report))
    for finding in report["findings"]:
        mark, style = MARKS[finding["level"]]
        out.print()
        out.print(Text.assemble((mark, style), "  ", (finding["place"], "bold")))
        out.print(Padding(Text(finding["message"]), (0, 0, 0, 2), expand=False))
        out.print(Padding(Text(f"→ {finding['remedy']}"), (0, 0, 0, 2), expand=False))
    out.print(_rooms(report["rooms"]))
    for line in _facts(report):
        out.print(Text(line))


def _verdict(report: dict[str, Any]) -> Text:
    levels = [finding["level"] for finding in report["findings"]]
    errors, warnings = levels.count("error"), levels.count("warning")
    state = "运行中" if report["running"] else "未运行"
    said = f"{errors} 个错误、{warnings} 处注意" if errors else "没有错误"
    said += f", {warnings} 处注意" if warnings and not errors else ""
    return Text(f"体检（{state}）：{said}", style="bold")


def _rooms(rooms: list[dict[str, Any]]) -> Table:
    ends = {room["service"]: room["position"] for room in rooms}
    for room in rooms:
        ends |= room["ends"]
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("服务", "事件", "待转发", "跟随", "落后", "完整至", "搁置"):
        numbers = heading in ("事件", "待转发", "落后", "搁置")
        table.add_column(heading, no_wrap=True, justify="right" if numbers else "left")
    for room in rooms:
        _add_room(table, room, ends)
    return table


def _add_room(table: Table, room: dict[str, Any], ends: dict[str, int]) -> None:
    relayed = room["relayed"]
    waiting = "—" if relayed is None else str(max(room["position"] - relayed, 0))
    parked = str(sum(parked["events"] for parked in room["parked"]))
    first = (room["service"], str(room["position"]), waiting)
    for name, at in room["upstreams"].items():
        lag = str(max(ends.get(name, 0) - at["position"], 0))
        table.add_row(*first, f"{name} {at['position']}", lag, _ago(at["complete_to"]), parked)
        first, parked = ("", "", ""), ""


def _ago(moment: str | None) -> str:
    if moment is None:
        return "—"
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size} {unit}前"
    return f"{max(seconds, 0)} 秒前"


def _facts(report: dict[str, Any]) -> list[str]:
    versions = report["versions"]
    parts = [f"huiyin {versions['huiyin']}", f"Python {versions['python']}"]
    parts += [versions.get("database") or f"SQLite {versions['sqlite']}"]
    parts += [f"nats-server {versions['nats-server']}"]
    parts += [f"eventsourcing {versions['eventsourcing']}"]
    present, _, old = versions["event-types"].partition("+")
    sizes = (f"{NAMES.get(name, name)} {_size(size)}" for name, size in report["sizes"].items())
    lines = [
        f"版本  {'、'.join(parts)}",
        f"约定  {present} 种事件, 另能读 {old} 种旧版本",
        f"占用  {'、'.join(sizes)}；磁盘剩余 {_size(report['free_bytes'])}",
    ]
    if nats := report["nats"]:
        state = "可达" if nats["reachable"] else "连不上"
        kept = _size(nats["stored_bytes"])
        lines.append(f"NATS  {nats['address']} {state}, JetStream 存 {kept}")
    if report["key_print"]:
        lines.append(f"主密钥  sha256 {report['key_print']}…（与备份核对：sha256sum 文件）")
    return lines


def _size(count: int) -> str:
    for size, unit in ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB")):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return f"{count}B"
