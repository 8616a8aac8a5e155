"""How a matter stands, and by which rules: case, repin, pack adopt, calendar publish, term set."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.acts import act
from huiyin.cli.door import ask
from huiyin.cli.options import FormatOption, Incident, moment_of, pairs
from huiyin.cli.output import columns, ended, moment, say, show, show_one
from shared.errors import Invalid
from shared.policy.language.loading import shipped_packs
from shared.words import STATUSES

DRAFT_COLUMNS = columns("draft:文稿 kind:种类 standing:状态 approved:已审定 wanting:尚待")
GATE_COLUMNS = {"what": "事项", "wanting": "须先有", "rule": "规则", "flagged": "只记违规"}
PACK_COLUMNS = columns("unit:单位 pin:规则包 params:参数 reason:理由 since:自 until:至")
PARTS = {"assigned": "未签收", "accepted": "已签收", "done": "已办", "returned": "已退回"}
DRAFTS = {"drafted": "待审定", "approved": "已审定", "rejected": "已驳回", "published": "已发布"}

Reason = Annotated[str, typer.Option(help="理由")]


def case(incident: Incident, format_: FormatOption = "table") -> None:
    """办理情况：各单位、文稿、尚待谁审定、哪些前置条件未满足。"""
    show_one(ask(f"/routing/incidents/{incident}"), format_, _tell)


def repin(
    incident: Incident,
    reason: Reason,
    pack: Annotated[str | None, typer.Option(help="规则包名, 默认现行的")] = None,
    format_: FormatOption = "table",
) -> None:
    """让事件改用现行的或曾采用过的规则包（仅管理员）。"""
    body = {"pack": pack, "reason": reason}
    act(f"/routing/incidents/{incident}/repin", body, "已改用规则", format_)


def adopt(
    unit: Annotated[str, typer.Argument(help="单位代码")],
    pack: Annotated[str, typer.Argument(help="规则包名（见 huiyin pack list）或文件")],
    reason: Reason,
    param: Annotated[list[str] | None, typer.Option(help="参数, 写作 名称=值, 可重复")] = None,
    format_: FormatOption = "table",
) -> None:
    """让单位（及其下属单位）采用规则包（仅管理员）；不得宽于上级的规则。"""
    params = {key: _number(value) for key, value in pairs(param or [], "--param").items()}
    which = {"pack": pack} if pack in shipped_packs() else {"text": _text(Path(pack))}
    body = {"unit": unit, "params": params, "reason": reason, **which}
    act("/routing/packs/adopt", body, "已采用", format_)


def withdraw(
    unit: Annotated[str, typer.Argument(help="单位代码")],
    reason: Reason,
    format_: FormatOption = "table",
) -> None:
    """停用单位自己采用的规则包（仅管理员）；已登记的事件不受影响。"""
    body = {"unit": unit, "reason": reason}
    act("/routing/packs/withdraw", body, "已停用", format_)


def in_force(
    at: Annotated[str | None, typer.Option(help="哪个时刻（北京时间）, 默认现在")] = None,
    format_: FormatOption = "table",
) -> None:
    """列出各单位采用的规则包；--at 查看当时采用的。"""
    rows = ask("/routing/packs", {"at": moment_of("--at", at) if at else None})
    show(rows, PACK_COLUMNS, format_, _adopted)


def publish_calendar(
    file: Annotated[Path, typer.Argument(help="TOML：year、notice、off、makeup")],
    format_: FormatOption = "table",
) -> None:
    """公布一年的历法（仅管理员）。

    文件例：year = 2027, notice = "国办发明电〔2026〕号", off = ["01-01/01-03", "05-01/05-05"],
    makeup = ["01-04"]；off 可写单日或起止日。
    """
    act("/routing/calendar", _year(file), "已公布历法", format_)


def set_term(
    name: Annotated[str, typer.Argument(help="学期名称, 如 2026春")],
    begins: Annotated[str, typer.Option(help="开始日期, 如 2026-03-01")],
    ends: Annotated[str, typer.Option(help="结束日期")],
    format_: FormatOption = "table",
) -> None:
    """设定学期起止（仅管理员）。"""
    body = {"name": name, "begins": begins, "ends": ends}
    act("/routing/terms", body, "已设定学期", format_)


def _tell(told: dict[str, Any]) -> None:
    say(f"{told['number']}  {_standing(told)}  登记单位 {told['unit']}  规则 {told['policy']}")
    sets = "；".join(f"{axis} {'、'.join(values)}" for axis, values in told["judged"].items())
    states = f"  状态：{'、'.join(told['states'])}" if told["states"] else ""
    say(f"分类：{sets or '未定'}{states}")
    if told["parts"]:
        parts = "、".join(f"{part['unit']}（{PARTS[part['standing']]}）" for part in told["parts"])
        say(f"交办单 {told['sheet'] or '无号'}：牵头 {told['lead']}；{parts}")
    if told["drafts"]:
        show(told["drafts"], DRAFT_COLUMNS, "table", _draft)
    if told["gates"]:
        say("尚未满足的前置条件：")
        gates = [gate | {"wanting": "；".join(gate["wanting"])} for gate in told["gates"]]
        show(gates, GATE_COLUMNS, "table")


def _standing(told: dict[str, Any]) -> str:
    if told["standing"] != "open":
        return STATUSES[told["standing"]]
    if told["answered"]:
        return "办理中（已发布结果）"
    return "办理中（尚未发布结果）" if told["asks_for_reply"] else "办理中（不需答复）"


def _draft(each: dict[str, Any]) -> dict[str, Any]:
    approved = [
        said["post"] + (f"（{said['kind']}）" if said["kind"] else "") for said in each["approvals"]
    ]
    return {**each, "standing": DRAFTS[each["standing"]], "approved": approved}


def _adopted(row: dict[str, Any]) -> dict[str, Any]:
    params = "、".join(f"{key}={value}" for key, value in row["params"].items())
    return row | {"params": params} | {name: moment(row[name]) for name in ("since", "until")}


def _number(text: str) -> str | int:
    return int(text) if text.lstrip("-").isdecimal() else text


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ended(
            Invalid(
                "pack.unknown",
                f"没有名为“{path}”的规则包, 也读不到这个文件。",
                "请用 huiyin pack list 查看可用的规则包, 或给出 UTF-8 的文件。",
                "pack",
            )
        ) from None


def _year(path: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(_text(path))
        year = int(told["year"])
        return {
            "year": year,
            "notice": str(told.get("notice", "")),
            "off_days": [day for each in told["off"] for day in _days(year, each)],
            "makeup_days": [day for each in told.get("makeup", []) for day in _days(year, each)],
        }
    except (KeyError, TypeError, ValueError) as problem:
        raise ended(
            Invalid(
                "calendar.unreadable",
                f"历法文件看不懂：{problem}。",
                '请写 year = 2027, off = ["01-01/01-03"], makeup = ["01-04"]。',
                str(path),
            )
        ) from None


def _days(year: int, written: str) -> list[str]:
    first, _, last = written.partition("/")
    begins, ends = (date.fromisoformat(f"{year}-{day}") for day in (first, last or first))
    return [str(begins + timedelta(days=n)) for n in range((ends - begins).days + 1)]
