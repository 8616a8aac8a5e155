"""Statistics (统计): figures per unit over a time, as the record stood."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import BaseModel

from services.reporting.duties import table as duties_table
from services.reporting.duties.table import LoggedDuty
from services.reporting.findings import figures
from services.reporting.findings.figures import CountedAct, Figure
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log import log
from services.reporting.log.log import Leaf
from services.reporting.packs import pack_as_of
from services.reporting.unshown import event_of
from shared.acts.deed import deed_of
from shared.clock import nearest
from shared.contracts.catalogue import facts
from shared.contracts.routing import FeedbackGiven
from shared.copies.reach import units_within
from shared.copies.units import all_units, founded_county, unit_id
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Statistic
from shared.store.sql import Sql

_AHEAD = timedelta(days=1)
"""An act is recorded after it happened, or at most a little before, where clocks differ."""


@dataclass(frozen=True, slots=True)
class StatisticsQuery:
    """Of which unit and those under it, and from when (inclusive) until when (exclusive), UTC."""

    unit: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    def within(self, moment: datetime) -> bool:
        """Whether a moment falls in the time asked."""
        return (self.begins is None or self.begins <= moment) and (
            self.ends is None or moment < self.ends
        )


class Shortfall(BaseModel):
    """What a unit owed in a period and did not do (欠缺)."""

    unit: str
    rule: str
    title: str
    period: str
    wanted: int
    done: int
    shortfall: int


class UnitStatistics(BaseModel):
    """The figures of one unit; ``categories`` count what it had to handle."""

    unit: str
    figures: list[Figure]
    categories: dict[str, int]
    shortfalls: list[Shortfall]

    def says_something(self) -> bool:
        """Whether there is anything to count."""
        return any(figure.value or figure.n for figure in self.figures) or bool(self.shortfalls)


class Statistics(BaseModel):
    """The figures of all units together and of each; ``imported`` matters are not among them."""

    size: int
    smallest: int
    imported: int
    all: UnitStatistics
    units: list[UnitStatistics]


@dataclass(frozen=True, slots=True)
class _View:
    """What figures are made of: live matters, whose each is, and the acts that may count."""

    rows: Sequence[LedgerRow]
    owners: Mapping[str, str]
    acts: Sequence[CountedAct]
    missed: Sequence[LoggedDuty]
    query: StatisticsQuery

    def of(self, unit: str, pack: Pack, *, alone: bool) -> UnitStatistics:
        """The figures of one unit, or of all there are."""
        rows = [r for r in self.rows if not alone or self.owners.get(r.incident) == unit]
        acts = [a for a in self.acts if not alone or self.owners.get(a.matter) == unit]
        missed = [d for d in self.missed if not alone or d.unit == unit]
        incidents = [row for row in rows if row.matter == "incident"]
        begun = [r for r in incidents if self.query.within(nearest(r.registered_at or 0))]
        return UnitStatistics(
            unit=unit,
            figures=[*figures.general(begun), *figures.of_pack(pack, rows, acts)],
            categories=dict(sorted(Counter(row.category or "" for row in begun).items())),
            shortfalls=[_shortfall(row) for row in missed],
        )


def statistics(sql: Sql, size: int, query: StatisticsQuery) -> Statistics:
    """The figures within the first ``size`` leaves, under the packs that were in force at its end.

    An incident is its lead's, once assigned. What was linked or voided is left out, and so is
    imported history, which is only counted. What is no incident counts only where a pack says so.
    """
    chosen = units_within(all_units(sql), query.unit) if query.unit else frozenset(all_units(sql))
    packs = {unit: pack_as_of(sql, unit, size, query.ends) for unit in sorted(chosen)}
    whole = ledger_table.as_of(sql, size)
    standing = (row for row in whole if row.status not in ("linked", "voided"))
    rows = [row for row in standing if (row.lead or row.unit) in chosen]
    live = [row for row in rows if row.standing == "live"]
    owners = {row.incident: row.lead or row.unit or "" for row in live}
    owners |= {str(unit_id(unit)): unit for unit in chosen}  # of units' own days
    kinds = {row.incident: row.matter for row in live}
    acts = [replace(a, kind=kinds.get(a.matter)) for a in _acts(sql, size, query, packs, owners)]
    view = _View(live, owners, acts, _missed(sql, size, query, chosen), query)
    county = founded_county(sql)
    top = query.unit or (county.root if county else "")
    each = [view.of(unit, packs[unit], alone=True) for unit in packs]
    return Statistics(
        size=size,
        smallest=figures.SMALL,
        imported=sum(row.standing != "live" and row.matter == "incident" for row in rows),
        all=view.of(top, pack_as_of(sql, top, size, query.ends), alone=False),
        units=[one for one in each if one.says_something()],
    )


def _acts(
    sql: Sql,
    size: int,
    query: StatisticsQuery,
    packs: Mapping[str, Pack],
    owners: Mapping[str, str],
) -> list[CountedAct]:
    """The acts that the packs' statistics name, read from the log.

    Reading begins where the time asked for begins: nothing is on record before it happened.
    """
    wanted = {
        pattern.act
        for pack in set(packs.values())
        for rule in pack.of(Statistic).values()
        for pattern in rule.asked()
    }
    kinds = [fact for fact in facts().values() if fact.ACT in wanted]
    first = log.size_as_of(sql, query.begins - _AHEAD) if query.begins else 0
    found = (_counted(leaf, query) for leaf in log.leaves_of_facts(sql, kinds, size, start=first))
    return [act for act in found if act is not None and act.matter in owners]


def _counted(leaf: Leaf, query: StatisticsQuery) -> CountedAct | None:
    event = event_of(leaf)
    deed = deed_of(event) if event else None
    if event is None or deed is None or deed.standing != "live":
        return None
    satisfied = event.fact.satisfied if isinstance(event.fact, FeedbackGiven) else None
    return CountedAct(leaf.correlation, deed, query.within(deed.at), satisfied)


def _missed(
    sql: Sql, size: int, query: StatisticsQuery, chosen: frozenset[str]
) -> list[LoggedDuty]:
    """What units owed in periods that ended in the time asked."""
    return [
        row
        for row in duties_table.in_states(sql, ("missed",), size)
        if row.period is not None
        and row.unit in chosen
        and row.due is not None
        and query.within(nearest(row.due - 1))  # what ends at 24:00 belongs to that day
    ]


def _shortfall(row: LoggedDuty) -> Shortfall:
    return Shortfall(
        unit=row.unit,
        rule=row.rule,
        title=row.title,
        period=row.period or "",
        wanted=row.count_wanted or 1,
        done=row.count_done or 0,
        shortfall=row.shortfall or 1,
    )
