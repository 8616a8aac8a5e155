"""The duties as their page shows them: what is owed, by whom, and how each unit stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.reporting.console.frame import Frame
from services.reporting.console.ledger_view import PageNumber, Text, address, urgency
from services.reporting.duties import table as duties_table
from services.reporting.duties.table import Owed, UnitCount
from services.reporting.ledger.entry import open_title
from shared.clock import to_micros
from shared.errors import Invalid
from shared.store.sql import Sql
from shared.vault.vault import Vault
from shared.words import VERDICTS

PAGE = 100
"""Duties on one page."""


@dataclass(frozen=True, slots=True)
class DutiesQuery:
    """What stands in the page's address; empty means not asked."""

    unit: Text = ""
    by: Text = ""
    history: Text = ""
    page: PageNumber = 1

    def link(self, **changes: str | int) -> str:
        """The address of the page with some of it changed; back to its first page unless told."""
        return address("/duties", replace(self, **({"page": 1} | changes)))  # type: ignore[arg-type]  # by name


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty, the title of its incident, and whether it is ``overdue``, ``soon`` or neither."""

    owed: Owed
    title: str
    urgency: str


@dataclass(frozen=True, slots=True)
class UnitLine:
    """How one unit's live duties stand: how many in each state, and how many are overdue now."""

    code: str
    counts: Mapping[str, int]
    overdue: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """Duties that are owed still."""
        return self.counts.get("running", 0) + self.counts.get("missed", 0)


@dataclass(frozen=True, slots=True)
class DutiesView:
    """The page."""

    query: DutiesQuery
    lines: Sequence[DutyLine]
    total: int
    units: Sequence[UnitLine]
    states: Sequence[str]

    @property
    def has_table(self) -> bool:
        return bool(self.lines)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def overdue(self) -> int:
        return sum(line.overdue for line in self.units)

    @property
    def open(self) -> int:
        return sum(line.open for line in self.units)


def duties_view(query: DutiesQuery, sql: Sql, around: Frame, *, vault: Vault) -> DutiesView:
    """The page asked for; raises Invalid ``query.unit`` for a unit that there is not."""
    size, now = around.asked, around.now
    if query.unit and query.unit not in around.units:
        raise Invalid("query.unit", f"没有代码为“{query.unit}”的单位。", "请从列表里选择。", "unit")
    unit, standing = query.unit or None, "imported" if query.history else "live"
    page = slice((query.page - 1) * PAGE, query.page * PAGE)
    owed = duties_table.owed(sql, size, unit, standing, by_unit=query.by == "unit", page=page)
    counted = _unit_lines(duties_table.count_by_unit(sql, size, to_micros(now)))
    return DutiesView(
        query=query,
        lines=[_line(sql, each, now, vault) for each in owed],
        total=duties_table.count_owed(sql, size, unit, standing),
        units=counted,
        states=[state for state in VERDICTS if any(line.counts.get(state) for line in counted)],
    )


def _line(sql: Sql, owed: Owed, now: datetime, vault: Vault) -> DutyLine:
    title = open_title(sql, vault, owed.title_leaf)
    return DutyLine(owed, title, urgency(owed.duty.due, owed.duty.state, now))


def _unit_lines(counted: Sequence[UnitCount]) -> list[UnitLine]:
    """By unit, those with most overdue first, then those that owe most."""
    codes = dict.fromkeys(each.unit for each in counted)
    lines = [_unit_line(code, [each for each in counted if each.unit == code]) for code in codes]
    return sorted(lines, key=lambda line: (-line.overdue, -line.open, line.code))


def _unit_line(code: str, counted: Sequence[UnitCount]) -> UnitLine:
    counts = {each.state: each.duties for each in counted}
    return UnitLine(code, counts, sum(each.overdue for each in counted))
