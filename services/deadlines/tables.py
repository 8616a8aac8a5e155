"""Deadlines' read models: duties, and what they belong to; all derived from events.

``duties`` folds this room's own events. ``matters``, ``deeds`` and ``unit_deeds``
are what other rooms say, as far as rules ask for it: no words of anybody. What is said before a
matter's registration has arrived is kept all the same. ``agenda`` is who is bound by what.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from pydantic import TypeAdapter

from services.deadlines import agenda
from shared.acts.deed import deed_of, of_unit
from shared.clock import from_micros, to_micros
from shared.contracts.deadlines import State
from shared.contracts.envelope import Recorded
from shared.contracts.intake import UnitAct
from shared.contracts.routing import PackAdopted
from shared.copies import calendars, matters, packs
from shared.copies.reach import Reach
from shared.duties import CHANGED_BY, DutyRow, project
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import acts_heard
from shared.policy.engine.periods import Turn, acts_of, recurring
from shared.policy.language.pack import Pack
from shared.store.readmodel import Placed, ReadModel, joined
from shared.store.sql import OncePerTransaction, Row, Sql

_NEVER = 2**62
"""Where duties that cannot be missed stand in the order of limits: last."""

_OBSERVED = "state = 'running' AND standing = 'live'"
"""What the scheduler watches."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A place in the order in which duties fall due (microseconds since 1970, docket)."""

    due: int
    incident: str
    period: str | None = None


FIRST = Overdue(0, "")
"""Before everything."""


Key = tuple[str, str]
"""Docket and duty."""

_DEED = TypeAdapter(Deed)
_values = attrgetter(*(f.name for f in fields(DutyRow)))
_COLUMNS = ", ".join(f.name for f in fields(DutyRow))
_MARKS = ", ".join("?" for _ in fields(DutyRow))
_CHANGES = ", ".join(f"{f.name} = excluded.{f.name}" for f in fields(DutyRow))


def _fold_duties(sql: Sql, batch: Sequence[Placed]) -> None:
    for _, event in batch:
        key = key_of(event)
        row = project(duty_of(sql, *key), event) if key else None
        if row:
            _put(sql, row)


def _fold_unit_deeds(sql: Sql, batch: Sequence[Placed]) -> None:
    """What a unit did in its days, and of what it did on matters what such rules ask for."""
    for _, event in batch:
        if isinstance(event.fact, PackAdopted):
            heard_acts.forget(sql)
            _count_acts(sql, packs.pack_by_pin(sql, event.fact.pin))
        elif deed := deed_for_days(sql, event):
            _keep_unit_deed(sql, deed)


def deed_for_days(sql: Sql, event: Recorded) -> Deed | None:
    """The act that an event records, if it is one that rules for a unit's days can ask for."""
    of_days = of_unit(event) or isinstance(event.fact, UnitAct)
    if not (of_days or counted_acts(sql)):
        return None  # nobody's days ask for what is done on matters: most counties
    deed = deed_of(event)
    return deed if deed and (of_days or deed.act in counted_acts(sql)) else None


_DUTIES = ReadModel(
    {"duties": ("incident", "duty")},
    (
        "CREATE TABLE IF NOT EXISTS duties (incident TEXT, duty TEXT, title TEXT, clause TEXT,"
        " party TEXT, unit TEXT, policy TEXT, standing TEXT, start BIGINT, due BIGINT, state TEXT,"
        " done_at BIGINT, spare_seconds BIGINT, late_seconds BIGINT, because TEXT, rule TEXT,"
        " toward TEXT, assignee TEXT, stop TEXT, clock TEXT, known_at BIGINT, provisional BIGINT,"
        " took_seconds BIGINT, period TEXT, count_wanted BIGINT, count_done BIGINT,"
        " gap_seconds BIGINT, leaderless_seconds BIGINT, PRIMARY KEY (incident, duty))",
        f"CREATE INDEX IF NOT EXISTS duties_observed ON duties (due, incident) WHERE {_OBSERVED}",
    ),
    CHANGED_BY,
    _fold_duties,
)

_UNIT_DEEDS = ReadModel(
    {"unit_deeds": ("unit", "id"), "counted_acts": ("act",)},
    (
        "CREATE TABLE IF NOT EXISTS unit_deeds (unit TEXT, id TEXT, act TEXT, since BIGINT,"
        " until BIGINT, period TEXT, deed TEXT, PRIMARY KEY (unit, id))",
        "CREATE INDEX IF NOT EXISTS unit_deeds_when ON unit_deeds (unit, act, until)",
        "CREATE TABLE IF NOT EXISTS counted_acts (act TEXT PRIMARY KEY)",
    ),
    (PackAdopted, *matters.FACTS),
    _fold_unit_deeds,
)

MODEL = joined(agenda.MODEL, calendars.MODEL, matters.kept_by("deadlines"), _UNIT_DEEDS, _DUTIES)
"""``agenda.WORK`` is beside it: what is still to be looked at again."""


def key_of(event: Recorded) -> Key | None:
    """Which row of the duties an event changes, or none."""
    duty = getattr(event.fact, "duty", None)
    return None if duty is None else (str(event.envelope.stream_id), duty)


def fold_duties(events: Iterable[Recorded]) -> dict[Key, DutyRow]:
    """Every row, from this room's events alone: what the table must hold."""
    rows: dict[Key, DutyRow] = {}
    for event in events:
        key = key_of(event)
        row = project(rows.get(key), event) if key else None
        if key and row:
            rows[key] = row
    return rows


def all_duties(sql: Sql) -> dict[Key, DutyRow]:
    """Every row as the table has it, to compare with ``fold_duties``."""
    rows = sql.all(f"SELECT {_COLUMNS} FROM duties")
    return {(row["incident"], row["duty"]): _duty_row(row) for row in rows}


def duties(
    sql: Sql,
    reach: Reach,
    state: State | None,
    unit: str | None,
    limit: int,
    period: str | None = None,
    incident: str | None = None,
) -> list[tuple[DutyRow, str, str | None]]:
    """Duties with the number and lead of their incidents, earliest due first: what a unit within
    reach owes, and all that is owed in a matter in which one takes part.

    ``unit`` is the one that must act. Those of a unit's periods have no incident: their number is
    empty.
    """
    asked = {
        "d.state = ?": state,
        "COALESCE(i.lead, d.unit) = ?": unit,
        "d.period = ?": period,
        "d.incident = ?": incident,
    }
    given = {condition: value for condition, value in asked.items() if value is not None}
    owing, units = reach.within("COALESCE(d.assignee, i.lead, d.unit)")
    matter, parties = reach.takes_part("i.")
    known = "(i.number IS NOT NULL OR d.period IS NOT NULL)"
    where = " AND ".join([known, f"({owing} OR {matter})", *given])
    rows = sql.all(
        "SELECT d.*, i.number, i.lead FROM duties d LEFT JOIN incidents i ON i.id = d.incident"
        f" WHERE {where} ORDER BY COALESCE(d.due, {_NEVER}), d.incident, d.duty LIMIT ?",
        (*units, *parties, *given.values(), limit),
    )
    return [(_duty_row(row), row["number"] or "", row["lead"]) for row in rows]


def duty_of(sql: Sql, docket: str, duty: str) -> DutyRow | None:
    """One duty of a docket, or none."""
    key = (docket, duty)
    row = sql.one(f"SELECT {_COLUMNS} FROM duties WHERE incident = ? AND duty = ?", key)
    return None if row is None else _duty_row(row)


def period_duty(sql: Sql, docket: str) -> DutyRow | None:
    """The duty of a unit's period."""
    row = sql.one(f"SELECT {_COLUMNS} FROM duties WHERE incident = ?", (docket,))
    return None if row is None else _duty_row(row)


def _counted(sql: Sql) -> frozenset[str]:
    return frozenset(row["act"] for row in sql.all("SELECT act FROM counted_acts"))


def _heard(sql: Sql) -> frozenset[str]:
    rows = sql.all("SELECT pin FROM packs")
    known = [packs.baseline(), *(packs.pack_by_pin(sql, row["pin"]) for row in rows)]
    return frozenset(act for pack in known for act in acts_heard(pack))


counted_acts = OncePerTransaction(_counted)
"""The acts on matters that any rule for a unit's days asks for that was ever adopted."""

heard_acts = OncePerTransaction(_heard)
"""The acts after which duties of matters can be other ones, whichever of the packs they are under.
"""


def last_opened(sql: Sql) -> dict[tuple[str, str], tuple[str, datetime]]:
    """The period that was opened last for each unit and rule, and from when it counts."""
    rows = sql.all(
        "SELECT unit, rule, period, start FROM duties WHERE period IS NOT NULL ORDER BY start, due"
    )
    return {(r["unit"], r["rule"]): (r["period"], from_micros(r["start"])) for r in rows}


def unit_deeds(sql: Sql, unit: str, acts: Collection[str], turn: Turn) -> list[Deed]:
    """The acts of a unit that can count for a turn."""
    marks = ", ".join("?" * len(acts))
    rows = sql.all(
        f"SELECT deed FROM unit_deeds WHERE unit = ? AND act IN ({marks})"
        " AND ((until >= ? AND since <= ?) OR period = ?)",
        (unit, *acts, to_micros(turn.begins), to_micros(turn.ends), turn.name),
    )
    return [_DEED.validate_json(row["deed"]) for row in rows]


def pins(sql: Sql) -> list[str]:
    """The packs that matters here are under."""
    rows = sql.all("SELECT DISTINCT pin FROM incidents WHERE pin IS NOT NULL ORDER BY pin")
    return [row["pin"] for row in rows]


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


def overdue(sql: Sql, now: datetime, after: Overdue, limit: int) -> list[Overdue]:
    """Watched duties whose limit has passed, earliest first, behind a place."""
    rows = sql.all(
        f"SELECT due, incident, period FROM duties WHERE {_OBSERVED} AND due < ?"
        " AND (due, incident) > (?, ?) ORDER BY due, incident LIMIT ?",
        (to_micros(now), after.due, after.incident, limit),
    )
    return [Overdue(row["due"], row["incident"], row["period"]) for row in rows]


def _count_acts(sql: Sql, pack: Pack) -> None:
    """From now on acts on matters count that its schedules ask for, and those heard before, too."""
    asked = {act for rule in recurring(pack).values() for act in acts_of(rule)}
    for act in sorted(asked - counted_acts(sql)):
        sql.execute("INSERT INTO counted_acts VALUES (?)", (act,))
        for row in sql.all("SELECT deed FROM deeds WHERE deed LIKE ?", (f'%"act":"{act}"%',)):
            _keep_unit_deed(sql, _DEED.validate_json(row["deed"]))
    counted_acts.forget(sql)


def _keep_unit_deed(sql: Sql, deed: Deed) -> None:
    since, until = min(deed.at, deed.begins or deed.at), max(deed.at, deed.ends or deed.at)
    sql.execute(
        "INSERT INTO unit_deeds VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            deed.unit,
            str(deed.id),
            deed.act,
            to_micros(since),
            to_micros(until),
            deed.period,
            _DEED.dump_json(deed, exclude_defaults=True).decode(),
        ),
    )


def _put(sql: Sql, row: DutyRow) -> None:
    sql.execute(
        f"INSERT INTO duties ({_COLUMNS}) VALUES ({_MARKS})"
        f" ON CONFLICT (incident, duty) DO UPDATE SET {_CHANGES}",
        _values(row),
    )


def _duty_row(row: Row) -> DutyRow:
    return DutyRow(*(row[f.name] for f in fields(DutyRow)))
