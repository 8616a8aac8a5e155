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
    drills = _drills(root, path, complaints) if root else []
    complaints.check()
    return drills


def _drills(root: Node, path: Path, complaints: Complaints) -> list[Drill]:
    table = Table(root, "演练", complaints)
    name = table.text("drill", required=True) or ""
    drill = Drill(
        file=path,
        name=name,
        title=table.text("zh") or name,
        proves=table.texts("proves"),
        rules=_rules(table, complaints, required=True) or Ruleset(table.place),
        params=_params(table),
        units=_units(table, complaints),
        cast=_cast(table, complaints),
        steps=_steps(table, complaints),
        expectations=_expectations(table, complaints),
        load_refused=_load_refusal(table, complaints),
    )
    variants = [_varied(drill, node, complaints) for node in table.items("variants")]
    table.refuse_the_rest()
    return variants or [drill]


def _varied(drill: Drill, node: Node, complaints: Complaints) -> Drill:
    table = Table(node, "变体", complaints)
    varied = replace(
        drill,
        name=f"{drill.name}/{table.text('name', required=True)}",
        rules=_rules(table, complaints, required=False) or drill.rules,
        params={**drill.params, **_params(table)},
        steps=_in_time([*drill.steps, *_steps(table, complaints)]),
        expectations=[*drill.expectations, *_expectations(table, complaints)],
        load_refused=_load_refusal(table, complaints) or drill.load_refused,
    )
    table.refuse_the_rest()
    return varied


def _rules(table: Table, complaints: Complaints, *, required: bool) -> Ruleset | None:
    node = table.node("pack", required=required)
    if node is None:
        return None
    if isinstance(node.value, str):
        return Ruleset(node.place, name=node.value)
    if isinstance(node.value, Mapping) and {"extends", "patch", "pack"} & set(node.value):
        return Ruleset(node.place, table=node)
    said = "“pack”应是规则包名、来源编号、文件路径, 或含 extends、patch 或 [pack] 的表。"
    complaints.add("wrong-type", node.place, said, "请参照 docs/drills.md 改写。")
    return None


def _params(table: Table) -> dict[str, str | int]:
    node = table.node("params")
    if node is None or not isinstance(node.value, Mapping):
        return {}
    return {key: typed(each) for key, each in node.value.items()}


def _units(table: Table, complaints: Complaints) -> list[UnitPlanned]:
    node = table.node("units")
    if node is None:
        return [UnitPlanned(DEFAULT_UNIT, "演练单位", None, table.place)]
    if not isinstance(node.value, Mapping) or not node.value:
        said = "“units”应写成“单位代称: {name: 名称, parent: 上级代称}”。"
        complaints.add("wrong-type", node.place, said, "请改写。")
        return [UnitPlanned(DEFAULT_UNIT, "演练单位", None, table.place)]
    planned = [_unit(key, each, complaints) for key, each in node.value.items()]
    known = [unit.key for unit in planned]
    for unit in planned:
        if unit.parent is not None and unit.parent not in known[: known.index(unit.key)]:
            said = f"上级“{unit.parent}”没有在它之前列出。"
            complaints.add("unknown-unit", unit.place, said, "请先列上级, 再列下级。")
    return planned


def _unit(key: str, node: Node, complaints: Complaints) -> UnitPlanned:
    if isinstance(node.value, str):
        planned = UnitPlanned(key, node.value or key, None, node.place)
    else:
        table = Table(node, f"单位 {key} ", complaints)
        planned = UnitPlanned(key, table.text("name") or key, table.text("parent"), node.place)
        table.refuse_the_rest()
    if not _KEY.fullmatch(key) or not UNIT_CODE.fullmatch(planned.code):
        said = f"单位代称“{key}”应由小写字母、数字和下划线组成。"
        complaints.add("malformed", node.place, said, "例如 town、school_1。")
    return planned


def _cast(table: Table, complaints: Complaints) -> dict[str, Who]:
    node = table.node("cast")
    if node is None:
        return {}
    if not isinstance(node.value, Mapping):
        said = "“cast”应写成“人物代称: 职务@单位”。"
        complaints.add("wrong-type", node.place, said, "请改写。")
        return {}
    return {key: read_who(each.text()) for key, each in node.value.items() if each.value}


def _steps(table: Table, complaints: Complaints) -> list[DrillStep]:
    steps: list[DrillStep] = []
    latest: DrillStep | None = None
    for node in table.items("steps"):
        for step in _step(node, complaints):
            if step.turn <= 1 and step.act != "shift":
                _check_order(latest, step, complaints)
                latest = step
            steps.append(step)
    return _in_time(steps)


def _in_time(steps: Sequence[DrillStep]) -> list[DrillStep]:
    return sorted(steps, key=lambda step: step.moment)


def _check_order(before: DrillStep | None, step: DrillStep, complaints: Complaints) -> None:
    if before is not None and step.moment < before.moment:
        said = f"时间倒退了：上一步（第 {before.place.line} 行）更晚。"
        remedy = "请按时间先后排列；补录较早之事的, at 写发生时间, recorded 写记录时间。"
        complaints.add("backwards", step.place, said, remedy)


def _step(node: Node, complaints: Complaints) -> Iterator[DrillStep]:
    table = Table(node, "步骤", complaints)
    at = table.value("at", MOMENT, required=True)
    act = table.text("do")
    by = table.text("by")
    way = _way(act, node, complaints)
    step = DrillStep(
        place=node.place,
        at=at or _NEVER,
        recorded=table.value("recorded", MOMENT),
        act=act,
        by=read_who(by) if by else None,
        incident=table.text("incident"),
        unit=table.text("unit"),
        given=_given(table, way, complaints),
        label=table.text("as"),
        of=table.text("of"),
        refused=table.text("refused"),
        happened=table.value("happened", TRUTH) or False,
    )
    times, every = table.value("repeat", NUMBER) or 1, table.value("every", SPAN) or timedelta()
    table.text("note")
    beside = [key for key in table.rest() if way and key in way.fields()]
    inside = f"写在 with: {{{beside[0]}: …}} 里。" if beside else "核对拼写, 或删去这一项。"
    table.refuse_the_rest(f"请{inside}")
    _check_step(step, way, complaints)
    if at is None:
        return
    if not 1 <= times <= MOST_TURNS:
        said = f"“repeat”应在 1 到 {MOST_TURNS} 之间。"
        complaints.add("wrong-type", node.place, said, "请改写。")
        return
    if times == 1:
        yield _when_it_is_over(step)
        return
    for turn in range(times):
        yield _repeated(step, turn, every)


_NEVER = datetime.max.replace(tzinfo=UTC)
"""Stands where a moment could not be read; such a drill is never run."""


def _when_it_is_over(step: DrillStep) -> DrillStep:
    """A spell on duty can only be told when it has ended: told of before, it is then."""
    ends = step.given.get("ends")
    if step.act != "shift" or step.refused or step.recorded or ends is None:
        return step
    if not MOMENT.fits(ends):
        return step
    return replace(step, at=max(step.at, MOMENT.read(ends)))


def _repeated(step: DrillStep, turn: int, every: timedelta) -> DrillStep:
    """The so-many-th of a repeated step; incidents are told apart by their number."""
    return replace(
        step,
        at=step.at + turn * every,
        recorded=step.recorded + turn * every if step.recorded else None,
        turn=turn + 1,
    )


def _way(act: str | None, node: Node, complaints: Complaints) -> Way | None:
    if act is None or act in WAYS:
        return WAYS.get(act or "")
    meant = near(act, WAYS)
    remedy = f"是否指 {meant}？" if meant else f"可用：{'、'.join(WAYS)}。"
    complaints.add("unknown-act", node.place, f"没有“{act}”这种行为。", remedy)
    return None


def _given(table: Table, way: Way | None, complaints: Complaints) -> Mapping[str, Node]:
    node = table.node("with")
    if node is None:
        return {}
    inner = Table(node, "with ", complaints)
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


def _check_step(step: DrillStep, way: Way | None, complaints: Complaints) -> None:
    def missing(key: str) -> None:
        said = f"步骤缺少“{key}”。"
        instead = INSTEAD.get(step.act or "", "") if key == "incident" else ""
        complaints.add("missing", step.place, said, f"请补上 {key}。{instead}")

    if way is None:
        return
    if step.by is None and not way.by_administrator:
        missing("by")
    if way.on in ("new", "incident") and step.incident is None:
        missing("incident")
    if step.recorded is not None and step.recorded < step.at:
        said = "recorded 早于 at：不能在发生之前记录。"
        complaints.add("backwards", step.place, said, "请核对两个时间。")


def _expectations(table: Table, complaints: Complaints) -> list[Expectation]:
    read = (_expectation(node, complaints) for node in table.items("expect"))
    return [each for each in read if each is not None]


def _expectation(node: Node, complaints: Complaints) -> Expectation | None:
    table = Table(node, "期望", complaints)
    kind = next((key for key in table.nodes if key in KINDS), None)
    if kind is None:
        said = "看不出这条期望说的是什么。"
        complaints.add("unknown-expectation", node.place, said, f"应含 {'、'.join(KINDS)} 之一。")
        return None
    about = table.text(kind, required=True) or ""
    asked = {key: found for key in KINDS[kind] if (found := table.node(key)) is not None}
    for key, found in asked.items():
        table.fits(key, found, NOTATIONS[KINDS[kind][key]])
    table.refuse_the_rest(f"{kind} 可以写：{'、'.join(KINDS[kind]) or '（无）'}。")
    said = ", ".join(f"{key}: {_flat(each)}" for key, each in table.nodes.items())
    return Expectation(node.place, kind, about, asked, said)


def _flat(node: Node) -> str:
    """A value in one line, as it would be written."""
    match node.value:
        case str() as text:
            return text
        case Mapping() as table:
            return "{" + ", ".join(f"{key}: {_flat(each)}" for key, each in table.items()) + "}"
        case several:
            return "[" + ", ".join(map(_flat, several)) + "]"


def _load_refusal(table: Table, complaints: Complaints) -> LoadRefusal | None:
    node = table.node("refused")
    if node is None:
        return None
    if isinstance(node.value, str):
        return LoadRefusal(node.place, node.value, None)
    inner = Table(node, "refused ", complaints)
    found = LoadRefusal(node.place, inner.text("code"), inner.text("reason"))
    inner.refuse_the_rest()
    return found
