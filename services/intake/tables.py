"""Intake's read models: what it must look up to decide, all derived from events."""

from dataclasses import dataclass
from uuid import UUID

from shared import units
from shared.errors import Unknown
from shared.store.sql import Row, Sql

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
    """Take the next incident number (事件编号) of a year; none is skipped, none given twice."""
    row = sql.one(
        "INSERT INTO numbers VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET"
        " last = numbers.last + 1 RETURNING last",
        (year,),
    )
    assert row is not None
    return f"{node}-{year}-{row['last']:06d}"


def enter(sql: Sql, entry: Entry) -> None:
    """Enter a new incident."""
    sql.execute(
        "INSERT INTO incidents VALUES (?, ?, ?, ?, ?)",
        (str(entry.id), entry.number, entry.unit, entry.standing, int(entry.answered)),
    )


def find(sql: Sql, name: str) -> Entry:
    """The incident with that number or id; raises Unknown ``incident.unknown``."""
    row = sql.one("SELECT * FROM incidents WHERE number = ? OR id = ?", (name, name))
    if row is None:
        raise unknown_incident(name)
    return _entry(row)


def set_standing(sql: Sql, incident: UUID, standing: str) -> None:
    """Note that an incident was linked or voided."""
    sql.execute("UPDATE incidents SET standing = ? WHERE id = ?", (standing, str(incident)))


def set_answered(sql: Sql, incident: UUID) -> None:
    """Note that the public was answered."""
    sql.execute("UPDATE incidents SET answered = 1 WHERE id = ?", (str(incident),))


def known_ids(sql: Sql, ids: list[UUID]) -> set[str]:
    """Which of the ids are entered already."""
    marks = ",".join("?" * len(ids))
    rows = sql.all(f"SELECT id FROM incidents WHERE id IN ({marks})", [str(i) for i in ids])
    return {row["id"] for row in rows}


def unknown_incident(name: str) -> Unknown:
    """The error for an incident that is not known here."""
    return Unknown(
        "incident.unknown",
        f"没有编号或标识为“{name}”的事件。",
        "请用 huiyin ledger 查看编号。",
        "incident",
    )


def _entry(row: Row) -> Entry:
    return Entry(
        UUID(row["id"]), row["number"], row["unit"], row["standing"], bool(row["answered"])
    )
