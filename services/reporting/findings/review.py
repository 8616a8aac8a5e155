"""The accountability review (追责审查): every finding, as the record stood.

Its tables tell where to look: log entries of acts that broke a gate, and of people's findings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from services.reporting.duties import table as duties_table
from services.reporting.findings import computed
from services.reporting.findings.computed import Finding, Proof, incident_of
from services.reporting.findings.dossier import dossier
from services.reporting.ledger import table as ledger_table
from services.reporting.log.log import leaf_at
from services.reporting.packs import party_name, rulings
from services.reporting.reach import seen
from services.reporting.unshown import event_of
from shared.contracts.catalogue import Fact, facts
from shared.contracts.envelope import Recorded
from shared.contracts.reporting import FindingMade
from shared.contracts.routing import StandingConflictFound
from shared.copies.reach import Reach, units_within
from shared.copies.units import all_units
from shared.policy.language.pack import Pack
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
    sql: Sql, size: int, reach: Reach, unit: str | None = None, incident: str | None = None
) -> list[Finding]:
    """Everything found within the first ``size`` leaves, of a unit and those under it, of a matter:
    what is found of a unit within reach, and of a matter as far as that may be read.

    What was imported is history: nobody answers for it here.
    """
    found = [_numbered(sql, each, size) for each in _found(sql, size, incident)]
    within = units_within(all_units(sql), unit) if unit else None
    upto = seen(sql, reach, {each.incident for each in found if each.incident})
    chosen = [
        each
        for each in found
        if (within is None or each.unit in within)
        and (reach.has(each.unit) or _last_leaf(each) < upto.get(each.incident or "", 0))
    ]
    return sorted(chosen, key=_last_leaf)


def _last_leaf(found: Finding) -> int:
    return max((each.leaf for each in found.evidence), default=0)


def _found(sql: Sql, size: int, incident: str | None) -> Iterator[Finding]:
    """One question's view of the record: each dossier and pack is read once."""
    ruling, record = rulings(sql), cache(lambda matter: dossier(sql, matter, size))
    for duty in duties_table.in_states(sql, computed.JUDGED, size):
        if incident in (None, duty.incident):
            yield from computed.of_duty(ruling(duty.policy), duty, record(duty.incident))
    for row, event in _entries(sql, "breaches", "leaf, gate", size, incident):
        pack, matter = ruling(event.envelope.policy), row["incident"]
        yield from computed.of_breach(pack, row["gate"], matter, record(matter), row["leaf"])
    for row, event in _entries(sql, "conflicts", "leaf", size, incident):
        pack = ruling(event.envelope.policy)
        yield computed.of_conflict(pack, event, record(row["incident"]), row["leaf"])
    for row, event in _entries(sql, "made_findings", "leaf", size, incident):
        yield _by_people(ruling(event.envelope.policy), event, row["leaf"])


def _entries(
    sql: Sql, table: str, order: str, size: int, incident: str | None
) -> Iterator[tuple[Row, Recorded]]:
    """What a table says within this view, perhaps of one incident alone, and of which events."""
    for row in sql.all(f"SELECT * FROM {table} WHERE leaf < ? ORDER BY {order}", (size,)):
        if incident in (None, row["incident"]):
            leaf = leaf_at(sql, row["leaf"])
            assert leaf is not None  # the tables are made from the log
            if (event := event_of(leaf)) is not None:  # of one that cannot be read the trail tells
                yield row, event


def _by_people(pack: Pack | None, event: Recorded, leaf: int) -> Finding:
    fact, envelope = event.fact, event.envelope
    assert isinstance(fact, FindingMade)
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


def _numbered(sql: Sql, found: Finding, size: int) -> Finding:
    """With the incident's number at that time."""
    row = ledger_table.at(sql, found.incident, size) if found.incident else None
    return replace(found, number=row.number if row else None)
