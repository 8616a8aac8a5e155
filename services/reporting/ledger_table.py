"""The ledger's table: every version of every row, so that it can be read as it stood (as of).

A version holds from the leaf that made it up to the leaf that changed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

from services.reporting.ledger import CHANGED_BY, LedgerRow, project
from shared.contracts.envelope import Recorded, decode
from shared.messaging.streams import Incoming
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql
from shared.store.transaction import Transaction

NOW = 2**62
"""``to_leaf`` of a version that still holds."""

_COLUMNS = [field.name for field in fields(LedgerRow)]
_values = attrgetter(*_COLUMNS)
_WHOLE_NUMBERS = {
    "title_leaf",
    "posted_at",
    "registered_at",
    "published_at",
    "closed_at",
    "due",
} | {
    "spare_seconds",
    "late_seconds",
    "erased",
}
_TYPED = [f"{name} {'BIGINT' if name in _WHOLE_NUMBERS else 'TEXT'}" for name in _COLUMNS]

SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS ledger (from_leaf BIGINT, to_leaf BIGINT, {', '.join(_TYPED)},"
    " PRIMARY KEY (incident, from_leaf))",
    "CREATE INDEX IF NOT EXISTS ledger_by_number ON ledger (number)",
)

_INSERT = f"INSERT INTO ledger VALUES ({', '.join('?' * (len(_COLUMNS) + 2))})"
_END = "UPDATE ledger SET to_leaf = ? WHERE incident = ? AND from_leaf = ?"


@dataclass(slots=True)
class _Version:
    row: LedgerRow
    from_leaf: int
    to_leaf: int = NOW
    stored: bool = False


class LedgerFold:
    """Folds events into versions; keeps a batch in memory and writes it at once."""

    understands_all = False

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """Fold log entries, of which those that say nothing to the ledger are not even read."""
        wanted = [event for event in events if MODEL.wants(event.type)]
        apply(tx.sql, [Placed(event.position, decode(event.raw)) for event in wanted])


def apply(sql: Sql, batch: Sequence[Placed]) -> None:
    """Write the versions that a batch of events (position = leaf + 1) leads to."""
    latest = _latest(sql, {str(event.envelope.correlation) for _, event in batch})
    made: list[_Version] = []
    ended: list[tuple[int, str, int]] = []
    for position, event in batch:
        leaf = position - 1
        incident = str(event.envelope.correlation)
        before = latest.get(incident)
        after = _next(before, incident, event, leaf)
        if before is not None:
            _end(before, leaf, ended)
        latest[incident] = after
        made.append(after)
    sql.executemany(_END, ended)
    sql.executemany(_INSERT, [(v.from_leaf, v.to_leaf, *_values(v.row)) for v in made])


def as_of(sql: Sql, size: int, unit: str | None, status: str | None) -> list[LedgerRow]:
    """The whole ledger after the first ``size`` leaves, by number; optionally of a unit or status.

    A unit's ledger holds what it registered and what it leads or handles with others.
    """
    rows = sql.all(
        "SELECT * FROM ledger WHERE from_leaf < ? AND to_leaf >= ? AND number IS NOT NULL"
        " ORDER BY number",
        (size, size),
    )
    found = (_row(row) for row in rows)
    return [row for row in found if _concerns(row, unit) and status in (None, row.status)]


def current(sql: Sql, name: str) -> LedgerRow | None:
    """The present row of the incident with that number or id, or none."""
    row = sql.one(
        "SELECT * FROM ledger WHERE (number = ? OR incident = ?) AND to_leaf = ?", (name, name, NOW)
    )
    return _row(row) if row else None


MODEL = ReadModel({"ledger": ("incident", "from_leaf")}, SCHEMA, CHANGED_BY, apply)


def _next(before: _Version | None, incident: str, event: Recorded, leaf: int) -> _Version:
    row = before.row if before else LedgerRow(incident)
    return _Version(project(row, event, leaf), leaf)


def _end(before: _Version, leaf: int, ended: list[tuple[int, str, int]]) -> None:
    before.to_leaf = leaf
    if before.stored:
        ended.append((leaf, before.row.incident, before.from_leaf))


def _latest(sql: Sql, incidents: set[str]) -> dict[str, _Version]:
    """The versions that still hold of those incidents, read at once."""
    if not incidents:
        return {}
    marks = ", ".join("?" * len(incidents))
    rows = sql.all(
        f"SELECT * FROM ledger WHERE incident IN ({marks}) AND to_leaf = ?", (*incidents, NOW)
    )
    return {row["incident"]: _Version(_row(row), row["from_leaf"], stored=True) for row in rows}


def _row(row: Row) -> LedgerRow:
    return LedgerRow(*(row[name] for name in _COLUMNS))


def _concerns(row: LedgerRow, unit: str | None) -> bool:
    return unit is None or unit in (row.unit, row.lead, *row.co_handling.split(";"))
