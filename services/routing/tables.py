"""Routing's read models: what it must look up to decide, all derived from events."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.clock import from_micros, to_micros
from shared.contracts.envelope import Recorded, decode
from shared.contracts.routing import (
    AppointmentEnded,
    IncidentAssigned,
    OfficerAppointed,
    PackAdopted,
    PackWithdrawn,
    PersonRecognised,
)
from shared.copies import calendars, matters, packs, units
from shared.copies.matters import KnownIncident
from shared.store.readmodel import Placed, ReadModel, joined
from shared.store.sql import Row, Sql
from shared.store.transaction import Stream

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS sheets (year BIGINT PRIMARY KEY, last BIGINT)",
    "CREATE TABLE IF NOT EXISTS posts (officer TEXT, since BIGINT, until BIGINT, unit TEXT,"
    " post TEXT, PRIMARY KEY (officer, since))",
    "CREATE TABLE IF NOT EXISTS persons (officer TEXT PRIMARY KEY, person TEXT)",
    "CREATE INDEX IF NOT EXISTS appointments_of_person ON persons (person)",
    "CREATE TABLE IF NOT EXISTS rules_in_force (unit TEXT, since BIGINT, until BIGINT, pack TEXT,"
    " version TEXT, pin TEXT, params TEXT, reason TEXT, PRIMARY KEY (unit, since))",
)


def case_of(incident: KnownIncident) -> Stream:
    """What the next event of its case belongs to."""
    return Stream("case", incident.id, incident.concerned, incident.id)


class Post(BaseModel):
    """Who held which post where, from when until when (UTC; none while it is held)."""

    officer: str
    unit: str
    post: str
    since: datetime
    until: datetime | None


class PackEntry(BaseModel):
    """A pack that a unit adopted, and from when until when it bound new matters."""

    unit: str
    pack: str
    version: str
    pin: str
    params: dict[str, str | int]
    reason: str
    since: datetime
    until: datetime | None


def _fold(sql: Sql, batch: Sequence[Placed]) -> None:
    for _, event in batch:
        at = to_micros(event.envelope.recorded_at)
        match event.fact:
            case IncidentAssigned() as fact:
                _count_sheet(sql, fact.sheet)
            case OfficerAppointed() as fact:
                _end(sql, "posts", "officer", fact.officer, at)
                _hold(sql, fact, at)
            case AppointmentEnded() as fact:
                _end(sql, "posts", "officer", fact.officer, at)
            case PersonRecognised() as fact:
                _recognise(sql, fact)
            case PackAdopted() as fact:
                _end(sql, "rules_in_force", "unit", fact.unit, at)
                _bind(sql, fact, at)
            case PackWithdrawn() as fact:
                _end(sql, "rules_in_force", "unit", fact.unit, at)


_OWN = ReadModel(
    {
        "sheets": ("year",),
        "posts": ("officer", "since"),
        "persons": ("officer",),
        "rules_in_force": ("unit", "since"),
    },
    _SCHEMA,
    (
        AppointmentEnded,
        IncidentAssigned,
        OfficerAppointed,
        PackAdopted,
        PackWithdrawn,
        PersonRecognised,
    ),
    _fold,
)

MODEL = joined(
    units.MODEL,
    units.COUNTY,
    packs.MODEL,
    calendars.MODEL,
    matters.kept_by("routing"),
    _OWN,
)


def next_sheet(sql: Sql, node: str, year: int) -> str:
    """The next number of a dispatch sheet (交办单号) of a year; none is given twice."""
    row = sql.one("SELECT last FROM sheets WHERE year = ?", (year,))
    return f"{node}-{year}-J{(row['last'] if row else 0) + 1:06d}"


def posts(sql: Sql, at: datetime) -> list[Post]:
    """Who held which post at a moment, by officer."""
    return [Post(**_told(row)) for row in _rows_at(sql, "posts", "officer", at)]


def history(sql: Sql, case: object) -> list[Recorded]:
    """Every event of a case, without writing; ``case`` is its id as the store spells it."""
    rows = sql.all(
        "SELECT state FROM stored_events WHERE originator_id = ? ORDER BY originator_version",
        (case,),
    )
    return [decode(bytes(row["state"])) for row in rows]


def person_of(sql: Sql, officer: str) -> str:
    """Whose appointment it is, as is known now."""
    row = sql.one("SELECT person FROM persons WHERE officer = ?", (officer,))
    return str(row["person"]) if row else officer


def appointments_of(sql: Sql, officer: str) -> frozenset[str]:
    """Every appointment of the person whose this one is: four eyes are of persons."""
    rows = sql.all(
        "SELECT officer FROM persons WHERE person = (SELECT person FROM persons WHERE officer = ?)",
        (officer,),
    )
    return frozenset((officer, *(row["officer"] for row in rows)))


def rules_in_force(sql: Sql, at: datetime) -> list[PackEntry]:
    """Which packs units had adopted at a moment, by unit."""
    rows = _rows_at(sql, "rules_in_force", "unit", at)
    return [PackEntry(**_told(row) | {"params": json.loads(row["params"])}) for row in rows]


def adopted_last(sql: Sql, pack: str) -> str | None:
    """The pin under which a pack was adopted last, by whatever unit, or none."""
    row = sql.one(
        "SELECT pin FROM rules_in_force WHERE pack = ? ORDER BY since DESC LIMIT 1", (pack,)
    )
    return row["pin"] if row else None


def adopted_first(sql: Sql, unit: str) -> str | None:
    """The id of the pack that a unit adopted first, or none; of the root, the county's own."""
    row = sql.one("SELECT pack FROM rules_in_force WHERE unit = ? ORDER BY since LIMIT 1", (unit,))
    return row["pack"] if row else None


def _count_sheet(sql: Sql, sheet: str | None) -> None:
    if sheet is None:
        return
    _, year, count = sheet.rsplit("-", 2)
    sql.execute(
        "INSERT INTO sheets VALUES (?, ?) ON CONFLICT (year) DO UPDATE SET last = excluded.last"
        " WHERE sheets.last < excluded.last",
        (int(year), int(count.removeprefix("J"))),
    )


def _hold(sql: Sql, fact: OfficerAppointed, at: int) -> None:
    since, until = (None if each is None else to_micros(each) for each in (fact.since, fact.until))
    row = (fact.officer, since or at, until, fact.unit, fact.post)
    sql.execute("INSERT INTO posts VALUES (?, ?, ?, ?, ?)", row)
    sql.execute(
        "INSERT INTO persons VALUES (?, ?) ON CONFLICT (officer) DO NOTHING",
        (fact.officer, fact.person),
    )


def _recognise(sql: Sql, fact: PersonRecognised) -> None:
    """All of one person's appointments are the other's from now on."""
    sql.execute(
        "UPDATE persons SET person = ? WHERE person ="
        " (SELECT person FROM persons WHERE officer = ?)",
        (fact.person, fact.officer),
    )


def _bind(sql: Sql, fact: PackAdopted, at: int) -> None:
    params = json.dumps(fact.params, ensure_ascii=False, sort_keys=True)
    row = (fact.unit, at, fact.pack, fact.version, fact.pin, params, fact.reason)
    sql.execute("INSERT INTO rules_in_force VALUES (?, ?, NULL, ?, ?, ?, ?, ?)", row)


def _end(sql: Sql, table: str, key: str, value: str, at: int) -> None:
    """What held until now, or would have held for longer, held until then."""
    sql.execute(
        f"UPDATE {table} SET until = ? WHERE {key} = ? AND (until IS NULL OR until > ?)",
        (at, value, at),
    )


def _rows_at(sql: Sql, table: str, key: str, at: datetime) -> Sequence[Row]:
    moment = to_micros(at)
    return sql.all(
        f"SELECT * FROM {table} WHERE since <= ? AND (until IS NULL OR until > ?)"
        f" ORDER BY {key}, since",
        (moment, moment),
    )


def _told(row: Row) -> dict[str, Any]:
    """A row, its moments read."""
    until = None if row["until"] is None else from_micros(row["until"])
    return dict(row) | {"since": from_micros(row["since"]), "until": until}
