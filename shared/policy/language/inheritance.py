"""A unit's pack may add to the county's rules and tighten them, never loosen them (只增不减)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shared.calendar.durations import Duration
from shared.documents import Complaint
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Rule, Schedule

COMPARED = ("days", "working_days", "within")
"""Clocks whose numbers can be compared where all else is the same."""

FREE = ("zh", "clause", "also", "clash")
"""What a rule may say in its own words when it tightens the one above under the same number."""

_SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def check_against_parent(pack: Pack) -> Iterator[Complaint]:
    """What a pack takes away from the one it adds to."""
    if pack.parent is None:
        return
    above = pack.parent.rules
    for number in pack.file.unarmed:
        if number in above:
            yield _removed(pack, number, above[number])
    yield from _narrowed_axes(pack)
    for number, rule in pack.file.rules():
        yield from _against(pack, number, rule)


def _narrowed_axes(pack: Pack) -> Iterator[Complaint]:
    """Without a value that a rule above waits for, or with another default, it would not apply."""
    assert pack.parent is not None
    for key, axis in pack.file.axis.items():
        above = pack.parent.axes.get(key)
        needed = _waited_for(pack.parent, key)
        if above and needed and (needed - axis.values.keys() or above.default != axis.default):
            yield Complaint(
                "pack.looser",
                ("axis", key),
                f"{pack.parent.id} 的规则用到分类维度 {key} 的 {'、'.join(sorted(needed))}"
                f"（默认 {above.default or '无'}）, 这里少了值或改了默认。",
                "请保留上级规则用到的值和默认值, 可以另加新的值。",
            )


def _waited_for(pack: Pack, key: str) -> set[str]:
    """The values of an axis that rules in force wait for."""
    conditions = [getattr(rule, "when", None) or {} for rule in pack.rules.values()]
    return {value.removeprefix("!") for when in conditions for value in when.get(key, ())}


def _against(pack: Pack, number: str, rule: Rule) -> Iterator[Complaint]:
    assert pack.parent is not None
    for above_number, above in pack.parent.rules.items():
        if comparable(above, rule) and looser(above, rule):
            yield _looser(pack, number, rule, above_number, above)
        elif above_number == number and not _only_tighter(above, rule):
            yield _other_rule(pack, number, rule, above)


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
            return rule.count < above.count or (above.at is not None and _later(rule.at, above.at))
        case _:
            return False


def _length(given: Duration | int) -> timedelta:
    if isinstance(given, int):
        return timedelta(days=given)
    return given.after(_SOME_MOMENT) - _SOME_MOMENT


def _later(own: str | None, above: str) -> bool:
    return own is None or own > above


def _looser(pack: Pack, number: str, rule: Rule, above_number: str, above: Rule) -> Complaint:
    assert pack.parent is not None
    return Complaint(
        "pack.looser",
        (rule.SECTION, number),
        f"{number}（{rule.clause or rule.zh}）比 {pack.parent.id} 的 {above_number}"
        f"（{above.clause or above.zh}）宽。",
        "单位的规则只能增加或从严：请改成不宽于上级规则的数值, 或删去本条。",
    )


def _removed(pack: Pack, number: str, above: Rule) -> Complaint:
    assert pack.parent is not None
    return Complaint(
        "pack.looser",
        ("unarmed", number),
        f"{number}（{above.clause or above.zh}）是 {pack.parent.id} 的规则, 不能停用。",
        "请删去这一行：继承来的规则一律适用。",
    )


def _other_rule(pack: Pack, number: str, rule: Rule, above: Rule) -> Complaint:
    assert pack.parent is not None
    return Complaint(
        "pack.number-taken",
        (rule.SECTION, number),
        f"编号 {number}（{rule.clause or rule.zh}）已用于 {pack.parent.id}"
        f"（{above.clause or above.zh}）, 而内容不同。",
        "请另取编号：两条规则都会适用。",
    )
