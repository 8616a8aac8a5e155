"""What is on record, as tables: ledger, audit show, duties, findings, statistics, and reviews."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from huiyin.cli.door import Door, ask, through_door
from huiyin.cli.options import AsOf, ForceOption, FormatOption, Incident
from huiyin.cli.output import (
    FileFormat,
    check_free,
    check_output,
    columns,
    console,
    grid,
    hand_over,
    late,
    limit,
    minute,
    moment,
    say,
    show,
    show_one,
)
from shared.clock import shown_span
from shared.policy import find_pack, load_pack
from shared.words import EMPTINESS, GRADES, KNOWN_BY, POSTS, STATUSES, VERDICTS

LEDGER_COLUMNS = columns("""
    number:编号 unit:登记单位 category_name:类别 title:标题 status:状态 grade:等级 lead:牵头单位
    posted_at:发帖 due:应答复 published_at:发布 verdict:时限 closed_at:办结 standing:来源
""")
TRAIL_COLUMNS = columns("""
    leaf:册号 title:事项 who:经办 unit:单位 occurred_at:发生 recorded_at:登记 sequenced_at:入册
    what:内容 running:连续散列
""")
DUTY_COLUMNS = columns("""
    due:应于此前 about:编号或期次 duty:义务 title:事项 unit:单位 lead:牵头单位 state:结论
    lacking:所缺 done_at:办于 policy:规则版本
""")
FINDING_COLUMNS = columns("""
    number:编号或期 title:情形 kind:代号 rule:规则 unit:责任单位 post:岗位 limit:时限 actual:实际
    evidence:证据册号 before:当时等待
""")
FIGURE_COLUMNS = columns("unit:单位 title:指标 rule:规则 value:件数 n:总数 share:比率")

Status = Annotated[str | None, typer.Option(help="只看某状态：" + "、".join(STATUSES))]
Verdict = Annotated[str | None, typer.Option(help="只看某时限结论：" + "、".join(VERDICTS))]
Kept = Annotated[Path | None, typer.Option(help="导出到此文件；json 则连同日志条数与树根")]
Exported = Annotated[
    FileFormat, typer.Option("--format", help="table 表格, json 一个 JSON 数组, csv 或 xlsx 导出")
]
Below = Annotated[str | None, typer.Option(help="只看某单位和它的下级单位")]


def ledger(
    as_of: AsOf = None,
    unit: Annotated[str | None, typer.Option(help="只看某单位登记、牵头或协办的")] = None,
    status: Status = None,
    verdict: Verdict = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="登记日期自（含当日）, 如 2026-03-02")
    ] = None,
    to: Annotated[str | None, typer.Option(help="登记日期至（含当日）")] = None,
    format_: Exported = "table",
    output: Kept = None,
    force: ForceOption = False,
) -> None:
    """归档台账：每个事件一行；可导出, 页脚有日志条数与树根。"""
    check_output(format_, output)
    asked = {"as_of": as_of, "unit": unit, "status": status, "verdict": verdict}
    asked |= {"from": from_, "to": to}

    async def work(door: Door) -> None:
        if output is None and format_ in ("table", "json"):
            found = await door.get("/reporting/ledger", **asked)
            show(found, LEDGER_COLUMNS, format_, _ledger_row)
        else:
            check_free(output, force=force)
            content = await door.fetch(f"/reporting/ledger.{format_}", **asked)
            hand_over(content, output, force=force)

    through_door(work)


def audit_show(incident: Incident, as_of: AsOf = None, format_: FormatOption = "table") -> None:
    """一个事件的审计轨迹：何人何时做了什么, 以及连续散列。"""
    entries = ask(f"/reporting/incidents/{incident}/trail", {"as_of": as_of}, to_read=True)
    show(entries, TRAIL_COLUMNS, format_, _trail_row)


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
    asked = {"state": state, "unit": unit, "incident": incident, "period": period}
    found = ask("/deadlines/duties", asked | {"limit": "1000"})
    show(found["duties"], DUTY_COLUMNS, format_, _duty_row)


def findings(
    unit: Below = None,
    incident: Annotated[str | None, typer.Option(help="只看某事件（编号或标识）")] = None,
    as_of: AsOf = None,
    format_: FormatOption = "table",
) -> None:
    """追责情形：由事件得出的迟办、逾期和违规, 以及人的认定；每条都有规则和证据。"""
    asked = {"unit": unit, "incident": incident, "as_of": as_of}
    found = ask("/reporting/findings", asked, to_read=True)
    show(found, FINDING_COLUMNS, format_, _finding_row)


def statistics(
    unit: Below = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="自某日（含当日）, 如 2026-03-01")
    ] = None,
    to: Annotated[str | None, typer.Option(help="至某日（含当日）")] = None,
    as_of: AsOf = None,
    format_: FormatOption = "table",
) -> None:
    """统计：登记、办结、按时、迟办和规则包的指标, 按单位；件数太少的不给比率。"""
    asked = {"unit": unit, "from": from_, "to": to, "as_of": as_of}
    show_one(ask("/reporting/statistics", asked, to_read=True), format_, _tell_statistics)


def _ledger_row(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: minute(row[name]) for name in ("posted_at", "published_at", "closed_at")}
    words = {
        "due": limit(row["due"]),
        "status": STATUSES[row["status"]],
        "grade": GRADES.get(row["grade"], ""),
        "verdict": VERDICTS.get(row["verdict"], "") + late(row["late_seconds"]),
        "standing": {"live": "", "imported": "导入"}[row["standing"]],
    }
    return row | times | words


def _trail_row(entry: dict[str, Any]) -> dict[str, Any]:
    times = {name: moment(entry[name]) for name in ("occurred_at", "recorded_at", "sequenced_at")}
    return entry | times | {"who": _who(entry), "running": entry["running"][:16]}


def _who(entry: dict[str, Any]) -> str:
    if entry["officer"] == "system":
        return "系统"
    return f"{entry['name'] or entry['officer']}（{POSTS.get(entry['post'], entry['post'])}）"


def _duty_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "due": limit(row["due"]),
        "about": row["number"] or row["period"],
        "done_at": minute(row["done_at"]),
        "state": "已逾期" if row["overdue"] else VERDICTS[row["state"]] + late(row["late_seconds"]),
        "lacking": _lacking(row),
    }


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


def _finding_row(each: dict[str, Any]) -> dict[str, Any]:
    return each | {
        "number": each["number"] or each["period"],
        "limit": limit(each["limit"]),
        "actual": minute(each["actual"]),
        "evidence": [proof["leaf"] for proof in each["evidence"]],
        "before": "；".join(f"{gate['gate']} {gate['needs']}" for gate in each["waiting"]),
    }


def _tell_statistics(told: Mapping[str, Any]) -> None:
    units = [dict(told["all"], unit="合计"), *told["units"]]
    show([row for each in units for row in _figure_rows(each)], FIGURE_COLUMNS, "table")
    for each in told["all"]["shortfalls"]:
        done = f"应 {each['wanted']}, 实 {each['done']}, 欠 {each['shortfall']}"
        say(f"欠缺：{each['unit']} {each['title']}（{each['rule']}）{each['period']} {done}")
    say(f"不足 {told['smallest']} 件的不给比率；历史导入 {told['imported']} 件不计在内。")


def _figure_rows(each: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for figure in each["figures"]:
        share, few = figure["share"], "件数太少" if figure["n"] else ""
        yield figure | {"unit": each["unit"], "share": few if share is None else f"{share:.1%}"}


PATH = "/reporting/reviews/imported"

FIGURES = {
    "messages": "留言",
    "answered": "有答复",
    "unanswered": "未答复",
    "in_time": "按时",
    "in_time_in_substance": "按时且\n有实质",
    "late": "迟",
    "empty": "仅收悉\n或转办",
}
LATENESS = "迟多久：中位数 / 九成\n（不足五件逐一列出）"
LATEST = ("编号", "答复单位", "发帖", "应于此前", "答复", "迟")
WAITING = ("编号", "答复单位", "发帖", "应于此前", "到期已过")
NAMED = 30
"""How many replies that answer nothing are named on the screen; files have all of them."""


def review_imported(
    pack: Annotated[
        str | None, typer.Option(help="规则包：TOML 文件, 或自带规则包的名称, 默认县级基线规则")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="只看某单位：代码, 或文件里答复单位的名称")
    ] = None,
    as_of: AsOf = None,
    format_: Annotated[FileFormat, typer.Option("--format", help="输出格式")] = "table",
    output: Annotated[Path | None, typer.Option(help="写入此文件, 不显示")] = None,
    force: ForceOption = False,
) -> None:
    """回看导入的历史：按某个规则包, 各单位各年多少按时、多少迟、迟多久, 哪些答复没有内容。"""
    check_output(format_, output)

    async def work(door: Door) -> None:
        check_free(output, force=force)
        text = load_pack(find_pack(pack)).texts[0] if pack else None  # an error names the file
        order = {"pack": text, "unit": unit, "as_of": as_of}
        if format_ == "table":
            _show(await door.post(PATH, order))
        elif format_ == "json":
            found = [await door.post(PATH, order)]
            text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
            hand_over(text.encode(), output, force=force)
        else:
            hand_over(await door.file(PATH, order | {"format": format_}), output, force=force)

    through_door(work, to_read=True)


def _show(found: Mapping[str, Any]) -> None:
    for sentence in found["basis"]:
        say(sentence)
    for duty in found["duties"] if found["messages"] else ():
        title = duty["id"] + " " + duty["duty"]["title"]
        console().print(_figures(title, duty))
        _show_cases(f"{title}：答复最迟的", duty["latest"], LATEST)
        _show_cases(f"{title}：最久未答复的", duty["waiting"], WAITING)
    for duty in found["duties"][:1]:  # what a reply says is the same for all of them
        _show_empty(duty["empty"])
    for sentence in found["remarks"]:
        say(sentence)


def _figures(title: str, duty: Mapping[str, Any]) -> Table:
    table = grid(title=f"{title}：各单位各年（按发帖年份）")
    table.add_column("答复单位", overflow="fold", max_width=30)
    table.add_column("年份", no_wrap=True)
    for heading in FIGURES.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(LATENESS, overflow="fold", min_width=20)
    if len(duty["units"]) > 1:
        _add_rows(table, "全部", duty)
    for unit in duty["units"]:
        _add_rows(table, _name(unit["unit"]), unit)
    return table


def _add_rows(table: Table, name: str, whose: Mapping[str, Any]) -> None:
    lines = list(_lines(whose))
    for place, (year, figures) in enumerate(lines):
        counts = (str(figures[key]) for key in FIGURES)
        table.add_row("" if place else name, year, *counts, _lateness(figures["lateness"]))
    if len(lines) > 1:
        table.add_section()


def _lines(whose: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A line a year, and one for all of them where there are several."""
    years = whose["years"]
    for year in years:
        yield str(year["year"]), year["figures"]
    if len(years) > 1:
        yield "合计", whose["total"]


def _lateness(lateness: Mapping[str, Any]) -> str:
    if lateness["median"] is None:
        return ", ".join(shown_span(seconds) for seconds in lateness["values"])
    return f"{shown_span(lateness['median'])} / {shown_span(lateness['p90'])}"


def _show_cases(title: str, cases: Sequence[Mapping[str, Any]], headings: Sequence[str]) -> None:
    if not cases:
        return
    table = grid(title=f"{title} {len(cases)} 件")
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "答复单位", overflow="fold")
    for case in cases:
        moments = [minute(case["posted_at"]), limit(case["due"])]
        if case["replied_at"]:
            moments.append(minute(case["replied_at"]))
        late = shown_span(case["late_seconds"])
        table.add_row(case["number"], _name(case["unit"]), *moments, late)
    console().print(table)


def _show_empty(cases: Sequence[Mapping[str, Any]]) -> None:
    if not cases:
        return
    say(f"答复按字面规则读来只是收悉、转办或没有内容的 {len(cases)} 件")
    named = "、".join(f"{case['number']}（{EMPTINESS[case['empty']]}）" for case in cases[:NAMED])
    rest = f"；其余 {len(cases) - NAMED} 件见 --format json 或 xlsx" if cases[NAMED:] else ""
    say(f"{named}{rest}\n")


def _name(unit: Mapping[str, Any]) -> str:
    return str(unit["name"] + KNOWN_BY[unit["known_by"]])
