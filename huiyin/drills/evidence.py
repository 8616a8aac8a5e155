"""What is on record when a drill is over (演练记录): the whole log, read once, and what follows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from huiyin.drills.acting import Names
from huiyin.drills.script import Drill
from huiyin.drills.stage import DrillStage, Marks
from services.deadlines import tables
from services.deadlines.periods import as_it_stands
from services.reporting.findings import statistics
from services.reporting.findings.computed import Finding
from services.reporting.findings.figures import Figure
from services.reporting.findings.review import findings
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import every_leaf
from shared.acts.deed import deed_of
from shared.calendar.days import start_of
from shared.contracts.envelope import Recorded, decode
from shared.copies.reach import EVERYTHING
from shared.copies.units import unit_id
from shared.documents import Spot
from shared.duties import DutyRow
from shared.policy.engine.deeds import Deed
from shared.policy.language.pack import Pack
from shared.store.sql import Sql

Figures = Mapping[str, Figure]
"""The statistics of a pack, by the number of their rule."""


Answer = tuple[bool, str, str]
"""Of an expectation: whether it holds; expected; actual."""


@dataclass(frozen=True)
class DrillEvidence:
    """Every event in the order of the log, the ledger now, and what the drill's names stand for."""

    drill: Drill
    pack: Pack
    events: Sequence[Recorded]
    ledger: Mapping[str, LedgerRow]
    names: Names
    marks: Marks
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """How often what recurs was wanted and done in each period, by the id of its docket."""
    findings: Sequence[Finding] = ()
    figures: Mapping[Spot, Figures] = field(default_factory=dict)
    """By the place of the expectation that asks for them."""

    @cached_property
    def duties(self) -> Sequence[DutyRow]:
        """Every duty as it stands at the end."""
        return [self._counted(row) for row in self.duties_known(None)]

    def _counted(self, row: DutyRow) -> DutyRow:
        """What is done and not missed says in no event how often it was done."""
        wanted, done = self.counts.get(row.incident, (row.count_wanted, row.count_done))
        return replace(row, count_wanted=wanted, count_done=done)

    def duties_known(self, moment: datetime | None) -> Sequence[DutyRow]:
        """Every duty as the record stood at a moment of the drill."""
        known = self.events
        if moment is not None:  # as far as the log went when the last moment up to it was over
            ends = (size for at, size in reversed(self.marks.items()) if at <= moment)
            known = known[: next(ends, 0)]
        own = [event for event in known if event.envelope.service == "deadlines"]
        return list(tables.fold_duties(own).values())

    def incident(self, name: str) -> str:
        """The id of an incident by its name in the drill; empty if it was not registered."""
        return self.names.incidents.get(name, "")

    def name_of(self, matter: str) -> str:
        """What an incident or unit is called in the drill."""
        named = {incident: name for name, incident in reversed(self.names.incidents.items())}
        units = {str(unit_id(unit.code)): unit.key for unit in self.drill.units}
        return (units | named).get(matter, "")

    def unit(self, key: str) -> str:
        """The code of a unit by its key."""
        return next((each.code for each in self.drill.units if each.key == key), key)

    def key_of(self, code: str) -> str:
        """What a unit is called in the drill."""
        return next((each.key for each in self.drill.units if each.code == code), code)

    def party(self, toward: str) -> str:
        """The name of a unit by its code, or that of a party."""
        names = {unit.code: unit.name for unit in self.drill.units}
        return names.get(toward) or self.pack.parties.get(toward, toward)

    def of(self, matter: str) -> Iterator[Recorded]:
        """Every event of an incident, or of a unit's own day."""
        return (event for event in self.events if str(event.envelope.correlation) == matter)

    def deeds(self, matter: str) -> list[Deed]:
        """What was done about a matter, in the order of the log."""
        return [deed for event in self.of(matter) if (deed := deed_of(event))]

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """What the rules of all duties are called, also those of other packs."""
        return {row.rule: row.title for row in self.duties}


def gather(stage: DrillStage, pack: Pack, names: Names) -> DrillEvidence:
    """Read what is on record."""
    store = stage.system.rooms["reporting"].store
    events = store.read_now(lambda sql: [decode(leaf.raw) for leaf in every_leaf(sql)])
    size = len(events)
    rows = store.read_now(lambda sql: ledger_table.as_of(sql, size))
    return DrillEvidence(
        stage.drill,
        pack,
        events,
        {row.incident: row for row in rows},
        names,
        stage.marks,
        _counts(stage),
        store.read_now(lambda sql: findings(sql, size, EVERYTHING)),
        store.read_now(lambda sql: figures_asked(sql, size, stage.drill)),
    )


def _counts(stage: DrillStage) -> dict[str, tuple[int, int]]:
    """How often what recurs was done in the periods that were not missed."""
    rows = stage.system.rooms["deadlines"].store.read_now(
        lambda sql: [as_it_stands(sql, row) for row in tables.all_duties(sql).values()]
    )
    return {
        row.incident: (row.count_wanted, row.count_done)
        for row in rows
        if row.period is not None and row.count_wanted is not None and row.count_done is not None
    }


def figures_asked(sql: Sql, size: int, drill: Drill) -> dict[Spot, Figures]:
    """For each expectation of a figure those of its unit, with the units under it, and time."""
    codes = {unit.key: unit.code for unit in drill.units}
    found: dict[Spot, Figures] = {}
    for each in drill.expectations:
        if each.kind == "figure":
            begins, ends = _begins(each.get("from")), _begins(each.get("to"), after=1)
            within = statistics.StatisticsQuery(codes.get(each.get("unit")), begins, ends)
            told = statistics.statistics(sql, size, within).all.figures
            found[each.place] = {figure.rule: figure for figure in told if figure.rule is not None}
    return found


def _begins(day: str | None, after: int = 0) -> datetime | None:
    """When a day begins, or that so many days after it (UTC)."""
    return start_of(date.fromisoformat(day) + timedelta(days=after)) if day else None
