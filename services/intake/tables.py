"""Intake's read models: what it must look up to decide, all derived from events."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared import units
from shared.contracts.intake import (
    Column,
    FieldMapSaved,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
)
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
    "CREATE TABLE IF NOT EXISTS field_maps (unit TEXT, heading TEXT, field TEXT, place BIGINT,"
    " PRIMARY KEY (unit, heading))",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident: id, number, unit, whether it stands on its own, and is answered."""

    id: UUID
    number: str
    unit: str
    standing: str
    answered: bool


@dataclass(slots=True)
class Numbers:
    """Incident numbers (事件编号) of a year, to be given within one transaction."""

    node: str
    year: int
    last: int

    @property
    def next(self) -> str:
        """The next one; none is skipped, none given twice."""
        return f"{self.node}-{self.year}-{self.last + 1:06d}"

    def take(self) -> None:
        """Note that the next one was given."""
        self.last += 1


def next_numbers(sql: Sql, node: str, year: int) -> Numbers:
    """The numbers of a year that are still to be given."""
    row = sql.one("SELECT last FROM numbers WHERE year = ?", (year,))
    return Numbers(node, year, row["last"] if row else 0)


def project(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    counts: dict[int, int] = {}
    for _, event in batch:
        incident = str(event.envelope.correlation)
        match event.fact:
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)
            case IncidentRegistered() as fact:
                _note(sql, incident, number=fact.number, unit=event.envelope.unit)
                year, count = _counted(fact.number)
                counts[year] = max(count, counts.get(year, 0))
            case IncidentLinked():
                _note(sql, incident, standing="linked")
            case IncidentVoided():
                _note(sql, incident, standing="voided")
            case ReplyPublished():
                _note(sql, incident, answered=1)
            case FieldMapSaved() as fact:
                _keep_field_map(sql, event.envelope.unit, fact)
    for year, count in counts.items():
        _count(sql, year, count)


MODEL = ReadModel(
    {
        "units": ("code",),
        "numbers": ("year",),
        "incidents": ("id",),
        "field_maps": ("unit", "heading"),
    },
    SCHEMA,
    (
        UnitEstablished,
        IncidentRegistered,
        IncidentLinked,
        IncidentVoided,
        ReplyPublished,
        FieldMapSaved,
    ),
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


def field_map(sql: Sql, unit: str) -> tuple[Column, ...]:
    """What the headings in a unit's files mean, as far as somebody said so."""
    rows = sql.all("SELECT * FROM field_maps WHERE unit = ? ORDER BY place", (unit,))
    return tuple(Column(heading=row["heading"], field=row["field"]) for row in rows)


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


def _keep_field_map(sql: Sql, unit: str, fact: FieldMapSaved) -> None:
    sql.execute("DELETE FROM field_maps WHERE unit = ?", (unit,))
    rows = [(unit, each.heading, each.field, at) for at, each in enumerate(fact.columns)]
    sql.executemany("INSERT INTO field_maps VALUES (?, ?, ?, ?)", rows)


def _counted(number: str) -> tuple[int, int]:
    """Year and count of an incident number."""
    _, year, count = number.rsplit("-", 2)
    return int(year), int(count)


def _count(sql: Sql, year: int, count: int) -> None:
    sql.execute(
        "INSERT INTO numbers VALUES (?, ?) ON CONFLICT (year) DO UPDATE SET last = excluded.last"
        " WHERE numbers.last < excluded.last",
        (year, count),
    )


def _entry(row: Row) -> Entry:
    return Entry(
        UUID(row["id"]), row["number"], row["unit"], row["standing"], bool(row["answered"])
    )
