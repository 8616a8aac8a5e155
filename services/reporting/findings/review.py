"""The accountability review (追责审查): every finding, as the record stood.

Its tables tell where to look: log entries of acts that broke a gate, and of people's findings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.reporting.duties import table as duties_table
from services.reporting.findings.computed import (
    JUDGED,
    Finding,
    Proof,
    incident_of,
    of_breach,
    of_conflict,
    of_duty,
)
from services.reporting.findings.dossier import Dossier, dossier
from services.reporting.ledger import table as ledger_table
from services.reporting.log.log import leaf_at
from services.reporting.packs import Rulings, party_name
from services.reporting.unshown import event_of
from shared.contracts.catalogue import Fact, facts
from shared.contracts.envelope import Recorded
from shared.contracts.reporting import FindingMade
from shared.contracts.routing import StandingConflictFound
from shared.copies.units import all_units
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS breaches (leaf BIGINT, gate TEXT, incident TEXT,"
    " PRIMARY KEY (leaf, gate))",
    "CREATE TABLE IF NOT EXISTS made_findings (leaf BIGINT PRIMARY KEY, incident TEXT)",
    "CREATE TABLE IF NOT EXISTS conflicts (leaf BIGINT PRIMARY KEY, incident TEXT)",
)

CAN_BREACH: tuple[type[Fact], ...] = tuple(
    fact for fact in facts().values() if "breaches" in fact.__pydantic_fields__
)
"""The acts that can break a gate."""


def _apply(sql: Sql, batch: Sequence[Placed]) -> None:
    for position, event in batch:
        leaf, matter = position - 1, str(event.envelope.correlation)
        for gate in dict.fromkeys(getattr(event.fact, "breaches", ())):
            sql.execute("INSERT INTO breaches VALUES (?, ?, ?)", (leaf, gate, matter))
        if isinstance(event.fact, FindingMade):
            sql.execute("INSERT INTO made_findings VALUES (?, ?)", (leaf, matter))
        if isinstance(event.fact, StandingConflictFound):
            sql.execute("INSERT INTO conflicts VALUES (?, ?)", (leaf, matter))


MODEL = ReadModel(
    {"breaches": ("leaf", "gate"), "made_findings": ("leaf",), "conflicts": ("leaf",)},
    SCHEMA,
    (*CAN_BREACH, StandingConflictFound),
    _apply,
)


def findings(
    sql: Sql, size: int, unit: str | None = None, incident: str | None = None
) -> list[Finding]:
    """Everything found within the first ``size`` leaves, of a unit and those under it, of a matter.

    What was imported is history: nobody answers for it here.
    """
    found = [_numbered(sql, each, size) for each in _Record(sql, size).findings(incident)]
    within = units_under(sql, unit) if unit else None
    chosen = [each for each in found if within is None or each.unit in within]
    return sorted(chosen, key=lambda each: max((e.leaf for e in each.evidence), default=0))


class _Record:
    """One question's view of the record: each dossier and pack is read once."""

    def __init__(self, sql: Sql, size: int) -> None:
        self._sql, self._size = sql, size
        self._rulings = Rulings(sql)
        self._dossiers: dict[str, Dossier] = {}

    def findings(self, incident: str | None) -> Iterator[Finding]:
        for row in duties_table.in_states(self._sql, JUDGED, self._size):
            if incident in (None, row.incident):
                yield from of_duty(self._rulings.of(row.policy), row, self._dossier(row.incident))
        for each in self._entries("breaches", "leaf, gate", incident):
            if event := self._event(each["leaf"]):
                pack = self._rulings.of(event.envelope.policy)
                record = self._dossier(each["incident"])
                yield from of_breach(pack, each["gate"], each["incident"], record, each["leaf"])
        for each in self._entries("conflicts", "leaf", incident):
            if event := self._event(each["leaf"]):
                pack = self._rulings.of(event.envelope.policy)
                yield of_conflict(pack, event, self._dossier(each["incident"]), each["leaf"])
        for each in self._entries("made_findings", "leaf", incident):
            if event := self._event(each["leaf"]):
                yield self._human(each["leaf"], event)

    def _human(self, leaf: int, event: Recorded) -> Finding:
        fact, envelope = event.fact, event.envelope
        assert isinstance(fact, FindingMade)
        pack = self._rulings.of(envelope.policy)
        rule = pack.rules.get(fact.of) if pack and fact.of else None
        return Finding(
            kind=fact.of or fact.kind or "",
            title=rule.zh if rule else fact.of or "",
            basis="human",
            good=fact.good,
            rule=fact.of or "",
            clause=(rule.clause or rule.zh) if rule else "",
            incident=incident_of(str(envelope.correlation), fact.unit),
            unit=fact.unit,
            post=party_name(pack, envelope.actor.post),
            actual=envelope.occurred_at,
            sanction=getattr(rule, "sanction", None),
            evidence=(*(Proof(each, "") for each in fact.evidence), Proof(leaf, "find")),
        )

    def _entries(self, table: str, order: str, incident: str | None) -> list[Row]:
        """What a table says within this view, perhaps of one incident alone."""
        rows = self._sql.all(
            f"SELECT * FROM {table} WHERE leaf < ? ORDER BY {order}", (self._size,)
        )
        return [row for row in rows if incident in (None, row["incident"])]

    def _event(self, leaf: int) -> Recorded | None:
        """The event of an entry, or none where it cannot be read any more."""
        found = leaf_at(self._sql, leaf)
        assert found is not None  # the tables are made from the log
        return event_of(found)

    def _dossier(self, matter: str) -> Dossier:
        if matter not in self._dossiers:
            self._dossiers[matter] = dossier(self._sql, matter, self._size)
        return self._dossiers[matter]


def units_under(sql: Sql, unit: str) -> set[str]:
    """The unit and all under it."""
    parents = {code: each.parent for code, each in all_units(sql).items()}
    within = {unit}
    while more := {code for code, parent in parents.items() if parent in within} - within:
        within |= more
    return within


def _numbered(sql: Sql, found: Finding, size: int) -> Finding:
    """With the incident's number at that time."""
    row = ledger_table.at(sql, found.incident, size) if found.incident else None
    return replace(found, number=row.number if row else None)
