"""What a pack says against itself or against the vocabulary: names, references, impossibilities."""

from collections.abc import Iterable, Iterator, Mapping

from shared.acts.vocabulary import ACTS
from shared.documents import Complaint, near
from shared.errors import Invalid
from shared.policy.engine.periods import schedule_of
from shared.policy.language.pack import COMMON_KINDS, Pack
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


def check(pack: Pack) -> Iterator[Complaint]:
    """Everything that is wrong with a pack's own file."""
    yield from _same_number_twice(pack)
    yield from _beyond_the_line(pack)
    yield from _kinds(pack)
    yield from _defaults(pack)
    for number, rule in pack.file.rules():
        path = (rule.SECTION, number)
        yield from _patterns(pack, rule, path)
        yield from _parties(pack, rule, path)
        yield from _conditions(pack, rule, path)
        yield from _references(pack, rule, path)
        yield from _never_met(pack, rule, path)
        yield from _never_due(rule, path)
    yield from _never_open(pack)


def _never_due(rule: Rule, path: tuple[str, ...]) -> Iterator[Complaint]:
    """A schedule whose days do not fit its period would stop the room that keeps it."""
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
            yield Complaint(
                "pack.number-twice",
                (section, number),
                f"编号 {number} 已用于 [{seen[number]}]。",
                "每个编号只用一次；一条规则要分几款的, 在编号后加 /一个英文名。",
            )
        seen[number] = section


def _beyond_the_line(pack: Pack) -> Iterator[Complaint]:
    """Actions that the product never helps with, by whatever name."""
    named: list[tuple[tuple[str, ...], str]] = [
        ((rule.SECTION, number, "zh"), rule.zh) for number, rule in pack.file.rules()
    ]
    kinds = pack.file.kinds.items()
    named += [
        (("kinds", act, key), f"{key} {zh}") for act, all_ in kinds for key, zh in all_.items()
    ]
    named += [(("state", key), f"{key} {each.zh}") for key, each in pack.file.state.items()]
    named += [(("party", key), f"{key} {each.zh}") for key, each in pack.file.party.items()]
    named += [
        (("form", number, "fields", key), f"{key} {each.zh}")
        for number, form in pack.file.form.items()
        for key, each in form.fields.items()
    ]
    for path, words in named:
        what = out_of_scope(words)
        if what:
            yield Complaint(
                "pack.out-of-scope",
                path,
                f"“{words}”属于{what}, 本系统没有这种功能, 任何规则包都不能要求。",
                REFER_INSTEAD,
            )


def _kinds(pack: Pack) -> Iterator[Complaint]:
    for act in pack.file.kinds:
        if act not in ACTS:
            yield Complaint(
                "pack.unknown-act",
                ("kinds", act),
                f"没有“{act}”这种行为。",
                f"请写已有的行为{_hint(act, ACTS)}。",
            )
        elif act in KINDLESS:
            yield Complaint(
                "pack.unknown-kind",
                ("kinds", act),
                f"{ACTS[act].title}（{act}）不分种类。",
                "请换一种可分种类的行为, 如 note（记录）、instruct（批示）。",
            )


def _defaults(pack: Pack) -> Iterator[Complaint]:
    for key, axis in pack.file.axis.items():
        for value in filter(None, (axis.default, *(axis.scale or {}))):
            if value not in axis.values:
                yield Complaint(
                    "pack.unknown-value",
                    ("axis", key),
                    f"{key} 没有“{value}”这个值。",
                    f"可以填写：{'、'.join(axis.values)}。",
                )


def _patterns(pack: Pack, rule: Rule, path: tuple[str, ...]) -> Iterator[Complaint]:
    for pattern in dict.fromkeys(rule.asked()):
        yield from _kind(pack, pattern, path)
        for role in (pattern.to, pattern.by):
            yield from _party(pack, role, path)
        if pattern.medium and not _is_medium(pack, pattern):
            yield Complaint(
                "pack.unknown-medium",
                path,
                f"式样“{pattern}”中的方式 {pattern.medium} 没有声明。",
                f'请在 [medium] 中写 {pattern.medium} = "中文名"。',
            )


def _is_medium(pack: Pack, pattern: Pattern) -> bool:
    """States are declared ``~on`` and ``~off``; all else goes by a medium that is declared."""
    if pattern.act == "declare":
        return pattern.medium in ("on", "off")
    return any(pattern.medium in each.file.medium for each in pack.lineage)


def _kind(pack: Pack, pattern: Pattern, path: tuple[str, ...]) -> Iterator[Complaint]:
    if pattern.kind is None or (pattern.act == "declare" and pattern.kind in pack.states):
        return
    known = COMMON_KINDS.get(pattern.act, {}).keys() | {
        kind for each in pack.lineage for kind in each.file.kinds.get(pattern.act, {})
    }
    if pattern.kind not in known:
        section = "state" if pattern.act == "declare" else f"kinds.{pattern.act}"
        yield Complaint(
            "pack.unknown-kind",
            path,
            f"式样“{pattern}”中的种类 {pattern.kind} 没有声明{_hint(pattern.kind, known)}。",
            f'请在 [{section}] 中写 {pattern.kind} = "中文名"。',
        )


def _parties(pack: Pack, rule: Rule, path: tuple[str, ...]) -> Iterator[Complaint]:
    for name in ("who", "recipients", "only_by"):
        for role in getattr(rule, name, None) or ():
            yield from _party(pack, role, (*path, name))
    if isinstance(rule, Duty) and rule.extension:
        for role in rule.extension.approver or ():
            yield from _party(pack, role, (*path, "extension"))


def _party(pack: Pack, role: str | None, path: tuple[str, ...]) -> Iterator[Complaint]:
    if role is not None and role not in pack.parties:
        yield Complaint(
            "pack.unknown-party",
            path,
            f"没有当事方 {role}{_hint(role, pack.parties)}。",
            f'请在 [party.{role}] 中写 zh = "中文名"。',
        )


def _conditions(pack: Pack, rule: Rule, path: tuple[str, ...]) -> Iterator[Complaint]:
    for key, values in (getattr(rule, "when", None) or {}).items():
        choices = _choices(pack, key)
        place = (*path, "when", key)
        if choices is None:
            yield Complaint(
                "pack.unknown-axis",
                place,
                f"没有分类维度 {key}{_hint(key, pack.axes)}。",
                f"请在 [axis.{key}] 中声明, 或改用 {'、'.join(GIVEN)}。",
            )
            continue
        for value in values:
            if value.removeprefix("!") not in choices:
                yield Complaint(
                    "pack.unknown-value",
                    place,
                    f"{key} 没有“{value}”这个值。",
                    f"可以填写：{'、'.join(choices) or '（尚未声明任何值）'}。",
                )


def _choices(pack: Pack, key: str) -> list[str] | None:
    match key:
        case "state":
            return list(pack.states)
        case "matter":
            return list(MATTERS)
        case "channel":
            return [key for each in pack.lineage for key in each.file.channel]
        case _:
            return list(pack.axes[key].values) if key in pack.axes else None


def _references(pack: Pack, rule: Rule, path: tuple[str, ...]) -> Iterator[Complaint]:
    named: list[tuple[str, str]] = []
    match rule:
        case Duty():
            named += [("clash", number) for number in rule.clash]
            missed = [start for start in rule.start if start.startswith("missed:")]
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
            yield Complaint(
                "pack.unknown-rule",
                (*path, key),
                f"没有编号为 {number} 的规则{_hint(number, pack.rules)}。",
                "请改正编号。",
            )


def _states(pack: Pack, duty: Duty, path: tuple[str, ...]) -> Iterator[Complaint]:
    for start in duty.start:
        state = start.removeprefix("state:")
        if start.startswith("state:") and state not in pack.states:
            yield Complaint(
                "pack.unknown-state",
                (*path, "start"),
                f"没有声明状态 {state}{_hint(state, pack.states)}。",
                f'请在 [state.{state}] 中写 zh = "中文名"。',
            )


def _never_met(pack: Pack, rule: Rule, path: tuple[str, ...]) -> Iterator[Complaint]:
    """A duty on a matter that only acts on a unit's day could fulfil, or that a gate forbids."""
    if not isinstance(rule, Duty):
        return
    wanted = list(rule.stop.patterns())
    if all(pattern.act in UNIT_ONLY for pattern in wanted):
        yield Complaint(
            "pack.never-met",
            (*path, "stop"),
            f"事项上的义务不能靠“{wanted[0]}”完成：它记在单位名下, 不属于某一事项。",
            "请改用 [schedule]（定期事项）, 或换成事项上的行为。",
        )
    forbidden = next((p for p in _unconditional(rule.stop) if _closed_to(pack, p)), None)
    if forbidden:
        yield Complaint(
            "pack.never-met",
            (*path, "stop"),
            f"“{forbidden}”已被前置条件限定由他人办理, 这项义务永远不能完成。",
            "请核对 only_by 与本规则的 by。",
        )


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
            yield Complaint(
                "pack.never-open",
                ("gate", number, "needs"),
                f"前置条件互相等待, 永远不能满足：{' → '.join(circle)}。",
                "请去掉其中一个前置条件, 或改变所要求的行为。",
            )


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
