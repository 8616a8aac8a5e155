"""What can be said of a drill before it is run, knowing its pack: names that mean nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence

from huiyin.drills.acts import NO_DRAFT, WAYS, Way
from huiyin.drills.kinds import PAPERS, STATE_WORDS, end, value_of, whole
from huiyin.drills.rulebook import load
from huiyin.drills.script import Drill, DrillStep, Expectation, resolve
from shared.acts.vocabulary import ACTS
from shared.documents import Complaints, Node, Spot, Unreadable, near
from shared.errors import Invalid
from shared.policy.language.pack import Pack
from shared.words import POSTS

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
    _Examination(drill, pack).check()


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


class _Examination:
    """One drill, looked through for names that mean nothing."""

    def __init__(self, drill: Drill, pack: Pack) -> None:
        self._drill = drill
        self._pack = pack
        self._complaints = Complaints("drill")
        self._units = {unit.key for unit in drill.units}
        self._incidents: set[str] = set()
        self._labels: set[str] = set()
        # other rules may hold by the end
        self._one_pack = all(step.act not in ("adopt", "repin") for step in drill.steps)

    def check(self) -> None:
        """Raises Unreadable with everything that is wrong."""
        for step in self._drill.steps:
            if step.turn <= 1:
                self._check_actor(step)
                self._check_axes(step)
            self._check_names(step)
        for each in self._drill.expectations:
            self._check_expected(each)
        self._complaints.check()

    def _check_actor(self, step: DrillStep) -> None:
        """Every post must be one that somebody can hold, in a unit that there is."""
        if step.by is None:
            return
        unit, role = resolve(self._drill, step.by)
        if unit not in self._units:
            said, remedy = f"没有代称为“{unit}”的单位。", f"已列出：{'、'.join(self._units)}。"
            self._complaints.add("unknown-unit", step.place, said, remedy)
        if role not in self._pack.parties and role not in POSTS:
            remedy = f"可用：{'、'.join(self._pack.parties)}。"
            self._complaints.add("unknown-role", step.place, f"没有“{role}”这一职务。", remedy)

    def _check_axes(self, step: DrillStep) -> None:
        """What stands beside the fields of a judging act must be an axis of the pack."""
        way, axes = WAYS.get(step.act or ""), self._pack.axes
        if way is None or not way.judges:
            return
        for key, node in step.given.items():
            known = graded(self._pack, way, key, node) is not None or key in way.fields()
            if not known and key not in axes:
                said = f"“{step.act}”没有“{key}”这一项, 规则包也没有这个分类维度。"
                remedy = f"维度：{'、'.join(axes) or '无'}；字段：{'、'.join(way.fields())}。"
                self._complaints.add("unknown-key", node.place, said, remedy)

    def _check_names(self, step: DrillStep) -> None:
        """Incidents, labels and units have to be there before they are used."""
        name = incident_names(step)
        if step.act == "register" and name:
            self._incidents |= {name, step.incident or name}
        elif name and not {name, step.incident} & self._incidents:
            self._unknown("incident", step.place, name)
        if step.of and step.act != "find" and step.of not in {NO_DRAFT, *self._labels}:
            self._unknown("label", step.place, step.of)
        if step.label:
            self._labels.add(step.label)
        for kind, value, place in _named(step):
            if value and value not in (self._units if kind == "unit" else self._incidents):
                self._unknown(kind, place, value)

    def _check_expected(self, each: Expectation) -> None:
        """What is said not to be there would always hold, whatever it is called."""
        named = [(each.about, each.place)] if each.kind in ("ledger", "trail") else []
        for name, place in [*named, *_under(each, "incident")]:
            if name not in self._incidents:
                self._unknown("incident", place, name)
        parties = {*self._pack.parties} if each.kind in ("finding", "breach") else set()
        for name, place in _under(each, "unit", "assignee"):
            if name not in self._units | parties:
                self._unknown("unit", place, name)
        for name, place in _under(each, "state"):
            if name not in STATE_WORDS:
                remedy = f"可用：{'、'.join(STATE_WORDS)}。"
                self._complaints.add("unknown-state", place, f"没有“{name}”这种状态。", remedy)
        if each.kind == "trail":
            self._check_acts(each)
        if self._one_pack:
            self._check_numbers(each)
            self._check_word(each)

    def _check_acts(self, trail: Expectation) -> None:
        """What a trail has or has not must be acts, or duties that were missed."""
        for key in ("order", "has", "not"):
            for text in trail.get(key, ()):
                act = re.split("[: ]", text, maxsplit=1)[0]
                if act not in (*ACTS, "missed"):
                    remedy = f"可用：{near(act, ACTS, 3) or '、'.join(ACTS)}。"
                    place = trail.asked[key].place
                    self._complaints.add("unknown-act", place, f"没有“{act}”这种行为。", remedy)

    def _check_numbers(self, each: Expectation) -> None:
        """A duty that is expected must be a rule of the pack, or one that it leaves unarmed."""
        pack = self._pack
        known = {*pack.rules, *pack.file.items(), *pack.file.unarmed}
        own = [(each.about, each.place)] if each.kind == "duty" and "none" not in each else []
        for number, place in [*own, *_under(each, "duty", "rule")]:
            if number not in known and whole(number) not in known:
                remedy = f"相近的有：{near(number, known, 3) or pack.id}。"
                said = f"规则包 {pack.id} 中没有编号“{number}”。"
                self._complaints.add("unknown-rule", place, said, remedy)

    def _check_word(self, each: Expectation) -> None:
        """What is found, broken or written is a word for such a thing, or a number of the pack."""
        words = NAMED.get(each.kind)
        if words is None:
            return
        known = {*words, *self._pack.rules, *self._pack.file.items()}
        name = each.about.split(":")[0].split()[0] if each.kind == "paper" else each.about
        short = {part for number in known for part in (whole(number), end(whole(number)))}
        if name not in known | short:
            said = f"没有“{name}”这种说法, 规则包 {self._pack.id} 中也没有这个编号。"
            remedy = f"可用：{near(name, known, 3) or '、'.join(words)}。"
            self._complaints.add("unknown-name", each.place, said, remedy)

    def _unknown(self, kind: str, place: Spot, name: str) -> None:
        what, known = {
            "incident": ("事件", self._incidents),
            "label": ("稿件或材料", self._labels),
            "unit": ("单位", self._units),
        }[kind]
        said, remedy = f"这里还没有代称为“{name}”的{what}。", "、".join(sorted(known)) or "无"
        self._complaints.add(f"unknown-{kind}", place, said, f"已有：{remedy}。")


def _named(step: DrillStep) -> Iterator[tuple[str, str, Spot]]:
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


def _under(each: Expectation, *keys: str) -> Iterator[tuple[str, Spot]]:
    """What stands under keys of an expectation, and where."""
    return ((str(each.asked[key].value), each.asked[key].place) for key in keys if key in each)
