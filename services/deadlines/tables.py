"""Deadlines' read models: duties, and the matters they belong to; all derived from events.

``duties`` folds this room's own events (``projections``). ``matters`` and ``deeds`` are what intake
and routing say, as far as rules ask for it: no words of anybody. What is said before a matter's
registration has arrived is kept all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from services.deadlines.docket import STATES, State
from services.deadlines.projections import DutyRow, Key, key_of, project
from shared import matters, packs, units
from shared.contracts.deadlines import DutyMoved, DutyStarted, LateRecordSettled
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentRegistered
from shared.contracts.routing import (
    IncidentAssigned,
    PackAdopted,
    PackWithdrawn,
    UnitEstablished,
)
from shared.store.micros import to_micros
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql
from shared.store.upsert import upsert

_NEVER = 2**62
"""Where duties that cannot be missed stand in the order of limits: last."""

_OBSERVED = "state = 'running' AND standing = 'live'"
"""What the scheduler watches."""

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS duties (incident TEXT, duty TEXT, title TEXT, clause TEXT,"
    " party TEXT, unit TEXT, policy TEXT, standing TEXT, start BIGINT, due BIGINT, state TEXT,"
    " done_at BIGINT, spare_seconds BIGINT, late_seconds BIGINT, because TEXT, rule TEXT,"
    " toward TEXT, stop TEXT, clock TEXT, known_at BIGINT, provisional BIGINT, took_seconds BIGINT,"
    " period TEXT,"
    " PRIMARY KEY (incident, duty))",
    f"CREATE INDEX IF NOT EXISTS duties_observed ON duties (due, incident) WHERE {_OBSERVED}",
    "CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, number TEXT, unit TEXT, lead TEXT)",
    *matters.SCHEMA,
    units.SCHEMA,
    *packs.SCHEMA,
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
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)
            case PackAdopted() | PackWithdrawn() as fact:
                packs.learn_pack(sql, fact)
        matters.hear(sql, event)
        _follow(sql, event)


MODEL = ReadModel(
    {
        "duties": ("incident", "duty"),
        "incidents": ("id",),
        **matters.TABLES,
        "units": ("code",),
        **packs.TABLES,
    },
    SCHEMA,
    (
        *matters.FACTS,
        UnitEstablished,
        *packs.FACTS,
        DutyStarted,
        DutyMoved,
        LateRecordSettled,
        *STATES,
    ),
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
        f" WHERE {where} ORDER BY COALESCE(d.due, {_NEVER}), d.incident, d.duty LIMIT ?",
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
