"""Reading a drill's file: YAML to a script, or everything that is wrong with it, with its line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from huiyin.drills.acts import WAYS, Way
from huiyin.drills.kinds import KINDS, MOMENT, NOTATIONS, NUMBER, SPAN, TRUTH
from huiyin.drills.script import (
    Drill,
    DrillStep,
    Expectation,
    LoadRefusal,
    Ruleset,
    UnitPlanned,
    Who,
    read_who,
)
from shared.contracts.envelope import UNIT_CODE
from shared.documents import Complaints, Node, Table, near, read_yaml, typed
from shared.errors import Invalid

MOST_TURNS = 10_000
"""Of one repeated step."""

_KEY = re.compile(r"[a-z][a-z0-9_]*")
DEFAULT_UNIT = "unit"


def read_drills(path: Path) -> list[Drill]:
    """The drill of a file, or one for each of its variants.

    Raises Unreadable, or Invalid ``drill.unreadable``.
    """
    try:
        return read_text(path.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError) as problem:
        said, remedy = f"读不到演练脚本 {path}。", "请核对路径, 并存为 UTF-8 编码。"
        raise Invalid("drill.unreadable", said, remedy, str(path)) from problem


def read_text(text: str, path: Path) -> list[Drill]:
    """As ``read_drills``, of a text that stands, or could stand, in that file."""
    complaints = Complaints("drill")
    root = read_yaml(text, str(path), complaints)
    drills = _drills(Table(root, "演练", complaints), path) if root else []
    complaints.check()
    return drills


def _drills(table: Table, path: Path) -> list[Drill]:
    name = table.text("drill", required=True) or ""
    drill = Drill(
        file=path,
        name=name,
        title=table.text("zh") or name,
        proves=table.texts("proves"),
        rules=_rules(table, required=True) or Ruleset(table.place),
        params=_params(table),
        units=_units(table),
        cast=_cast(table),
        steps=_steps(table),
        expectations=_expectations(table),
        load_refused=_load_refusal(table),
    )
    variants = [_varied(drill, table.inner(each, "变体")) for each in table.items("variants")]
    table.refuse_the_rest()
    return variants or [drill]


def _varied(drill: Drill, table: Table) -> Drill:
    varied = replace(
        drill,
        name=f"{drill.name}/{table.text('name', required=True)}",
        rules=_rules(table, required=False) or drill.rules,
        params={**drill.params, **_params(table)},
        steps=_in_time([*drill.steps, *_steps(table)]),
        expectations=[*drill.expectations, *_expectations(table)],
        load_refused=_load_refusal(table) or drill.load_refused,
    )
    table.refuse_the_rest()
    return varied


def _rules(table: Table, *, required: bool) -> Ruleset | None:
    node = table.node("pack", required=required)
    if node is None:
        return None
    if isinstance(node.value, str):
        return Ruleset(node.place, name=node.value)
    if isinstance(node.value, Mapping) and {"extends", "patch", "pack"} & set(node.value):
        return Ruleset(node.place, table=node)
    said = "“pack”应是规则包名、来源编号、文件路径, 或含 extends、patch 或 [pack] 的表。"
    table.complain(node.place, said, "请参照 docs/drills.md 改写。")
    return None


def _params(table: Table) -> dict[str, str | int]:
    node = table.node("params")
    if node is None or not isinstance(node.value, Mapping):
        return {}
    return {key: typed(each) for key, each in node.value.items()}


def _units(table: Table) -> list[UnitPlanned]:
    given = table.mapping("units", "单位代称: {name: 名称, parent: 上级代称}", some=True)
    planned = [_unit(table, key, each) for key, each in given.items()]
    known = [unit.key for unit in planned]
    for unit in planned:
        if unit.parent is not None and unit.parent not in known[: known.index(unit.key)]:
            said = f"上级“{unit.parent}”没有在它之前列出。"
            table.complain(unit.place, said, "请先列上级, 再列下级。", "unknown-unit")
    return planned or [UnitPlanned(DEFAULT_UNIT, "演练单位", None, table.place)]


def _unit(table: Table, key: str, node: Node) -> UnitPlanned:
    if isinstance(node.value, str):
        planned = UnitPlanned(key, node.value or key, None, node.place)
    else:
        inner = table.inner(node, f"单位 {key} ")
        planned = UnitPlanned(key, inner.text("name") or key, inner.text("parent"), node.place)
        inner.refuse_the_rest()
    if not _KEY.fullmatch(key) or not UNIT_CODE.fullmatch(planned.code):
        said = f"单位代称“{key}”应由小写字母、数字和下划线组成。"
        table.complain(node.place, said, "例如 town、school_1。", "malformed")
    return planned


def _cast(table: Table) -> dict[str, Who]:
    given = table.mapping("cast", "人物代称: 职务@单位")
    return {key: read_who(each.text()) for key, each in given.items() if each.value}


def _steps(table: Table) -> list[DrillStep]:
    steps: list[DrillStep] = []
    latest: DrillStep | None = None
    for node in table.items("steps"):
        for step in _step(table.inner(node, "步骤")):
            if step.turn <= 1 and step.act != "shift":
                _check_order(table, latest, step)
                latest = step
            steps.append(step)
    return _in_time(steps)


def _in_time(steps: Sequence[DrillStep]) -> list[DrillStep]:
    return sorted(steps, key=lambda step: step.moment)


def _check_order(table: Table, before: DrillStep | None, step: DrillStep) -> None:
    if before is not None and step.moment < before.moment:
        said = f"时间倒退了：上一步（第 {before.place.line} 行）更晚。"
        remedy = "请按时间先后排列；补录较早之事的, at 写发生时间, recorded 写记录时间。"
        table.complain(step.place, said, remedy, "backwards")


def _step(table: Table) -> Iterator[DrillStep]:
    act, by = table.text("do"), table.text("by")
    way = _way(table, act)
    at = table.value("at", MOMENT, required=True)
    step = DrillStep(
        place=table.place,
        at=at or _NEVER,
        recorded=table.value("recorded", MOMENT),
        act=act,
        by=read_who(by) if by else None,
        incident=table.text("incident"),
        unit=table.text("unit"),
        given=_given(table, way),
        label=table.text("as"),
        of=table.text("of"),
        refused=table.text("refused"),
        happened=table.value("happened", TRUTH) or False,
    )
    times, every = table.value("repeat", NUMBER) or 1, table.value("every", SPAN) or timedelta()
    _check_step(table, step, way)
    if at and not 1 <= times <= MOST_TURNS:
        table.complain(step.place, f"“repeat”应在 1 到 {MOST_TURNS} 之间。", "请改写。")
    elif at:
        yield from _turns(step, times, every)


def _turns(step: DrillStep, times: int, every: timedelta) -> Iterator[DrillStep]:
    """The step as often as it is repeated; incidents are told apart by their number."""
    if times == 1:
        yield _when_it_is_over(step)
        return
    for turn in range(times):
        recorded = step.recorded + turn * every if step.recorded else None
        yield replace(step, at=step.at + turn * every, recorded=recorded, turn=turn + 1)


_NEVER = datetime.max.replace(tzinfo=UTC)
"""Stands where a moment could not be read; such a drill is never run."""


def _when_it_is_over(step: DrillStep) -> DrillStep:
    """A spell on duty can only be told when it has ended: told of before, it is then."""
    ends = step.given.get("ends")
    told_later = step.refused or step.recorded or ends is None or not MOMENT.fits(ends)
    if step.act != "shift" or told_later:
        return step
    assert ends is not None
    return replace(step, at=max(step.at, MOMENT.read(ends)))


def _way(table: Table, act: str | None) -> Way | None:
    if act is None or act in WAYS:
        return WAYS.get(act or "")
    meant = near(act, WAYS)
    remedy = f"是否指 {meant}？" if meant else f"可用：{'、'.join(WAYS)}。"
    table.complain(table.place, f"没有“{act}”这种行为。", remedy, "unknown-act")
    return None


def _given(table: Table, way: Way | None) -> Mapping[str, Node]:
    node = table.node("with")
    if node is None:
        return {}
    inner = table.inner(node, "with ")
    for key, each in inner.nodes.items() if way else ():
        assert way is not None
        if key in way.fields():
            inner.fits(key, each, NOTATIONS[way.fields()[key]])
        elif not way.judges:
            remedy = f"可以填写：{'、'.join(way.fields()) or '（无）'}。"
            remedy += "表单的栏目写在 fields 里。" if "fields" in way.fields() else ""
            inner.complain(each.place, f"这个行为没有“{key}”这一项。", remedy, "unknown-key")
    return inner.nodes


INSTEAD = {
    "publish": "单位自己发布的, 先登记：do: register, with: {matter: own_release}。",
    "report": "不属于某一事件的, 用 file_return、summarise 或 zero_report。",
}
"""What to write where an act is about no incident."""


def _check_step(table: Table, step: DrillStep, way: Way | None) -> None:
    table.text("note")
    beside = [key for key in table.rest() if way and key in way.fields()]
    inside = f"写在 with: {{{beside[0]}: …}} 里。" if beside else "核对拼写, 或删去这一项。"
    table.refuse_the_rest(f"请{inside}")
    if way is None:
        return
    if step.by is None and not way.by_administrator:
        table.complain(step.place, "步骤缺少“by”。", "请补上 by。", "missing")
    if way.on in ("new", "matter") and step.incident is None:
        remedy = f"请补上 incident。{INSTEAD.get(step.act or '', '')}"
        table.complain(step.place, "步骤缺少“incident”。", remedy, "missing")
    if step.recorded is not None and step.recorded < step.at:
        said = "recorded 早于 at：不能在发生之前记录。"
        table.complain(step.place, said, "请核对两个时间。", "backwards")


def _expectations(table: Table) -> list[Expectation]:
    read = (_expectation(table.inner(node, "期望")) for node in table.items("expect"))
    return [each for each in read if each is not None]


def _expectation(table: Table) -> Expectation | None:
    kind = next((key for key in table.nodes if key in KINDS), None)
    if kind is None:
        said = "看不出这条期望说的是什么。"
        remedy = f"应含 {'、'.join(KINDS)} 之一。"
        table.complain(table.place, said, remedy, "unknown-expectation")
        return None
    about = table.text(kind, required=True) or ""
    asked = {key: found for key in KINDS[kind] if (found := table.node(key)) is not None}
    for key, found in asked.items():
        table.fits(key, found, NOTATIONS[KINDS[kind][key]])
    table.refuse_the_rest(f"{kind} 可以写：{'、'.join(KINDS[kind]) or '（无）'}。")
    said = ", ".join(f"{key}: {_flat(each)}" for key, each in table.nodes.items())
    return Expectation(table.place, kind, about, asked, said)


def _flat(node: Node) -> str:
    """A value in one line, as it would be written."""
    match node.value:
        case str() as text:
            return text
        case Mapping() as table:
            return "{" + ", ".join(f"{key}: {_flat(each)}" for key, each in table.items()) + "}"
        case several:
            return "[" + ", ".join(map(_flat, several)) + "]"


def _load_refusal(table: Table) -> LoadRefusal | None:
    node = table.node("refused")
    if node is None:
        return None
    if isinstance(node.value, str):
        return LoadRefusal(node.place, node.value, None)
    inner = table.inner(node, "refused ")
    found = LoadRefusal(node.place, inner.text("code"), inner.text("reason"))
    inner.refuse_the_rest()
    return found
