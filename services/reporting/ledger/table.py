"""The ledger's table: every version of every row, so that it can be read as it stood (as of)."""

from services.reporting.ledger.row import CHANGED_BY, LedgerRow, project
from services.reporting.versions import NOW, Key, Versions, holding
from shared.contracts.envelope import Recorded
from shared.copies.matters import unknown_incident
from shared.copies.reach import EVERYTHING, Reach
from shared.store.readmodel import ReadModel
from shared.store.sql import Sql


def _key_of(event: Recorded) -> Key:
    return (str(event.envelope.correlation),)


def _next(before: LedgerRow | None, event: Recorded, leaf: int) -> LedgerRow | None:
    """The row after an event, or none where it says nothing of it: units' own days have no row."""
    known = before or LedgerRow(str(event.envelope.correlation))
    after = project(known, event, leaf)
    return None if after is known else after


_VERSIONS = Versions("ledger", LedgerRow, ("incident",), _key_of, _next)

SCHEMA = (
    _VERSIONS.schema,
    "CREATE INDEX IF NOT EXISTS ledger_by_number ON ledger (number)",
    f"CREATE INDEX IF NOT EXISTS ledger_present ON ledger (number) WHERE to_leaf = {NOW}",
)

apply = _VERSIONS.apply
row = _VERSIONS.row

MODEL = ReadModel({"ledger": _VERSIONS.key}, SCHEMA, CHANGED_BY, apply)


def as_of(sql: Sql, size: int, reach: Reach = EVERYTHING) -> list[LedgerRow]:
    """The ledger after the first ``size`` leaves, as far as it may be read, by number."""
    theirs, params = reach.takes_part()
    condition = f"{holding(size)} AND number IS NOT NULL AND {theirs}"
    rows = sql.all(f"SELECT * FROM ledger WHERE {condition} ORDER BY number", params)
    return [row(each) for each in rows]


def current(sql: Sql, name: str) -> LedgerRow | None:
    """The present row of the incident with that number or id, or none."""
    found = sql.one(
        "SELECT * FROM ledger WHERE (number = ? OR incident = ?) AND to_leaf = ?", (name, name, NOW)
    )
    return row(found) if found else None


def known(sql: Sql, name: str) -> LedgerRow:
    """The present row of the incident; raises Unknown ``incident.unknown``."""
    found = current(sql, name)
    if found is None:
        raise unknown_incident(sql, name)
    return found


def registered(sql: Sql, name: str) -> LedgerRow:
    """The present row of a matter whose registration is in; raises Unknown ``incident.unknown``."""
    found = known(sql, name)
    if found.number is None:
        raise unknown_incident(sql, name)
    return found


def at(sql: Sql, incident: str, size: int) -> LedgerRow | None:
    """The row of the incident with that id after the first ``size`` leaves, or none."""
    found = sql.one(f"SELECT * FROM ledger WHERE incident = ? AND {holding(size)}", (incident,))
    return row(found) if found else None
