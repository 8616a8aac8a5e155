"""``huiyin pack``: the packs there are, what one says, what is wrong with it, how two differ."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.county import FormatOption
from services.cli.output import complain, say, show
from shared.errors import HuiyinError
from shared.policy import Pack, find_pack, known_packs, load_pack
from shared.policy.comparing import CHANGES, differences
from shared.policy.complaints import Complaint
from shared.policy.loading import examine
from shared.policy.rules import Duty, Rule, Schedule
from shared.policy.speaking import limit, parties, sentence

LIST_COLUMNS = {
    "id": "规则包",
    "zh": "名称",
    "version": "版本",
    "armed": "启用",
    "measured": "计量",
    "unarmed": "未启用",
    "extends": "继承",
}
RULE_COLUMNS = {
    "number": "编号",
    "section": "类别",
    "title": "事项",
    "what": "内容",
    "who": "责任方",
    "limit": "时限",
    "clause": "依据",
}
COMPLAINT_COLUMNS = {
    "place": "位置",
    "key": "键",
    "code": "错误码",
    "message": "原因",
    "remedy": "处理办法",
}
DIFFERENCE_COLUMNS = {
    "number": "编号",
    "section": "类别",
    "change": "变化",
    "before": "原来",
    "after": "现在",
}

Name = Annotated[str, typer.Argument(help="规则包名（见 huiyin pack list）或文件")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    packs = typer.Typer(help="规则包：列出、查看、检查、比较。", no_args_is_help=True)
    packs.command("list")(list_packs)
    packs.command("show")(show_pack)
    packs.command("check")(check_pack)
    packs.command("diff")(diff_packs)
    app.add_typer(packs, name="pack")


def list_packs(format_: FormatOption = "table") -> None:
    """列出随附的规则包, 各有多少条启用、计量、未启用。"""
    show([summary(_loaded(name)) for name in known_packs()], LIST_COLUMNS, format_)


def show_pack(name: Name, format_: FormatOption = "table") -> None:
    """逐条显示一个规则包, 包括继承来的和未启用的。"""
    pack = _loaded(name)
    rows = [_row(pack, number, rule) for number, rule in pack.rules.items()]
    unarmed = [
        {"number": number, "section": "未启用", "title": each.zh, "what": each.why}
        for number, each in pack.file.unarmed.items()
    ]
    if format_ == "table":
        say(f"{pack.file.pack.zh}（{pack.pin}）")
    show([*rows, *unarmed], RULE_COLUMNS, format_)


def check_pack(
    file: Annotated[Path, typer.Argument(help="规则包文件")], format_: FormatOption = "table"
) -> None:
    """检查一个规则包文件, 逐条指出行列、原因与处理办法；有问题时退出状态为 1。"""
    try:
        pack, complaints = examine(file)
    except HuiyinError as problem:
        complain(problem)
        raise typer.Exit(1) from None
    if complaints or format_ == "json":
        show([_complaint(each) for each in complaints], COMPLAINT_COLUMNS, format_)
    elif pack:
        told = summary(pack)
        say(
            f"{pack.pin} 没有问题：启用 {told['armed']} 条、计量 {told['measured']} 条、"
            f"未启用 {told['unarmed']} 条。"
        )
    if complaints:
        raise typer.Exit(1)


def diff_packs(before: Name, after: Name, format_: FormatOption = "table") -> None:
    """比较两个规则包：哪些义务和前置条件会新增、取消、从严、放宽。"""
    found = differences(_loaded(before), _loaded(after))
    rows = [
        {
            "number": each.number,
            "section": each.section,
            "change": each.change if format_ == "json" else CHANGES[each.change],
            "before": each.before,
            "after": each.after,
        }
        for each in found
    ]
    show(rows, DIFFERENCE_COLUMNS, format_)


def summary(pack: Pack) -> dict[str, Any]:
    """A pack in one row: how many of its rules are armed, measured and unarmed."""
    rules = pack.rules.values()
    measured = sum(isinstance(rule, Duty) and rule.measured for rule in rules)
    return {
        "id": pack.id,
        "zh": pack.file.pack.zh,
        "version": pack.version,
        "armed": len(pack.rules) - measured,
        "measured": measured,
        "unarmed": len(pack.file.unarmed),
        "extends": pack.file.pack.extends,
    }


def _row(pack: Pack, number: str, rule: Rule) -> dict[str, Any]:
    return {
        "number": number,
        "section": rule.TITLE,
        "title": rule.zh,
        "what": sentence(pack, rule),
        "who": parties(pack, rule.who) if isinstance(rule, Duty | Schedule) else "",
        "limit": limit(rule),
        "clause": rule.clause,
    }


def _complaint(each: Complaint) -> dict[str, Any]:
    return {
        "place": str(each.place or ""),
        "line": each.place.line if each.place else None,
        "column": each.place.column if each.place else None,
        "key": each.key,
        "code": each.code,
        "message": each.message,
        "remedy": each.remedy,
    }


def _loaded(name: str) -> Pack:
    try:
        return load_pack(find_pack(name))
    except HuiyinError as problem:
        complain(problem)
        raise typer.Exit(1) from None
