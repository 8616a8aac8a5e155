"""What becomes of the items of a source in a pack (条目状态): armed, measured, or unarmed and why.

An item is a number of the source: that of a table, up to ``/``, or one that a table names in
``also``. A table's parties, axes and channels stand for items too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from shared.policy.language.pack import Pack, PackFile
from shared.policy.language.rules import Axis, Duty, Party, Rule

Standing = Literal["armed", "measured", "unarmed"]

STANDINGS: Mapping[str, str] = {"armed": "启用", "measured": "计量", "unarmed": "未启用"}


def standing_of(rule: Rule) -> Standing:
    """Whether a rule refuses, is missed or shows something, or its time is only measured."""
    return "measured" if isinstance(rule, Duty) and rule.measured else "armed"


def items(file: PackFile) -> dict[str, Standing]:
    """Every item that the file's own rules or ``unarmed`` name; the strongest standing counts."""
    found: dict[str, Standing] = dict.fromkeys(file.unarmed, "unarmed")
    ranked = sorted(_named(file), key=lambda named: named[1] == "armed")
    return found | dict(ranked)


def names(file: PackFile) -> set[str]:
    """Every item that the file's parties, axes and channels stand for."""
    declared: tuple[Party | Axis, ...] = (
        *file.party.values(),
        *file.axis.values(),
        *file.channel.values(),
    )
    return {number for each in declared for number in each.also}


def counts(pack: Pack) -> dict[str, int]:
    """How many items of a pack's own file have each standing."""
    found = Counter[str](items(pack.file).values())
    return {standing: found[standing] for standing in STANDINGS}


def _named(file: PackFile) -> Iterator[tuple[str, Standing]]:
    for number, rule in file.rules():
        standing = standing_of(rule)
        for each in (number, *rule.also):
            yield each.split("/")[0], standing
        if isinstance(rule, Duty) and rule.extension and rule.extension.id:
            yield rule.extension.id, "armed"
