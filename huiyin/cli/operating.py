"""For whoever keeps the system: doctor, audit verify, rebuild, release, erase."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from huiyin.cli.door import by_door_or_files, do
from huiyin.cli.options import FormatOption, Incident
from huiyin.cli.output import columns, complain, console, grid, say, show, show_one
from shared.errors import Refused

COMPARED_COLUMNS = columns("""
    service:服务 table:表 live:现有行 rebuilt:重建行 holds:一致 difference:第一处不同
""")
MARKS = {"error": ("✗ 错误", "bold red"), "warning": ("! 注意", "yellow")}
NAMES = {"vault": "密钥库", "identity": "名册", "nats": "消息服务"}


def doctor(format_: FormatOption = "table") -> None:
    """体检：哪里不对、该怎么办, 各服务的位置、滞后与完整时间；有错误时退出状态为 1。"""
    report = by_door_or_files(lambda door: door.get("/operations/doctor"), "examine")
    show_one(report, format_, _tell_report)
    _exit_unless(report["healthy"])


def audit_verify(format_: FormatOption = "table") -> None:
    """核验各序列的散列链, 以及数据库与日志逐字节一致；不一致时退出状态为 1。"""
    verified = by_door_or_files(lambda door: door.post("/operations/verify"), "verify")
    show_one(verified, format_, _tell_verified)
    _exit_unless(verified["holds"])


def rebuild(
    compare: Annotated[
        bool, typer.Option("--compare", help="从日志重建各读模型并逐行比较, 不改动任何内容")
    ] = False,
    format_: FormatOption = "table",
) -> None:
    """从日志重建读模型并与现有的逐行比较；不一致时退出状态为 1。"""
    if not compare:
        raise typer.BadParameter("请加上 --compare", param_hint="--compare")
    tables = by_door_or_files(lambda door: door.post("/operations/rebuild"), "rebuild")
    show(tables, COMPARED_COLUMNS, format_)
    _exit_unless(all(table["holds"] for table in tables))


def release(
    room: Annotated[str, typer.Argument(help="服务名")],
    matter: Annotated[str, typer.Argument(help="事件标识（见 huiyin doctor）")],
) -> None:
    """放行搁置的事件（先修复原因）。"""
    done = do("/operations/release", {"room": room, "matter": matter})
    say(f"已放行 {done['events']} 条")


def erase(
    incident: Incident,
    grounds: Annotated[str, typer.Option(help="依据的规定")],
) -> None:
    """销毁一个事件的数据密钥：文字从此不可读, 记录与证明不变。"""
    answer = do(f"/reporting/incidents/{incident}/erase", {"grounds": grounds})
    say(f"已销毁 {answer['number']} 的数据密钥（位置 {answer['position']}）")


def _exit_unless(holds: bool) -> None:
    if not holds:
        raise typer.Exit(1)


def _tell_verified(verified: dict[str, Any]) -> None:
    counts = "、".join(f"{name} {count} 条" for name, count in verified["events"].items())
    say(f"事件：{counts}；日志 {verified['leaves']} 条, 连续散列 {verified['running']}")
    say(f"树根（{verified['leaves']} 条）：{verified['root']}")
    pending = {name: count for name, count in verified["pending"].items() if count}
    if pending:
        say("尚未入册：" + "、".join(f"{name} {count} 条" for name, count in pending.items()))
    difference = verified["difference"]
    if difference is None:
        say("核验通过：各序列首尾相接, 数据库与日志逐字节一致。")
    else:
        complain(
            Refused(
                difference["code"],
                f"核验不通过, 第一处不同在 {difference['place']}：{difference['message']}。",
                "请停止使用并保全现场, 与备份逐条核对。",
                difference["place"],
            )
        )


def _tell_report(report: dict[str, Any]) -> None:
    out = console()
    out.print(_verdict(report))
    for finding in report["findings"]:
        mark, style = MARKS[finding["level"]]
        out.print()
        out.print(Text.assemble((mark, style), "  ", (finding["place"], "bold")))
        for said in (finding["message"], f"→ {finding['remedy']}"):
            out.print(Padding(Text(said), (0, 0, 0, 2), expand=False))
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
    table = grid()
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
    parts += [f"{name} {versions[name]}" for name in ("nats-server", "eventsourcing")]
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
