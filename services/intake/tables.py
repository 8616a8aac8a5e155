"""Intake's read models: what it must look up to decide, all derived from events.

Of matters it is kept what routing says; what intake said is in its own events. Nobody's acts wait
for what was done before this system.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from shared.acts.deed import HEARD_FROM, deed_of, of_unit
from shared.clock import to_micros
from shared.contracts.envelope import Recorded
from shared.contracts.intake import (
    Column,
    FieldMapSaved,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    UnitAct,
)
from shared.copies import incidents, matters, packs, units
from shared.policy.engine.deeds import Deed
from shared.store.readmodel import Placed, ReadModel, joined
from shared.store.sql import Sql

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS numbers (year BIGINT PRIMARY KEY, last BIGINT)",
    "CREATE TABLE IF NOT EXISTS field_maps (unit TEXT, heading TEXT, field TEXT, place BIGINT,"
    " PRIMARY KEY (unit, heading))",
    "CREATE TABLE IF NOT EXISTS registrations (id TEXT PRIMARY KEY, unit TEXT, at BIGINT)",
    "CREATE INDEX IF NOT EXISTS registrations_of_unit ON registrations (unit, at)",
    "CREATE TABLE IF NOT EXISTS days (id TEXT PRIMARY KEY, unit TEXT, act TEXT, kind TEXT,"
    " at BIGINT, deed TEXT)",
    "CREATE INDEX IF NOT EXISTS days_of_unit ON days (unit, act, at)",
)

_DEED = TypeAdapter(Deed)


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


def _fold(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    counts: dict[int, int] = {}
    for _, event in batch:
        match event.fact:
            case IncidentRegistered() as fact:
                _keep_registration(sql, event)
                year, count = _counted(fact.number)
                counts[year] = max(count, counts.get(year, 0))
            case FieldMapSaved() as fact:
                _keep_field_map(sql, event.envelope.unit, fact)
            case UnitAct() if of_unit(event):
                _keep_day(sql, event)
    for year, count in counts.items():
        _count(sql, year, count)


_OWN = ReadModel(
    {
        "numbers": ("year",),
        "field_maps": ("unit", "heading"),
        "registrations": ("id",),
        "days": ("id",),
    },
    _SCHEMA,
    (*HEARD_FROM["intake"], FieldMapSaved),
    _fold,
)

MODEL = joined(
    units.MODEL,
    packs.MODEL,
    incidents.MODEL,
    matters.kept_by(
        "intake", (*HEARD_FROM["routing"], IncidentLinked, IncidentVoided), imported=False
    ),
    _OWN,
)


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


def done(sql: Sql, unit: str, acts: Iterable[str]) -> list[Deed]:
    """What a unit did of some acts on its own days."""
    wanted = tuple(acts)
    if not wanted:
        return []
    marks = ",".join("?" * len(wanted))
    rows = sql.all(f"SELECT deed FROM days WHERE unit = ? AND act IN ({marks})", (unit, *wanted))
    return [_DEED.validate_json(row["deed"]) for row in rows]


def done_at(sql: Sql, unit: str, act: str, at: datetime) -> list[Deed]:
    """What a unit did of an act at one claimed moment."""
    rows = sql.all(
        "SELECT deed FROM days WHERE unit = ? AND act = ? AND at = ?", (unit, act, to_micros(at))
    )
    return [_DEED.validate_json(row["deed"]) for row in rows]


def last_summary(sql: Sql, unit: str, kind: str | None, before: datetime) -> int | None:
    """When a unit last summed up in that way before a moment, in microseconds, or none."""
    row = sql.one(
        "SELECT MAX(at) AS last FROM days WHERE unit = ? AND act = 'summarise' AND kind = ?"
        " AND at < ?",
        (unit, kind or "", to_micros(before)),
    )
    return row["last"] if row else None


def registered(sql: Sql, unit: str, after: int, until: datetime) -> tuple[UUID, ...]:
    """What a unit registered live after a moment (microseconds) up to another, without errors."""
    rows = sql.all(
        "SELECT id FROM registrations r WHERE unit = ? AND at > ? AND at <= ? AND NOT EXISTS"
        f" (SELECT 1 FROM ({matters.STANDING}) e WHERE e.incident = r.id AND because = 'voided')"
        " ORDER BY at",
        (unit, after, to_micros(until)),
    )
    return tuple(UUID(row["id"]) for row in rows)


def _keep_day(sql: Sql, event: Recorded) -> None:
    deed = deed_of(event)
    assert deed is not None  # every event of a unit's day is an act
    sql.execute(
        "INSERT INTO days VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            str(deed.id),
            event.envelope.unit,
            deed.act,
            deed.kind or "",
            to_micros(deed.at),
            _DEED.dump_json(deed).decode(),
        ),
    )


def _keep_registration(sql: Sql, event: Recorded) -> None:
    told = event.envelope
    if told.standing == "live":
        sql.execute(
            "INSERT INTO registrations VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (str(told.correlation), told.unit, to_micros(told.recorded_at)),
        )


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
