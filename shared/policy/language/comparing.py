"""What a change of packs would mean (规则比较): rules new, gone, tighter and looser, in words.

A unit's pack may add to the county's rules and tighten them, never loosen them (只增不减).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.calendar.durations import Duration
from shared.documents import Complaint
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Gate, Rule, Schedule
from shared.policy.language.speaking import sentence

Change = Literal["tighter", "looser", "changed", "added", "gone", "reworded"]

CHANGES: Mapping[Change, str] = {
    "tighter": "从严",
    "looser": "放宽",
    "changed": "改动",
    "added": "新增",
    "gone": "取消",
    "reworded": "措辞",
}
"""``reworded``: it asks for the same, under another number, title or clause."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "义务": ("duty", "schedule", "shift"),
    "前置条件": ("gate",),
    "表单": ("form",),
    "其他": ("step", "offence", "archive", "statistic"),
}
"""The sections of a pack as a summary takes them together."""

COMPARED = ("days", "working_days", "within")
"""Clocks whose numbers can be compared where all else is the same."""

FREE = ("zh", "clause", "also", "clash")
"""What a rule may say in its own words when it tightens the one above under the same number."""

_SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One rule that differs: its number and what it says, before and after."""

    rule: type[Rule]
    change: Change
    before_number: str | None = None
    after_number: str | None = None
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class _Numbered:
    pack: Pack
    number: str
    rule: Rule

    @property
    def said(self) -> str:
        """What it asks for, without the source's prefix of numbers."""
        return sentence(self.pack, self.rule).replace(f"{self.pack.file.pack.seed}.", "")


def differences(before: Pack, after: Pack) -> list[RuleDifference]:
    """How the second pack differs from the first: what is changed or gone, then what is new.

    Rules are paired by number, then by what they ask for, by title, and by what starts and ends
    them, so that packs of different sources can be compared too.
    """
    old, new = (
        [_Numbered(pack, number, rule) for number, rule in pack.rules.items()]
        for pack in (before, after)
    )
    pairs = _pairs(old, new)
    paired = {each.number for each in pairs.values()}
    return [
        *(found for each in old if (found := _difference(each, pairs.get(each.number)))),
        *(
            RuleDifference(type(n.rule), "added", None, n.number, "", n.said)
            for n in new
            if n.number not in paired
        ),
    ]


def counted(found: Sequence[RuleDifference]) -> str:
    """How many rules of each kind change, and in which way, in one sentence."""
    told = [
        f"{name} {_changes(found, sections)}"
        for name, sections in KINDS.items()
        if _changes(found, sections)
    ]
    reworded = sum(each.change == "reworded" for each in found)
    same = f"另有 {reworded} 条要求不变，只是编号、事项或依据的写法不同。" if reworded else ""
    return (f"{'；'.join(told)}。" if told else "要求完全相同。") + same


def _changes(found: Sequence[RuleDifference], sections: Sequence[str]) -> str:
    changes = Counter(each.change for each in found if each.rule.SECTION in sections)
    told = [f"{CHANGES[c]} {changes[c]} 条" for c in CHANGES if changes[c] and c != "reworded"]
    return "、".join(told)


def _pairs(old: Sequence[_Numbered], new: Sequence[_Numbered]) -> dict[str, _Numbered]:
    """The new rule for each old number, as far as there is one."""
    pairs: dict[str, _Numbered] = {}
    for key in KEYS:
        rest = [each for each in new if each not in pairs.values()]
        for each in old:
            if each.number in pairs or key(each) is None:
                continue
            same = (n for n in rest if type(n.rule) is type(each.rule) and key(n) == key(each))
            if found := next(same, None):
                pairs[each.number] = found
                rest.remove(found)
    return pairs


def _by_acts(given: _Numbered) -> Hashable:
    match given.rule:
        case Duty() as rule:
            return (rule.start, str(rule.stop), _conditions(rule.when))
        case Schedule() as rule:
            return (rule.every, str(rule.stop), _conditions(rule.when))
        case Gate() as rule:
            return (rule.refuse, _conditions(rule.when))
        case _:
            return None


def _conditions(when: Mapping[str, Sequence[str]] | None) -> Hashable:
    return tuple(sorted((key, tuple(values)) for key, values in (when or {}).items()))


KEYS: Sequence[Callable[[_Numbered], Hashable]] = (
    lambda given: given.number,
    lambda given: given.said,
    lambda given: given.rule.zh,
    _by_acts,
)
"""By what rules of two packs are paired, in this order."""


def _difference(old: _Numbered, new: _Numbered | None) -> RuleDifference | None:
    if new is None:
        return RuleDifference(type(old.rule), "gone", old.number, None, old.said)
    if new.number == old.number and new.rule == old.rule and new.said == old.said:
        return None
    change = _change(old.rule, new.rule) if new.said != old.said else "reworded"
    return RuleDifference(type(new.rule), change, old.number, new.number, old.said, new.said)


def _change(old: Rule, new: Rule) -> Change:
    if asks_less(old, new):
        return "looser"
    return "tighter" if asks_less(new, old) else "changed"


def asks_less(strict: Rule, lax: Rule) -> bool:
    """Whether the second plainly asks for less than the first: later, unlimited, not refused."""
    match strict, lax:
        case Duty(), Duty() if lax.clock == "soon" and not strict.measured:
            return (strict.start, strict.stop, strict.when) == (lax.start, lax.stop, lax.when)
        case Gate(), Gate():
            asked = ("when", "refuse", "besides", "needs", "only_by")
            same = all(getattr(strict, key) == getattr(lax, key) for key in asked)
            return same and (strict.mode, lax.mode) == ("refuse", "flag")
        case _:
            return comparable(strict, lax) and looser(strict, lax)


def check_against_parent(pack: Pack) -> Iterator[Complaint]:
    """What a pack takes away from the one it adds to."""
    above = pack.parent
    if above is None:
        return
    for number in pack.file.unarmed:
        if number in above.rules:
            rule = above.rules[number]
            said = f"{number}{_basis(rule)}是 {above.id} 的规则, 不能停用。"
            remedy = "请删去这一行：继承来的规则一律适用。"
            yield Complaint("pack.looser", ("unarmed", number), said, remedy)
    yield from _narrowed_axes(pack, above)
    for number, rule in pack.file.rules():
        yield from _against(above, number, rule)


def _narrowed_axes(pack: Pack, above: Pack) -> Iterator[Complaint]:
    """Without a value that a rule above waits for, or with another default, it would not apply."""
    for key, axis in pack.file.axis.items():
        inherited, needed = above.axes.get(key), _waited_for(above, key)
        lacking = needed - axis.values.keys()
        if inherited and needed and (lacking or inherited.default != axis.default):
            yield Complaint(
                "pack.looser",
                ("axis", key),
                f"{above.id} 的规则用到分类维度 {key} 的 {'、'.join(sorted(needed))}"
                f"（默认 {inherited.default or '无'}）, 这里少了值或改了默认。",
                "请保留上级规则用到的值和默认值, 可以另加新的值。",
            )


def _waited_for(pack: Pack, key: str) -> set[str]:
    """The values of an axis that rules in force wait for."""
    conditions = [getattr(rule, "when", None) or {} for rule in pack.rules.values()]
    return {value.removeprefix("!") for when in conditions for value in when.get(key, ())}


def _against(pack: Pack, number: str, rule: Rule) -> Iterator[Complaint]:
    """What is wrong with a rule below the pack that its own adds to."""
    path = (rule.SECTION, number)
    for other, above in pack.rules.items():
        if comparable(above, rule) and looser(above, rule):
            said = f"{number}{_basis(rule)}比 {pack.id} 的 {other}{_basis(above)}宽。"
            remedy = "单位的规则只能增加或从严：请改成不宽于上级规则的数值, 或删去本条。"
            yield Complaint("pack.looser", path, said, remedy)
        elif other == number and not _only_tighter(above, rule):
            taken = f"编号 {number}{_basis(rule)}已用于 {pack.id}{_basis(above)}, 而内容不同。"
            remedy = "请另取编号：两条规则都会适用。"
            yield Complaint("pack.number-taken", path, taken, remedy)


def _basis(rule: Rule) -> str:
    return f"（{rule.clause or rule.zh}）"


def _only_tighter(above: Rule, rule: Rule) -> bool:
    """Whether a rule can take the place of the one above: the same but for a tighter number."""
    if not comparable(above, rule):
        return False
    numbers = (above.clock,) if isinstance(above, Duty) else ("count", "at")
    mine, theirs = dict(rule), dict(above)
    kept = [key for key in mine if key not in (*FREE, *numbers, "extension")]
    extended = mine.get("extension") in (None, theirs.get("extension"))
    return extended and all(mine[key] == theirs[key] for key in kept)


def comparable(above: Rule, rule: Rule) -> bool:
    """Whether two rules ask for the same, so that their numbers can be compared."""
    match above, rule:
        case Duty(), Duty():
            same = (above.start, above.stop, above.clock, above.reading, above.each)
            return (
                same == (rule.start, rule.stop, rule.clock, rule.reading, rule.each)
                and above.clock in COMPARED
                and (above.when is None or above.when == rule.when)
            )
        case Schedule(), Schedule():
            return (above.every, above.stop, above.each) == (rule.every, rule.stop, rule.each)
        case _:
            return False


def looser(above: Rule, rule: Rule) -> bool:
    """Whether a comparable rule asks for less than the one above."""
    match above, rule:
        case Duty(), Duty():
            limit, own = (getattr(each, above.clock) for each in (above, rule))
            return _length(own) > _length(limit)
        case Schedule(), Schedule():
            later = above.at is not None and (rule.at is None or rule.at > above.at)
            return rule.count < above.count or later
        case _:
            return False


def _length(given: Duration | int) -> timedelta:
    if isinstance(given, int):
        return timedelta(days=given)
    return given.after(_SOME_MOMENT) - _SOME_MOMENT
