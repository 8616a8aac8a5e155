"""What a pack says against itself or against the vocabulary: names, references, impossibilities."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from shared.acts.vocabulary import ACTS
from shared.documents import Complaint, near
from shared.errors import Invalid
from shared.policy.engine.periods import schedule_of
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Demand, Pattern
from shared.policy.language.rules import Duty, Gate, Offence, Rule, Schedule, Shift
from shared.policy.language.scope import REFER_INSTEAD, out_of_scope

GIVEN = ("state", "matter", "channel")
"""What conditions can ask for besides the pack's own axes."""

MATTERS: Mapping[str, str] = {
    "incident": "舆情事件",
    "own_release": "自主发布",
    "activity": "活动",
    "opening": "开学",
    "programme": "专项工作",
}
"""Kinds of matters (事项类型). Only incidents count in incident statistics."""

UNIT_ONLY = ("browse", "summarise", "zero_report", "shift", "rank", "appoint", "adopt")
"""Acts that belong to a unit's day and never to one matter."""

KINDLESS = (
    *("register", "correct", "link", "void", "grade", "reject", "close", "reopen", "settle"),
    *("appoint", "adopt", "publish_calendar"),
)
"""Acts whose records say no kind: a rule that waits for one would wait for ever."""


KeyPath = tuple[str, ...]
"""The keys under which something stands in a pack's file, from the top."""


def check(pack: Pack) -> Iterator[Complaint]:
    """Everything that is wrong with a pack's own file."""
    yield from _same_number_twice(pack)
    yield from _beyond_the_line(pack)
    yield from _kinds(pack)
    yield from _defaults(pack)
    each = (_patterns, _parties, _conditions, _references, _never_met, _never_due)
    for number, rule in pack.file.rules():
        for told in each:
            yield from told(pack, rule, (rule.SECTION, number))
    yield from _never_open(pack)


def _never_due(pack: Pack, rule: Rule, path: KeyPath) -> Iterator[Complaint]:
    """A schedule whose days do not fit its period would stop the room that keeps it."""
    del pack
    try:
        if isinstance(rule, Schedule):
            schedule_of(rule)
    except Invalid as problem:
        key = (problem.field,) if problem.field else ()
        yield Complaint("pack.malformed", (*path, *key), problem.message, problem.remedy)


def _same_number_twice(pack: Pack) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    sections = [(number, rule.SECTION) for number, rule in pack.file.rules()]
    for number, section in [*sections, *((n, "unarmed") for n in pack.file.unarmed)]:
        if number in seen:
            said = f"编号 {number} 已用于 [{seen[number]}]。"
            remedy = "每个编号只用一次；一条规则要分几款的, 在编号后加 /一个英文名。"
            yield Complaint("pack.number-twice", (section, number), said, remedy)
        seen[number] = section


def _beyond_the_line(pack: Pack) -> Iterator[Complaint]:
    """Actions that the product never helps with, by whatever name."""
    file = pack.file
    named: list[tuple[KeyPath, str]] = [
        *(((rule.SECTION, number, "zh"), rule.zh) for number, rule in file.rules()),
        *(
            (("kinds", act, k), f"{k} {zh}")
            for act, of in file.kinds.items()
            for k, zh in of.items()
        ),
        *((("state", k), f"{k} {each.zh}") for k, each in file.state.items()),
        *((("party", k), f"{k} {each.zh}") for k, each in file.party.items()),
        *(
            (("form", number, "fields", k), f"{k} {each.zh}")
            for number, form in file.form.items()
            for k, each in form.fields.items()
        ),
    ]
    for path, words in named:
        what = out_of_scope(words)
        if what:
            said = f"“{words}”属于{what}, 本系统没有这种功能, 任何规则包都不能要求。"
            yield Complaint("pack.out-of-scope", path, said, REFER_INSTEAD)


def _kinds(pack: Pack) -> Iterator[Complaint]:
    for act in pack.file.kinds:
        if act not in ACTS:
            said = f"没有“{act}”这种行为。"
            remedy = f"请写已有的行为{_hint(act, ACTS)}。"
            yield Complaint("pack.unknown-act", ("kinds", act), said, remedy)
        elif act in KINDLESS:
            said = f"{ACTS[act].title}（{act}）不分种类。"
            remedy = "请换一种可分种类的行为, 如 note（记录）、instruct（批示）。"
            yield Complaint("pack.unknown-kind", ("kinds", act), said, remedy)


def _defaults(pack: Pack) -> Iterator[Complaint]:
    for key, axis in pack.file.axis.items():
        for value in filter(None, (axis.default, *(axis.scale or {}))):
            yield from _value(key, value, axis.values, ("axis", key))


def _value(key: str, value: str, known: Collection[str], path: KeyPath) -> Iterator[Complaint]:
    if value not in known:
        choices = f"可以填写：{'、'.join(known) or '（尚未声明任何值）'}。"
        yield Complaint("pack.unknown-value", path, f"{key} 没有“{value}”这个值。", choices)


def _patterns(pack: Pack, rule: Rule, path: KeyPath) -> Iterator[Complaint]:
    for pattern in dict.fromkeys(rule.asked()):
        yield from _kind(pack, pattern, path)
        for role in (pattern.to, pattern.by):
            yield from _party(pack, role, path)
        medium = pattern.medium
        if medium and medium not in (("on", "off") if pattern.act == "declare" else pack.media):
            said = f"式样“{pattern}”中的方式 {medium} 没有声明。"
            remedy = f'请在 [medium] 中写 {medium} = "中文名"。'
            yield Complaint("pack.unknown-medium", path, said, remedy)


def _kind(pack: Pack, pattern: Pattern, path: KeyPath) -> Iterator[Complaint]:
    if pattern.kind is None or (pattern.act == "declare" and pattern.kind in pack.states):
        return
    states = pack.states if pattern.act == "declare" else ()
    known = pack.kinds_of(pattern.act).keys() - states
    if pattern.kind not in known:
        section = "state" if pattern.act == "declare" else f"kinds.{pattern.act}"
        said = f"式样“{pattern}”中的种类 {pattern.kind} 没有声明{_hint(pattern.kind, known)}。"
        remedy = f'请在 [{section}] 中写 {pattern.kind} = "中文名"。'
        yield Complaint("pack.unknown-kind", path, said, remedy)


def _parties(pack: Pack, rule: Rule, path: KeyPath) -> Iterator[Complaint]:
    for name in ("who", "recipients", "only_by"):
        for role in getattr(rule, name, None) or ():
            yield from _party(pack, role, (*path, name))
    if isinstance(rule, Duty) and rule.extension:
        for role in rule.extension.approver or ():
            yield from _party(pack, role, (*path, "extension"))


def _party(pack: Pack, role: str | None, path: KeyPath) -> Iterator[Complaint]:
    if role is not None and role not in pack.parties:
        said = f"没有当事方 {role}{_hint(role, pack.parties)}。"
        remedy = f'请在 [party.{role}] 中写 zh = "中文名"。'
        yield Complaint("pack.unknown-party", path, said, remedy)


def _conditions(pack: Pack, rule: Rule, path: KeyPath) -> Iterator[Complaint]:
    for key, values in (getattr(rule, "when", None) or {}).items():
        choices = _choices(pack, key)
        if choices is None:
            hint = f"请在 [axis.{key}] 中声明, 或改用 {'、'.join(GIVEN)}。"
            told = f"没有分类维度 {key}{_hint(key, pack.axes)}。"
            yield Complaint("pack.unknown-axis", (*path, "when", key), told, hint)
            continue
        for value in values:
            asked = value.removeprefix("!")
            yield from _value(key, asked, choices, (*path, "when", key))


def _choices(pack: Pack, key: str) -> Collection[str] | None:
    given = {"state": pack.states, "matter": MATTERS, "channel": pack.channels}
    axis = pack.axes.get(key)
    return given.get(key, axis.values if axis else None)


def _references(pack: Pack, rule: Rule, path: KeyPath) -> Iterator[Complaint]:
    named: list[tuple[str, str]] = []
    match rule:
        case Duty():
            missed = [start for start in rule.start if start.startswith("missed:")]
            named += [("clash", number) for number in rule.clash]
            named += [("start", start.removeprefix("missed:")) for start in missed]
            yield from _states(pack, rule, path)
        case Schedule():
            named += [("clash", number) for number in rule.clash]
        case Offence():
            named += [("duties", number) for number in rule.duties]
        case Shift() if rule.form:
            named.append(("form", rule.form))
    for key, number in named:
        if number not in pack.rules and number not in pack.file.unarmed:
            told = f"没有编号为 {number} 的规则{_hint(number, pack.rules)}。"
            yield Complaint("pack.unknown-rule", (*path, key), told, "请改正编号。")


def _states(pack: Pack, duty: Duty, path: KeyPath) -> Iterator[Complaint]:
    for start in duty.start:
        state = start.removeprefix("state:")
        if start.startswith("state:") and state not in pack.states:
            said = f"没有声明状态 {state}{_hint(state, pack.states)}。"
            remedy = f'请在 [state.{state}] 中写 zh = "中文名"。'
            yield Complaint("pack.unknown-state", (*path, "start"), said, remedy)


def _never_met(pack: Pack, rule: Rule, path: KeyPath) -> Iterator[Complaint]:
    """A duty on a matter that only acts on a unit's day could fulfil, or that a gate forbids."""
    if not isinstance(rule, Duty):
        return
    wanted = list(rule.stop.patterns())
    if all(pattern.act in UNIT_ONLY for pattern in wanted):
        said = f"事项上的义务不能靠“{wanted[0]}”完成：它记在单位名下, 不属于某一事项。"
        remedy = "请改用 [schedule]（定期事项）, 或换成事项上的行为。"
        yield Complaint("pack.never-met", (*path, "stop"), said, remedy)
    forbidden = next((p for p in _unconditional(rule.stop) if _closed_to(pack, p)), None)
    if forbidden:
        said = f"“{forbidden}”已被前置条件限定由他人办理, 这项义务永远不能完成。"
        remedy = "请核对 only_by 与本规则的 by。"
        yield Complaint("pack.never-met", (*path, "stop"), said, remedy)


def _closed_to(pack: Pack, pattern: Pattern) -> bool:
    """Whether some gate gives the act to others than the party that must do it."""
    return pattern.by is not None and any(
        gate.only_by is not None
        and gate.when is None
        and gate.mode == "refuse"
        and pattern.by not in gate.only_by
        and any(refused.covers(pattern) for refused in gate.refuse)
        for gate in pack.of(Gate).values()
    )


def _never_open(pack: Pack) -> Iterator[Complaint]:
    """Gates that wait for what they themselves, or each other, refuse."""
    gates = {n: g for n, g in pack.of(Gate).items() if g.when is None and g.mode == "refuse"}
    waits = {
        number: {
            other
            for other, gate in gates.items()
            for pattern in _unconditional(gates[number].needs)
            if any(refused.covers(pattern) for refused in gate.refuse)
        }
        for number in gates
    }
    for number in pack.file.gate:
        circle = _circle(number, waits) if number in waits else None
        if circle:
            said = f"前置条件互相等待, 永远不能满足：{' → '.join(circle)}。"
            remedy = "请去掉其中一个前置条件, 或改变所要求的行为。"
            yield Complaint("pack.never-open", ("gate", number, "needs"), said, remedy)


def _unconditional(demand: Demand | None) -> Iterator[Pattern]:
    """The patterns without which a demand cannot be met."""
    if demand is None or (demand.how == "any" and len(demand.parts) > 1):
        return
    for part in demand.parts:
        if isinstance(part, Pattern):
            yield part
        else:
            yield from _unconditional(part)


def _circle(start: str, waits: Mapping[str, set[str]]) -> list[str] | None:
    """A way from a gate over what it waits for back to itself, or none."""
    ways: list[list[str]] = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for following in sorted(waits[way[-1]]):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return None


def _hint(name: str, known: Iterable[str]) -> str:
    meant = near(name, known)
    return f", 是否指 {meant}" if meant else ""
