"""Statistics (统计): figures per unit over a time, as the record stood."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from services.reporting import duties_table, figures, ledger_table, log
from services.reporting.accounts import units_under
from services.reporting.duties import DutyRow
from services.reporting.figures import Counted, Figure
from services.reporting.ledger import LedgerRow
from shared.contracts.acts import ActTaken
from shared.contracts.catalogue import Fact, facts, names, newest
from shared.contracts.envelope import decode
from shared.contracts.routing import FeedbackGiven
from shared.packs import pack_in_force
from shared.policy.pack import Pack
from shared.policy.recorded import HEARD_FROM, deed_of
from shared.policy.rules import Statistic
from shared.store.micros import from_micros, to_micros
from shared.store.sql import Sql
from shared.units import all_units

_AHEAD = timedelta(days=1)
"""An act is recorded after it happened, or at most a little before, where clocks differ."""

_ACTS: tuple[type[Fact], ...] = tuple(
    dict.fromkeys(
        (
            *(fact for heard in HEARD_FROM.values() for fact in heard),
            *(fact for fact in facts().values() if issubclass(fact, ActTaken)),
        )
    )
)
"""What can be counted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which unit and those under it, and from when (inclusive) until when (exclusive), UTC."""

    unit: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    def within(self, moment: datetime) -> bool:
        """Whether a moment falls in the time asked."""
        return (self.begins is None or self.begins <= moment) and (
            self.ends is None or moment < self.ends
        )


class FigureShown(BaseModel):
    """A figure; ``n`` is among how many. ``share`` is none where ``n`` is too small to tell."""

    key: str
    title: str
    rule: str | None
    value: int
    n: int | None
    share: float | None


class Shortfall(BaseModel):
    """What a unit owed in a period and did not do (欠缺)."""

    rule: str
    title: str
    period: str
    wanted: int
    done: int
    shortfall: int


class UnitStatistics(BaseModel):
    """The figures of one unit; ``categories`` count what it had to handle."""

    unit: str
    figures: list[FigureShown]
    categories: dict[str, int]
    shortfalls: list[Shortfall]


class Statistics(BaseModel):
    """The figures of all units together and of each; ``imported`` matters are not among them."""

    size: int
    smallest: int
    imported: int
    all: UnitStatistics
    units: list[UnitStatistics]


def statistics(sql: Sql, size: int, asked: Asked) -> Statistics:
    """The figures within the first ``size`` leaves; a matter is its lead's, once assigned."""
    chosen = units_under(sql, asked.unit) if asked.unit else set(all_units(sql))
    rows = [row for row in ledger_table.as_of(sql, size, None, None) if _counts(row, asked, chosen)]
    live = [row for row in rows if row.standing == "live"]
    missed = [row for row in _periods(sql, size, asked) if row.unit in chosen]
    packs = {unit: pack_in_force(sql, unit) for unit in sorted(chosen)}
    every = _acts(sql, size, asked, packs, chosen)
    top = asked.unit or _root(sql)
    per_unit = [
        _of_unit(
            unit,
            packs[unit],
            [row for row in live if (row.lead or row.unit) == unit],
            [act for act in every if _whose(act, live) == unit],
            [row for row in missed if row.unit == unit],
        )
        for unit in sorted(chosen)
    ]
    together = _of_unit(top, packs.get(top) or pack_in_force(sql, top), live, every, missed)
    return Statistics(
        size=size,
        smallest=figures.SMALL,
        imported=len(rows) - len(live),
        all=together,
        units=[each for each in per_unit if _says_something(each)],
    )


def _counts(row: LedgerRow, asked: Asked, chosen: set[str]) -> bool:
    """Incidents registered in the time asked; other matters are no part of incident statistics."""
    assert row.registered_at is not None  # a row has its number from its registration
    return (
        row.matter == "incident"
        and row.status not in ("linked", "voided")
        and (row.lead or row.unit) in chosen
        and asked.within(from_micros(row.registered_at))
    )
