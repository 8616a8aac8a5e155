"""What can be said of a drill before it is run, knowing its pack: names that mean nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence

from huiyin.drills.acts import NO_DRAFT, WAYS, Way
from huiyin.drills.kinds import PAPERS, STATE_WORDS, end, value_of, whole
from huiyin.drills.rulebook import load
from huiyin.drills.script import Drill, DrillStep, Expectation, Who, resolve
from shared.acts.vocabulary import ACTS
from shared.documents import Complaints, Node, Spot, Unreadable, near
from shared.errors import Invalid
from shared.identity.posts import POSTS
from shared.policy.language.pack import Pack
from shared.policy.language.standing import items

OWED = dict.fromkeys(("reply", "report", *ACTS))
"""What findings say was late or missed; shifts are worked, and so an act."""

NAMED: Mapping[str, Sequence[str]] = {
    "finding": [f"{how}_{what}" for what in OWED for how in ("late", "missed")],
    "breach": ("any", "order", "approval", "post"),
    "paper": (*PAPERS, *ACTS),
}
"""What can stand behind the key of such an expectation, besides numbers of the pack."""
SEVERITY = "severity"
"""The axis that ``grade`` judges."""


def check(drill: Drill, pack: Pack) -> None:
    """Raises Unreadable with everything that is wrong; nothing of the drill is run then."""
    complaints = Complaints("drill")
    _check_cast(drill, pack, complaints)
    _check_names(drill, complaints)
    _check_axes(drill, pack, complaints)
    _check_rules(drill, pack, complaints)
    _check_expected(drill, pack, complaints)
    complaints.check()


def _check_cast(drill: Drill, pack: Pack, complaints: Complaints) -> None:
    """Complain of every post and unit that nobody can hold."""
    units = {unit.key for unit in drill.units}
    for who, place in _named(drill):
        unit, role = resolve(drill, who)
        if unit not in units:
            said, remedy = f"没有代称为“{unit}”的单位。", f"已列出：{'、'.join(units)}。"
            complaints.add("unknown-unit", place, said, remedy)
        if role not in pack.parties and role not in POSTS:
            said = f"没有“{role}”这一职务。"
            complaints.add("unknown-role", place, said, f"可用：{'、'.join(pack.parties)}。")


def _named(drill: Drill) -> Iterator[tuple[Who, Spot]]:
    for step in drill.steps:
        if step.by is not None and step.turn <= 1:
            yield step.by, step.place


def check_all(drills: Sequence[Drill]) -> None:
    """Check drills before any of them is run; raises Unreadable, or Invalid for an unknown pack."""
    complaints: list[Invalid] = []
    for drill in drills:
        loaded = load(drill)
        try:
            if drill.load_refused is None and loaded.pack is not None:
                check(drill, loaded.pack)
            elif drill.load_refused is None:
                complaints += [each.as_error(drill.file) for each in loaded.complaints]
        except Unreadable as problem:
            complaints += problem.complaints
    if complaints:
        raise Unreadable(list({str(each): each for each in complaints}.values()))


def incident_names(step: DrillStep) -> str | None:
    """What the incident of a step is called: a repeated one has a number behind its name."""
    if step.incident is None:
        return None
    return f"{step.incident}{step.turn}" if step.turn else step.incident


def _check_names(drill: Drill, complaints: Complaints) -> None:
    """Incidents, labels and units have to be there before they are used."""
    incidents: set[str] = set()
    labels: set[str] = set()
    for step in drill.steps:
        name = incident_names(step)
        if step.act == "register" and name:
            incidents |= {name, step.incident or name}
        elif name and not {name, step.incident} & incidents:
            _unknown(complaints, "incident", step.place, "事件", name, incidents)
        if step.of and step.act != "find" and step.of not in {NO_DRAFT, *labels}:
            _unknown(complaints, "label", step.place, "稿件或材料", step.of, labels)
        if step.label:
            labels.add(step.label)
        for kind, value, place in _values(step):
            _check_value(drill, complaints, incidents, kind, value, place)
    for each in drill.expectations:
        named = [(each.about, each.place)] if each.kind in ("ledger", "trail") else []
        if "incident" in each.asked:
            node = each.asked["incident"]
            named.append((str(node.value), node.place))
        for name, place in named:
            if name not in incidents:
                _unknown(complaints, "incident", place, "事件", name, incidents)


def _values(step: DrillStep) -> Iterator[tuple[str, str, Spot]]:
    """The units and incidents that a step names besides its own."""
    way = WAYS.get(step.act or "")
    fields = way.fields() if way else {}
    if step.unit:
        yield "unit", step.unit, step.place
    for key, node in step.given.items():
        kind = fields.get(key, "")
        if kind.rstrip("s") in ("unit", "incident"):
            found = value_of(kind, node)
            for value in found if isinstance(found, list) else [found]:
                yield kind.rstrip("s"), value, node.place


def _check_value(
    drill: Drill,
    complaints: Complaints,
    incidents: set[str],
    kind: str,
    value: str,
    place: Spot,
) -> None:
    units = {unit.key for unit in drill.units}
    if kind == "unit" and value and value not in units:
        _unknown(complaints, "unit", place, "单位", value, units)
    if kind == "incident" and value not in incidents:
        _unknown(complaints, "incident", place, "事件", value, incidents)


def _check_axes(drill: Drill, pack: Pack, complaints: Complaints) -> None:
    """What stands beside the fields of a judging act must be an axis of the pack."""
    for step in drill.steps:
        way = WAYS.get(step.act or "")
        if way is None or not way.judges or step.turn > 1:
            continue
        for key, node in step.given.items():
            if graded(pack, way, key, node) is not None:
                continue
            if key not in way.fields() and key not in pack.axes:
                said = f"“{step.act}”没有“{key}”这一项, 规则包也没有这个分类维度。"
                known = f"维度：{'、'.join(pack.axes) or '无'}；字段：{'、'.join(way.fields())}。"
                complaints.add("unknown-key", node.place, said, known)


def graded(pack: Pack, way: Way, key: str, node: Node) -> str | None:
    """Which axis ``grade`` judges, where the interface itself has no such field for it.

    Every judging act takes it: it is the severity, or in a pack without one the only axis that has
    such a value.
    """
    if key != "grade" or not way.judges:
        return None
    if SEVERITY in pack.axes:
        return None if key in way.takes else SEVERITY
    having = [name for name, axis in pack.axes.items() if node.value in axis.values]
    return having[0] if len(having) == 1 else None


def _check_rules(drill: Drill, pack: Pack, complaints: Complaints) -> None:
    """A duty that is expected must be a rule of the pack, or one that it leaves unarmed."""
    known = {*pack.rules, *items(pack.file), *pack.file.unarmed}
    if any(step.act in ("adopt", "repin") for step in drill.steps):
        return  # other rules may hold by then
    for each in drill.expectations:
        for number, place in _numbers(each.kind, each.about, each.asked, each.place):
            if number not in known and whole(number) not in known:
                meant = near(number, known, 3) or pack.id
                said = f"规则包 {pack.id} 中没有编号“{number}”。"
                complaints.add("unknown-rule", place, said, f"相近的有：{meant}。")


def _check_expected(drill: Drill, pack: Pack, complaints: Complaints) -> None:
    """Names that mean nothing: what is said not to be there would always hold."""
    units = {unit.key for unit in drill.units}
    for each in drill.expectations:
        known = units | ({*pack.parties} if each.kind in ("finding", "breach") else set())
        for key in ("unit", "assignee"):
            if key in each.asked and each.asked[key].value not in known:
                node = each.asked[key]
                _unknown(complaints, "unit", node.place, "单位", str(node.value), units)
        state = each.asked.get("state")
        if state is not None and state.value not in STATE_WORDS:
            said, remedy = f"没有“{state.value}”这种状态。", f"可用：{'、'.join(STATE_WORDS)}。"
            complaints.add("unknown-state", state.place, said, remedy)
        if each.kind == "trail":
            _check_acts(each, complaints)
        if each.kind in NAMED:
            _check_name(drill, pack, each, complaints)


def _check_name(drill: Drill, pack: Pack, each: Expectation, complaints: Complaints) -> None:
    """What is found, broken or written must be a word for such a thing, or a number of the pack."""
    words = NAMED[each.kind]
    known = {*words, *pack.rules, *items(pack.file)}
    name = each.about.split(":")[0].split()[0] if each.kind == "paper" else each.about
    short = {part for number in known for part in (whole(number), end(whole(number)))}
    if name in known | short:
        return
    if any(step.act in ("adopt", "repin") for step in drill.steps):
        return  # other rules may hold by then
    meant = near(name, known, 3) or "、".join(words)
    said = f"没有“{name}”这种说法, 规则包 {pack.id} 中也没有这个编号。"
    complaints.add("unknown-name", each.place, said, f"可用：{meant}。")


def _check_acts(trail: Expectation, complaints: Complaints) -> None:
    """What a trail has or has not must be acts, or duties that were missed."""
    for key in ("order", "has", "not"):
        for text in trail.asked[key].texts() if key in trail.asked else ():
            act = re.split("[: ]", text, maxsplit=1)[0]
            if act not in (*ACTS, "missed"):
                meant = near(act, ACTS, 3) or "、".join(ACTS)
                said = f"没有“{act}”这种行为。"
                complaints.add("unknown-act", trail.asked[key].place, said, f"可用：{meant}。")


def _numbers(
    kind: str, about: str, asked: Mapping[str, Node], place: Spot
) -> Iterator[tuple[str, Spot]]:
    if kind == "duty" and "none" not in asked:
        yield about, place
    for key in ("duty", "rule"):
        if key in asked:
            yield str(asked[key].value), asked[key].place


def _unknown(
    complaints: Complaints, code: str, place: Spot, what: str, name: str, known: set[str]
) -> None:
    said = f"这里还没有代称为“{name}”的{what}。"
    complaints.add(f"unknown-{code}", place, said, f"已有：{'、'.join(sorted(known)) or '无'}。")
