"""Deadlines' read models: duties, and the matters they belong to; all derived from events.

``duties`` folds this room's own events (``projections``). ``matters`` and ``deeds`` are what intake
and routing say, as far as rules ask for it: no words of anybody. What is said before a matter's
registration has arrived is kept all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from pydantic import TypeAdapter

from services.deadlines.docket import STATES, State
from services.deadlines.policies import corrected, subject_of, why_ended
from services.deadlines.projections import DutyRow, Key, key_of, project
from shared import packs, units
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyMoved, DutyStarted, LateRecordSettled
from shared.contracts.envelope import Recorded, Standing
from shared.contracts.intake import IncidentRegistered, RegistrationCorrected
from shared.contracts.routing import (
    CaseRepinned,
    IncidentAssigned,
    PackAdopted,
    PackWithdrawn,
    UnitEstablished,
)
from shared.policy.deeds import Deed
from shared.policy.outlook import Matter
from shared.policy.recorded import HEARD_FROM, deed_of
from shared.store.micros import from_micros, to_micros
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
    "CREATE TABLE IF NOT EXISTS matters (id TEXT PRIMARY KEY, registered TEXT, pin TEXT,"
    " standing TEXT, ended TEXT, ended_at BIGINT)",
    "CREATE TABLE IF NOT EXISTS deeds (incident TEXT, id TEXT, deed TEXT,"
    " PRIMARY KEY (incident, id))",
    units.SCHEMA,
    *packs.SCHEMA,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident: its number and, once it is assigned, the lead unit."""

    number: str
    lead: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A matter as it was heard of: what rules ask of it, its rules, and whether it is live."""

    subject: Matter
    pin: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order in which duties fall due (microseconds since 1970, incident)."""

    due: int
    incident: str


FIRST = Place(0, "")
"""Before everything."""


HEARD: tuple[type[Fact], ...] = (*HEARD_FROM["intake"], *HEARD_FROM["routing"])
"""What is heard of matters."""

_SUBJECT, _DEED = TypeAdapter(Matter), TypeAdapter(Deed)

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
        if type(event.fact) in HEARD:
            _hear(sql, event)
        else:
            _follow(sql, event)


MODEL = ReadModel(
    {
        "duties": ("incident", "duty"),
        "incidents": ("id",),
        "matters": ("id",),
        "deeds": ("incident", "id"),
        "units": ("code",),
        **packs.TABLES,
    },
    SCHEMA,
    (*HEARD, UnitEstablished, *packs.FACTS, DutyStarted, DutyMoved, LateRecordSettled, *STATES),
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


def overdue(sql: Sql, now: datetime, after: Place, limit: int) -> list[Place]:
    """Watched duties whose limit has passed, earliest first, behind a place."""
    rows = sql.all(
        f"SELECT due, incident FROM duties WHERE {_OBSERVED} AND due < ?"
        " AND (due, incident) > (?, ?) ORDER BY due, incident LIMIT ?",
        (to_micros(now), after.due, after.incident, limit),
    )
    return [Place(row["due"], row["incident"]) for row in rows]


def matter(sql: Sql, incident: UUID) -> Heard | None:
    """What was heard of a matter itself, or none before its registration has arrived."""
    row = sql.one("SELECT * FROM matters WHERE id = ?", (str(incident),))
    if row is None or row["registered"] is None:
        return None
    subject = _SUBJECT.validate_json(row["registered"])
    if row["ended"] is not None:
        subject = replace(subject, ended=(row["ended"], from_micros(row["ended_at"])))
    return Heard(subject, row["pin"], row["standing"])


def deeds(sql: Sql, incident: UUID) -> list[Deed]:
    """What was done about a matter, as other rooms say."""
    rows = sql.all("SELECT deed FROM deeds WHERE incident = ?", (str(incident),))
    return [_DEED.validate_json(row["deed"]) for row in rows]


def _hear(sql: Sql, event: Recorded) -> None:
    told, incident = event.envelope, str(event.envelope.correlation)
    deed = deed_of(event)
    if deed is not None:
        sql.execute(
            "INSERT INTO deeds VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (incident, str(deed.id), _DEED.dump_json(deed).decode()),
        )
    match event.fact:
        case IncidentRegistered():
            if matter(sql, told.correlation) is None:  # hearing of it again changes nothing
                _register(sql, event)
        case RegistrationCorrected() as fact:
            known = matter(sql, told.correlation)
            assert known is not None  # intake says it after the registration
            _keep(sql, incident, registered=_written(corrected(known.subject, fact)))
        case CaseRepinned() as fact:
            _keep(sql, incident, pin=fact.pin)
        case _:
            _end(sql, incident, why_ended(event), told.recorded_at)


def _register(sql: Sql, event: Recorded) -> None:
    told = event.envelope
    incident, written = str(told.correlation), _written(subject_of(event))
    _keep(sql, incident, registered=written, standing=told.standing)
    row = sql.one("SELECT pin FROM matters WHERE id = ?", (incident,))
    if told.policy and row and row["pin"] is None:  # else it was put under other rules since
        _keep(sql, incident, pin=told.policy)


def _end(sql: Sql, incident: str, because: str | None, recorded_at: datetime) -> None:
    """Note why nothing is owed any more; the first that was recorded is what counts."""
    if because is None:
        return
    row = sql.one("SELECT ended_at FROM matters WHERE id = ?", (incident,))
    at = to_micros(recorded_at)
    if row is None or row["ended_at"] is None or at < row["ended_at"]:
        _keep(sql, incident, ended=because, ended_at=at)


def _keep(sql: Sql, incident: str, **columns: str | int) -> None:
    upsert(sql, "matters", incident, columns, {})


def _written(subject: Matter) -> str:
    return _SUBJECT.dump_json(subject).decode()


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
