"""Intake's read models: what it must look up to decide, all derived from events."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared import units
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.routing import ReplyPublished, UnitEstablished
from shared.errors import Unknown
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql
from shared.store.upsert import upsert

SCHEMA = (
    units.SCHEMA,
    "CREATE TABLE IF NOT EXISTS numbers (year BIGINT PRIMARY KEY, last BIGINT)",
    "CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, number TEXT UNIQUE, unit TEXT,"
    " standing TEXT, answered BIGINT)",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident: id, number, unit, whether it stands on its own, and is answered."""

    id: UUID
    number: str
    unit: str
    standing: str
    answered: bool


def next_number(sql: Sql, node: str, year: int) -> str:
    """The next incident number (事件编号) of a year; none is skipped, none given twice."""
    row = sql.one("SELECT last FROM numbers WHERE year = ?", (year,))
    return f"{node}-{year}-{(row['last'] if row else 0) + 1:06d}"


def project(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for _, event in batch:
        incident = str(event.envelope.correlation)
        match event.fact:
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)
            case IncidentRegistered() as fact:
                _note(sql, incident, number=fact.number, unit=event.envelope.unit)
                _count(sql, fact.number)
            case IncidentLinked():
                _note(sql, incident, standing="linked")
            case IncidentVoided():
                _note(sql, incident, standing="voided")
            case ReplyPublished():
                _note(sql, incident, answered=1)


MODEL = ReadModel(
    {"units": ("code",), "numbers": ("year",), "incidents": ("id",)},
    SCHEMA,
    (UnitEstablished, IncidentRegistered, IncidentLinked, IncidentVoided, ReplyPublished),
    project,
)


def find(sql: Sql, name: str) -> Entry:
    """The incident with that number or id; raises Unknown ``incident.unknown``."""
    row = sql.one("SELECT * FROM incidents WHERE number = ? OR id = ?", (name, name))
    if row is None or row["number"] is None:
        raise unknown_incident(name)
    return _entry(row)


def known_ids(sql: Sql, ids: list[UUID]) -> set[str]:
    """Which of the ids are entered already."""
    marks = ",".join("?" * len(ids))
    rows = sql.all(
        f"SELECT id FROM incidents WHERE number IS NOT NULL AND id IN ({marks})",
        [str(i) for i in ids],
    )
    return {row["id"] for row in rows}


def unknown_incident(name: str) -> Unknown:
    """The error for an incident that is not known here."""
    return Unknown(
        "incident.unknown",
        f"没有编号或标识为“{name}”的事件。",
        "请用 huiyin ledger 查看编号。",
        "incident",
    )


def _note(sql: Sql, incident: str, **columns: str | int) -> None:
    """Set columns of an incident, which may be heard of before it is registered here."""
    upsert(sql, "incidents", incident, columns, {"standing": "open", "answered": 0})


def _count(sql: Sql, number: str) -> None:
    _, year, count = number.rsplit("-", 2)
    sql.execute(
        "INSERT INTO numbers VALUES (?, ?) ON CONFLICT (year) DO UPDATE SET last = excluded.last"
        " WHERE numbers.last < excluded.last",
        (int(year), int(count)),
    )


def _entry(row: Row) -> Entry:
    return Entry(
        UUID(row["id"]), row["number"], row["unit"], row["standing"], bool(row["answered"])
    )
