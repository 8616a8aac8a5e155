"""Duties as a table (时限义务): who owes what by when, and how it stands."""

from typing import Annotated, Any

import typer

from huiyin.cli.county import FormatOption
from huiyin.cli.door import Door
from huiyin.cli.output import limit, minute, show
from huiyin.cli.running import through_door
from shared.words import VERDICTS

COLUMNS = {
    "due": "应于此前",
    "about": "编号或期次",
    "duty": "义务",
    "title": "事项",
    "unit": "单位",
    "lead": "牵头单位",
    "state": "结论",
    "lacking": "所缺",
    "done_at": "办于",
    "policy": "规则版本",
}


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("duties")(duties)


def duties(
    state: Annotated[str | None, typer.Option(help="只看某结论：" + "、".join(VERDICTS))] = None,
    unit: Annotated[str | None, typer.Option(help="只看某单位负有的")] = None,
    incident: Annotated[str | None, typer.Option(help="只看某一事件的")] = None,
    period: Annotated[
        str | None, typer.Option(help="只看某一期的, 如 2026-03-02、2026-W10、2026-03")
    ] = None,
    format_: FormatOption = "table",
) -> None:
    """时限义务, 先到期的在前（最多 1000 条）。"""

    async def work(door: Door) -> None:
        found = await door.get(
            "/deadlines/duties",
            state=state,
            unit=unit,
            incident=incident,
            period=period,
            limit="1000",
        )
        rows = found["duties"]
        show(rows if format_ == "json" else [_row(row) for row in rows], COLUMNS, format_)

    through_door(work)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    state = "已逾期" if row["overdue"] else VERDICTS[row["state"]] + _late(row["late_seconds"])
    return row | {
        "due": limit(row["due"]),
        "about": row["number"] or row["period"],
        "done_at": minute(row["done_at"]),
        "state": state,
        "lacking": _lacking(row),
    }


def _late(seconds: int | None) -> str:
    return f" {seconds / 3600:.1f} 小时" if seconds else ""


def _lacking(row: dict[str, Any]) -> str:
    """What a missed period lacked, in times or minutes."""
    found = []
    if row["count_wanted"] is not None and row["state"] == "missed":
        found.append(f"{row['count_done']}/{row['count_wanted']} 次")
    if row["gap_seconds"]:
        found.append(f"无人在岗 {_minutes(row['gap_seconds'])} 分钟")
    if row["leaderless_seconds"]:
        found.append(f"无带班领导 {_minutes(row['leaderless_seconds'])} 分钟")
    return "、".join(found)


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)  # a minute begun is a minute without anybody
