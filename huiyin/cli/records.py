"""Reading and checking the record: ledger, audit show, audit verify, rebuild."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.door import Door
from huiyin.cli.files import check_free, hand_over
from huiyin.cli.output import complain, limit, minute, moment, say, show
from huiyin.cli.running import by_door_or_files, through_door
from shared.errors import Refused
from shared.settings import Settings
from shared.words import GRADES, POSTS, STATUSES, VERDICTS

AsOf = Annotated[
    str | None,
    typer.Option(help="当时所见：2026-03-02 14:10（北京时间）；只写日期指当日 24:00"),
]

LedgerFormat = Literal["table", "json", "csv", "xlsx"]

LEDGER_COLUMNS = {
    "number": "编号",
    "unit": "登记单位",
    "category_name": "类别",
    "title": "标题",
    "status": "状态",
    "grade": "等级",
    "lead": "牵头单位",
    "posted_at": "发帖",
    "due": "应答复",
    "published_at": "发布",
    "verdict": "时限",
    "closed_at": "办结",
    "standing": "来源",
}
TRAIL_COLUMNS = {
    "leaf": "册号",
    "title": "事项",
    "who": "经办",
    "unit": "单位",
    "occurred_at": "发生",
    "recorded_at": "登记",
    "sequenced_at": "入册",
    "what": "内容",
    "running": "连续散列",
}
COMPARED_COLUMNS = {
    "service": "服务",
    "table": "表",
    "live": "现有行",
    "rebuilt": "重建行",
    "holds": "一致",
    "difference": "第一处不同",
}


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    audit = typer.Typer(help="审计轨迹与核验。", no_args_is_help=True)
    audit.command("show")(audit_show)
    audit.command("verify")(audit_verify)
    app.command("ledger")(ledger)
    app.add_typer(audit, name="audit")
    app.command("rebuild")(rebuild)


def ledger(
    as_of: AsOf = None,
    unit: Annotated[str | None, typer.Option(help="只看某单位登记、牵头或协办的")] = None,
    status: Annotated[str | None, typer.Option(help="只看某状态：" + "、".join(STATUSES))] = None,
    verdict: Annotated[
        str | None, typer.Option(help="只看某时限结论：" + "、".join(VERDICTS))
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="登记日期自（含当日）, 如 2026-03-02")
    ] = None,
    to: Annotated[str | None, typer.Option(help="登记日期至（含当日）")] = None,
    format_: Annotated[
        LedgerFormat,
        typer.Option("--format", help="table 表格, json 一个 JSON 数组, csv 或 xlsx 导出"),
    ] = "table",
    output: Annotated[
        Path | None, typer.Option(help="导出到此文件；json 则连同日志条数与树根")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="文件已存在也覆盖")] = False,
) -> None:
    """归档台账：每个事件一行；可导出, 页脚有日志条数与树根。"""
    _check_output(format_, output)
    asked = {"as_of": as_of, "unit": unit, "status": status, "verdict": verdict}
    asked |= {"from": from_, "to": to}

    async def work(door: Door) -> None:
        if output is not None or format_ in ("csv", "xlsx"):
            check_free(output, force=force)
            content = await door.fetch(f"/reporting/ledger.{format_}", **asked)
            hand_over(content, output, force=force)
        elif format_ == "json":
            show(await door.get("/reporting/ledger", **asked), LEDGER_COLUMNS, "json")
        else:
            rows = await door.get("/reporting/ledger", **asked)
            show([_ledger_row(row) for row in rows], LEDGER_COLUMNS, "table")

    through_door(work)


def audit_show(
    incident: Annotated[str, typer.Argument(help="事件编号或标识")],
    as_of: AsOf = None,
    format_: FormatOption = "table",
) -> None:
    """一个事件的审计轨迹：何人何时做了什么, 以及连续散列。"""

    async def work(door: Door) -> None:
        entries = await door.get(f"/reporting/incidents/{incident}/trail", as_of=as_of)
        rows = entries if format_ == "json" else [_trail_row(entry) for entry in entries]
        show(rows, TRAIL_COLUMNS, format_)

    through_door(work, to_read=True)


def audit_verify(format_: FormatOption = "table") -> None:
    """核验各序列的散列链, 以及数据库与日志逐字节一致；不一致时退出状态为 1。"""
    verified = by_door_or_files("/operations/verify", _verify_files)
    if format_ == "json":
        show([verified], {}, format_)
    else:
        _tell_verified(verified)
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
    tables = by_door_or_files("/operations/rebuild", _rebuild_files)
    show(tables, COMPARED_COLUMNS, format_)
    _exit_unless(all(table["holds"] for table in tables))


def _verify_files(settings: Settings) -> Any:
    from huiyin.host.offline import verify_offline

    return verify_offline(settings).model_dump(mode="json")


def _rebuild_files(settings: Settings) -> Any:
    from huiyin.host.offline import rebuild_offline

    return [compared.model_dump(mode="json") for compared in rebuild_offline(settings)]


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


def _check_output(format_: LedgerFormat, output: Path | None) -> None:
    """Exits with 2 where the result would be of no use."""
    if format_ == "table" and output is not None:
        raise typer.BadParameter("写文件请加上 --format csv、xlsx 或 json", param_hint="--output")
    if format_ == "xlsx" and output is None and sys.stdout.isatty():
        raise typer.BadParameter("xlsx 请用 --output 写入文件, 或接到管道", param_hint="--output")


def _ledger_row(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: minute(row[name]) for name in ("posted_at", "published_at", "closed_at")}
    words = {
        "due": limit(row["due"]),
        "status": STATUSES[row["status"]],
        "grade": GRADES.get(row["grade"], ""),
        "verdict": VERDICTS.get(row["verdict"], "") + _late(row["late_seconds"]),
        "standing": {"live": "", "imported": "导入"}[row["standing"]],
    }
    return row | times | words


def _late(seconds: int | None) -> str:
    return f" {seconds / 3600:.1f} 小时" if seconds else ""


def _trail_row(entry: dict[str, Any]) -> dict[str, Any]:
    times = {name: moment(entry[name]) for name in ("occurred_at", "recorded_at", "sequenced_at")}
    return entry | times | {"who": _who(entry), "running": entry["running"][:16]}


def _who(entry: dict[str, Any]) -> str:
    if entry["officer"] == "system":
        return "系统"
    return f"{entry['name'] or entry['officer']}（{POSTS.get(entry['post'], entry['post'])}）"
