"""What a change of packs would mean (规则比较): rules added, gone, and changed, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.policy.inheritance import comparable, looser
from shared.policy.pack import Pack
from shared.policy.rules import Rule
from shared.policy.speaking import limit, sentence

Change = Literal["added", "gone", "tighter", "looser", "changed"]

CHANGES = {"added": "新增", "gone": "取消", "tighter": "从严", "looser": "放宽", "changed": "改动"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule that differs: before and after, in words."""

    number: str
    section: str
    change: Change
    before: str
    after: str


def differences(before: Pack, after: Pack) -> list[Difference]:
    """How the second pack differs from the first, in the order of the rules."""
    return [*_gone_or_changed(before, after), *_added(before, after)]


def _gone_or_changed(before: Pack, after: Pack) -> Iterator[Difference]:
    for number, old in before.rules.items():
        new = after.rules.get(number)
        if new is None:
            yield Difference(number, old.TITLE, "gone", said(before, old), "")
        elif new != old:
            change = _kind_of_change(old, new)
            yield Difference(number, new.TITLE, change, said(before, old), said(after, new))


def _added(before: Pack, after: Pack) -> Iterator[Difference]:
    for number, new in after.rules.items():
        if number not in before.rules:
            yield Difference(number, new.TITLE, "added", "", said(after, new))


def _kind_of_change(old: Rule, new: Rule) -> Change:
    if not comparable(old, new):
        return "changed"
    if looser(old, new):
        return "looser"
    return "tighter" if looser(new, old) else "changed"


def said(pack: Pack, rule: Rule) -> str:
    """A rule with its limit, in words."""
    by_when = limit(rule)
    return sentence(pack, rule) + (f"（{by_when}）" if by_when else "")
