"""``huiyin pack``: the packs there are, what one says, what is wrong with it, how two differ."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.options import FormatOption
from huiyin.cli.output import columns, ended, say, show
from shared.acts.vocabulary import ACTS
from shared.documents import Complaint
from shared.errors import HuiyinError
from shared.policy import Pack, find_pack, known_packs, load_pack
from shared.policy.language.comparing import CHANGES, RuleDifference, counted, differences
from shared.policy.language.loading import examine
from shared.policy.language.rules import STANDINGS, Duty, Form, Rule
from shared.policy.language.speaking import limit, sentence

LIST_COLUMNS = {
    "id": "规则包",
    "zh": "名称",
    "version": "版本",
    **STANDINGS,
    "total": "合计",
    "extends": "继承",
}
RULE_COLUMNS = {"number": "编号", "section": "类别", "title": "事项", "what": "内容"}
DIFFERENCE_COLUMNS = columns("change:变化 section:类别 number:编号 before:原来 after:现在")
WORD_COLUMNS = {"of": "用词", "named": "代称（名称）"}

Name = Annotated[str, typer.Argument(help="规则包名（见 huiyin pack list）或文件")]


def list_packs(format_: FormatOption = "table") -> None:
    """列出随附的规则包：来文的条目中多少条启用、多少条只计用时、多少条未启用。"""
    rows = [summary(_loaded(name)) for name in known_packs()]
    extending = any(row["extends"] for row in rows)
    columns = {k: zh for k, zh in LIST_COLUMNS.items() if extending or k != "extends"}
    show(rows, columns, format_)


def show_pack(name: Name, format_: FormatOption = "table") -> None:
    """逐条显示一个规则包, 包括继承来的和未启用的；末尾是它的用词。"""
    pack = _loaded(name)
    if format_ == "json":
        armed = [_rule_told(pack, number, rule) for number, rule in pack.rules.items()]
        show([*armed, *_unarmed_told(pack)], {}, format_)
        return
    say(f"{pack.file.pack.zh}（{pack.pin}）")
    say(_in_figures(pack))
    show(list(_rules_shown(pack)), RULE_COLUMNS, format_)
    words = (
        {"of": of, "named": "、".join(f"{key}（{zh}）" for key, zh in known.items())}
        for of, known in _words(pack)
        if known
    )
    show(list(words), WORD_COLUMNS, format_)


def check_pack(
    file: Annotated[Path, typer.Argument(help="规则包文件")], format_: FormatOption = "table"
) -> None:
    """检查一个规则包文件, 逐条指出行列、原因与处理办法；有问题时退出状态为 1。"""
    try:
        pack, complaints = examine(file)
    except HuiyinError as problem:
        raise ended(problem) from None
    if format_ == "json":
        show([_complaint(each) for each in complaints], {}, format_)
    elif pack and not complaints:
        say(f"{pack.pin} 没有问题。{_in_figures(pack)}")
    else:
        say(f"{file} 有 {len(complaints)} 处问题：")
        for each in complaints:
            _tell(each)
    if complaints:
        raise typer.Exit(1)


def diff_packs(before: Name, after: Name, format_: FormatOption = "table") -> None:
    """比较两个规则包：哪些义务和前置条件会新增、取消、从严、放宽。"""
    old, new = _loaded(before), _loaded(after)
    found = differences(old, new)
    if format_ == "json":
        show([_difference_told(each) for each in found], {}, format_)
        return
    say(f"由 {old.pin} 改为 {new.pin}：{counted(found)}")
    order = [change for change in CHANGES if change != "reworded"]
    rows = [_difference_shown(each) for change in order for each in found if each.change == change]
    if rows:
        show(rows, DIFFERENCE_COLUMNS, format_)


def summary(pack: Pack) -> dict[str, Any]:
    """A pack in one row: how many items of its source are armed, measured and unarmed."""
    standings = pack.counts()
    return {
        "id": pack.id,
        "zh": pack.file.pack.zh,
        "version": pack.version,
        **standings,
        "total": sum(standings.values()),
        "extends": pack.file.pack.extends,
    }


def _in_figures(pack: Pack) -> str:
    standings = pack.counts()
    told = "、".join(f"{STANDINGS[standing]} {count}" for standing, count in standings.items())
    own = sum(1 for _ in pack.file.rules())
    written = f"写成规则 {own} 条" if own else "没有自己的规则"
    inherited = f"，另继承 {pack.parent.pin} 的 {len(pack.rules) - own} 条" if pack.parent else ""
    return f"来文条目 {sum(standings.values())} 项：{told}；{written}{inherited}。"


def _rules_shown(pack: Pack) -> Iterator[dict[str, Any]]:
    own = dict(pack.file.rules())
    for number, rule in pack.rules.items():
        yield {
            "number": number,
            "section": rule.TITLE + ("（继承）" if number not in own else ""),
            "title": rule.zh,
            "what": sentence(pack, rule) + (f"\n依据：{rule.clause}" if rule.clause else ""),
        }
    for number, each in pack.file.unarmed.items():
        what = f"原因：{each.why}"
        yield {"number": number, "section": "未启用", "title": each.zh, "what": what}


def _rule_told(pack: Pack, number: str, rule: Rule) -> dict[str, Any]:
    """A rule for programs."""
    came_from = next(each for each in pack.lineage if number in dict(each.file.rules()))
    return {
        "number": number,
        "section": rule.SECTION,
        "standing": rule.standing,
        "title": rule.zh,
        "sentence": sentence(pack, rule),
        "who": list(getattr(rule, "who", None) or ()),
        "when": {key: list(values) for key, values in (getattr(rule, "when", None) or {}).items()},
        "clock": rule.clock if isinstance(rule, Duty) else None,
        "limit": limit(rule),
        "clause": rule.clause,
        "also": list(rule.also),
        "pack": came_from.pin,
        "why": None,
    }


def _unarmed_told(pack: Pack) -> Iterator[dict[str, Any]]:
    nothing = dict.fromkeys(("section", "sentence", "clock", "clause"))
    empty = {"who": [], "when": {}, "limit": "", "also": []}
    for number, each in pack.file.unarmed.items():
        said = {"number": number, "standing": "unarmed", "title": each.zh, "why": each.why}
        yield said | nothing | empty | {"pack": pack.pin}


def _words(pack: Pack) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every word of a pack that somebody has to write (用词), by what it is a word for."""
    files = [each.file for each in reversed(pack.lineage)]
    yield "当事方", {key: each.zh for file in files for key, each in file.party.items()}
    for key, axis in pack.axes.items():
        yield f"分类维度 {key}（{axis.zh}）", axis.values
    for on, where in (("matter", "事项"), ("unit", "单位")):
        yield f"{where}的状态", {key: s.zh for key, s in pack.states.items() if s.on == on}
    yield "渠道", pack.channels
    yield "方式", {key: zh for file in files for key, zh in file.medium.items()}
    for act, known in ACTS.items():
        kinds = {key: zh for key, zh in pack.kinds_of(act).items() if key not in pack.states}
        yield f"{act}（{known.title}）的种类", kinds
    for number, form in pack.of(Form).items():
        yield f"{number} 的栏目", {key: field.zh for key, field in form.fields.items()}
    params = pack.file.params.items()
    yield "参数", {key: f"{each.zh}；默认 {each.default}" for key, each in params}


def _difference_shown(each: RuleDifference) -> dict[str, Any]:
    numbers = dict.fromkeys(filter(None, (each.before_number, each.after_number)))
    return {
        "change": CHANGES[each.change],
        "section": each.rule.TITLE,
        "number": "\n→ ".join(numbers),
        "before": each.before,
        "after": each.after,
    }


def _difference_told(each: RuleDifference) -> dict[str, Any]:
    parts = ("before_number", "after_number", "before", "after")
    told = {"change": each.change, "section": each.rule.SECTION}
    return told | {part: getattr(each, part) for part in parts}


def _tell(each: Complaint) -> None:
    """One complaint, as it reads best beside an editor."""
    where = str(each.place or "")
    say(f"\n{where}{f'  {each.key}' if each.path else ''}")
    say(f"  {each.message}")
    say(f"  处理办法：{each.remedy}（{each.code}）")


def _complaint(each: Complaint) -> dict[str, Any]:
    return {
        "place": str(each.place or ""),
        "line": each.place.line if each.place else None,
        "column": each.place.column if each.place else None,
    } | {part: getattr(each, part) for part in ("key", "code", "message", "remedy")}


def _loaded(name: str) -> Pack:
    try:
        return load_pack(find_pack(name))
    except HuiyinError as problem:
        raise ended(problem) from None
