"""Deadlines' read models: duties, and the incidents they belong to; all derived from events.

``duties`` folds this room's own events (``projections``), ``incidents`` what intake and routing
say. ``early`` is no read model: there, events wait for the registration of their incident.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from services.deadlines.projections import Key, key_of
from shared.contracts.deadlines import STATES, DutyStarted, State
from shared.contracts.envelope import Recorded, decode
from shared.contracts.intake import IncidentRegistered
from shared.contracts.routing import IncidentAssigned
from shared.duties import DutyRow, project
from shared.store.micros import to_micros
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql
from shared.store.upsert import upsert

_OBSERVED = "state = 'running' AND standing = 'live'"
"""What the scheduler watches."""

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS duties (incident TEXT, duty TEXT, title TEXT, clause TEXT,"
    " party TEXT, unit TEXT, policy TEXT, standing TEXT, start BIGINT, due BIGINT, state TEXT,"
    " done_at BIGINT, spare_seconds BIGINT, late_seconds BIGINT, because TEXT,"
    " PRIMARY KEY (incident, duty))",
    f"CREATE INDEX IF NOT EXISTS duties_observed ON duties (due, incident) WHERE {_OBSERVED}",
    "CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, number TEXT, unit TEXT, lead TEXT)",
    "CREATE TABLE IF NOT EXISTS early (incident TEXT, turn BIGINT, raw BYTEA,"
    " PRIMARY KEY (incident, turn))",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident: its number and, once it is assigned, the lead unit."""

    number: str
    lead: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order in which duties fall due (microseconds since 1970, incident)."""

    due: int
    incident: str


FIRST = Place(0, "")
"""Before everything."""


_values = attrgetter(*(f.name for f in fields(DutyRow)))
_COLUMNS = ", ".join(f.name for f in fields(DutyRow))
_MARKS = ", ".join("?" for _ in fields(DutyRow))
_CHANGES = ", ".join(f"{f.name} = excluded.{f.name}" for f in fields(DutyRow))


def fold(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for _, event in batch:
        match event.fact:
            case IncidentRegistered() as fact:
                _note(sql, event, number=fact.number, unit=event.envelope.unit)
            case IncidentAssigned() as fact:
                _note(sql, event, lead=fact.lead)
            case _:
                _follow(sql, event)


MODEL = ReadModel(
    {"duties": ("incident", "duty"), "incidents": ("id",)},
    SCHEMA,
    (IncidentRegistered, IncidentAssigned, DutyStarted, *STATES),
    fold,
)


def all_duties(sql: Sql) -> dict[Key, DutyRow]:
    """Every row as the table has it, to compare with ``fold_duties``."""
    rows = sql.all(f"SELECT {_COLUMNS} FROM duties")
    return {(row["incident"], row["duty"]): _duty_row(row) for row in rows}


def duties(
    sql: Sql, state: State | None, unit: str | None, limit: int
) -> list[tuple[DutyRow, Entry]]:
    """Duties with their incidents, earliest due first; ``unit`` is the one that must act."""
    asked = {"d.state = ?": state, "COALESCE(i.lead, i.unit) = ?": unit}
    given = {condition: value for condition, value in asked.items() if value is not None}
    where = " AND ".join(given) or "1 = 1"
    rows = sql.all(
        "SELECT d.*, i.number, i.lead FROM duties d JOIN incidents i ON i.id = d.incident"
        f" WHERE {where} ORDER BY d.due, d.incident, d.duty LIMIT ?",
        (*given.values(), limit),
    )
    return [(_duty_row(row), Entry(row["number"], row["lead"])) for row in rows]


def next_due(sql: Sql, not_before: datetime | None = None) -> int | None:
    """When the next watched duty falls due, or none; of those not before a moment."""
    row = sql.one(
        f"SELECT MIN(due) AS due FROM duties WHERE {_OBSERVED} AND due >= ?",
        (to_micros(not_before) if not_before else 0,),
    )
    return row["due"] if row else None


def count_watched(sql: Sql, now: datetime) -> tuple[int, int]:
    """How many duties the scheduler watches, and how many of those are past their limit."""
    row = sql.one(
        "SELECT COUNT(*) AS watched, COUNT(CASE WHEN due < ? THEN 1 END) AS late"
        f" FROM duties WHERE {_OBSERVED}",
        (to_micros(now),),
    )
    return (row["watched"], row["late"]) if row else (0, 0)


def overdue(sql: Sql, now: datetime, after: Place, limit: int) -> list[Place]:
    """Watched duties whose limit has passed, earliest first, behind a place."""
    rows = sql.all(
        f"SELECT due, incident FROM duties WHERE {_OBSERVED} AND due < ?"
        " AND (due, incident) > (?, ?) ORDER BY due, incident LIMIT ?",
        (to_micros(now), after.due, after.incident, limit),
    )
    return [Place(row["due"], row["incident"]) for row in rows]


def is_registered(sql: Sql, incident: UUID) -> bool:
    """Whether the incident's registration has arrived here."""
    row = sql.one("SELECT number FROM incidents WHERE id = ?", (str(incident),))
    return row is not None and row["number"] is not None


def keep_early(sql: Sql, event: Recorded) -> None:
    """Keep an event, as bytes, until its incident's registration arrives."""
    incident = str(event.envelope.correlation)
    row = sql.one("SELECT COUNT(*) AS kept FROM early WHERE incident = ?", (incident,))
    assert row is not None
    sql.execute("INSERT INTO early VALUES (?, ?, ?)", (incident, row["kept"], event.raw))


def take_early(sql: Sql, incident: UUID) -> list[Recorded]:
    """What was kept of an incident, in order of arrival; it is kept no longer."""
    rows = sql.all("SELECT raw FROM early WHERE incident = ? ORDER BY turn", (str(incident),))
    sql.execute("DELETE FROM early WHERE incident = ?", (str(incident),))
    return [decode(bytes(row["raw"])) for row in rows]


def _note(sql: Sql, event: Recorded, **columns: str) -> None:
    """Set columns of an incident, which may be assigned before it is registered here."""
    incident = str(event.envelope.correlation)
    upsert(sql, "incidents", incident, columns, {})


def _follow(sql: Sql, event: Recorded) -> None:
    key = key_of(event)
    row = project(_duty(sql, key), event) if key else None
    if row:
        _put(sql, row)


def _duty(sql: Sql, key: Key) -> DutyRow | None:
    row = sql.one(f"SELECT {_COLUMNS} FROM duties WHERE incident = ? AND duty = ?", key)
    return None if row is None else _duty_row(row)


def _put(sql: Sql, row: DutyRow) -> None:
    sql.execute(
        f"INSERT INTO duties ({_COLUMNS}) VALUES ({_MARKS})"
        f" ON CONFLICT (incident, duty) DO UPDATE SET {_CHANGES}",
        _values(row),
    )


def _duty_row(row: Row) -> DutyRow:
    return DutyRow(*(row[f.name] for f in fields(DutyRow)))
