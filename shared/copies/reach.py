"""Whose matters somebody may read (可见范围): those of the own unit and of all under it, which are
those in which one of them takes part.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.copies.units import Unit, all_units
from shared.errors import Refused
from shared.identity.officer import Officer
from shared.store.sql import Sql

Condition = tuple[str, tuple[str, ...]]
"""A condition in SQL with its parameters."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The units whose matters somebody of ``unit`` may read; of every unit where none are given."""

    unit: str = ""
    units: frozenset[str] | None = None

    def has(self, *units: str | None) -> bool:
        """Whether one of these units is within reach."""
        return self.units is None or not self.units.isdisjoint(units)

    def within(self, column: str) -> Condition:
        """That the unit in a column is within reach."""
        if self.units is None:
            return "1 = 1", ()
        return f"{column} IN ({', '.join('?' * len(self.units))})", tuple(sorted(self.units))

    def takes_part(self, alias: str = "") -> Condition:
        """That of the units in the columns ``unit``, ``lead`` and ``co_handling`` one is."""
        if self.units is None:
            return "1 = 1", ()
        registered, codes = self.within(f"{alias}unit")
        lead, beside = self.within(f"{alias}lead")[0], self.within("u.code")[0]
        co_handling = (
            f"EXISTS (SELECT 1 FROM units u WHERE {beside}"
            f" AND ';' || {alias}co_handling || ';' LIKE ? || u.code || ?)"
        )
        return f"({registered} OR {lead} OR {co_handling})", (*codes, *codes, *codes, "%;", ";%")

    def check_unit(self, code: str) -> None:
        """Raises Refused ``unit.not-yours`` for a unit that is not within reach."""
        if not self.has(code):
            said = f"您任职于 {self.unit}, 不能查阅 {code} 的情况。"
            raise Refused("unit.not-yours", said, "请由该单位或其上级单位的人员查阅。", "unit")


EVERYTHING = Reach()
"""Whoever may read all there is."""


def reach_of(sql: Sql, officer: Officer | None) -> Reach:
    """How far an officer's reading reaches: the own unit's tree, which for the root is everything.

    A supervising unit (监督单位) reads what it judges. Whoever looks at a demonstration without
    having signed in (none) reads everything too.
    """
    if officer is None:
        return EVERYTHING
    units, named = all_units(sql), sql.all("SELECT unit, supervisor FROM supervisors")
    seats = {officer.unit, *(row["unit"] for row in named if row["supervisor"] == officer.unit)}
    within = frozenset[str]().union(*(units_within(units, seat) for seat in seats))
    everything = within >= units.keys() - {row["supervisor"] for row in named}
    return Reach(officer.unit, None if everything and officer.unit in units else within)


def units_within(units: Mapping[str, Unit], code: str) -> frozenset[str]:
    """A unit and all under it."""
    within = {code}
    while more := {each.code for each in units.values() if each.parent in within} - within:
        within |= more
    return frozenset(within)


def not_your_matter() -> Refused:
    """The error for a matter in which no unit within reach ever took part; it tells no more."""
    return Refused(
        "matter.not-yours",
        "您任职的单位及其下属单位没有参与这一事件, 不能查阅。",
        "请由登记单位、牵头单位、协办单位或其上级单位的人员查阅。",
        "incident",
    )
