"""The duties' table: every version of every duty, and who owes it, read as it stood (as of)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.reporting.versions import NOW, Key, Versions, changer, holding
from shared import duties
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Recorded
from shared.copies.reach import Condition, Reach
from shared.store.readmodel import ReadModel
from shared.store.sql import Sql

OPEN = ("running", "missed")
"""States in which something is still owed."""

LATE = ("met_late", "settled_late")
"""States in which it was done, but too late."""

NO_DUTIES = {"duties_running": 0, "duties_missed": 0, "duties_late": 0}
"""How many duties of a matter run, were missed and are still owed, or were done too late."""

_OWING = "COALESCE(d.assignee, l.lead, d.unit)"
"""The unit that must act: the one named, else the lead, before that the one that registered."""

_FIRST_DUE = "CASE WHEN d.due IS NULL THEN 1 ELSE 0 END, d.due"
"""What is only measured comes last: nothing can be overdue."""


@dataclass(frozen=True, slots=True)
class LoggedDuty(duties.DutyRow):
    """A duty, and the log entries of its beginning and of what was said of it last."""

    started_leaf: int | None = None
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty with its matter: number, log entry of the sealed title, and the unit that owes.

    ``number``, ``title_leaf`` and ``status`` are none for a duty of a unit's period.
    """

    duty: LoggedDuty
    number: str | None
    title_leaf: int | None
    unit: str
    status: str | None


@dataclass(slots=True)
class UnitDuties:
    """How one unit's live duties stand: how many in each state, and how many are overdue now."""

    code: str
    counts: dict[str, int] = field(default_factory=dict)
    overdue: int = 0

    @property
    def open(self) -> int:
        """Duties that are owed still."""
        return sum(self.counts.get(state, 0) for state in OPEN)


_changed = changer(LoggedDuty)


def project(row: LoggedDuty | None, event: Recorded, leaf: int) -> LoggedDuty | None:
    """The duty's row after one more event; a verdict alone tells of no duty."""
    fact, envelope = event.fact, event.envelope
    if isinstance(fact, DutyStarted):
        begun = duties.begun(fact, envelope)
        return LoggedDuty(str(envelope.correlation), **begun, started_leaf=leaf, leaf=leaf)
    return _changed(row, leaf=leaf, **duties.changes(fact)) if row is not None else None


def _key_of(event: Recorded) -> Key:
    return str(event.envelope.correlation), getattr(event.fact, "duty", "")


_VERSIONS = Versions("duties", LoggedDuty, ("incident", "duty"), _key_of, project)

SCHEMA = (
    _VERSIONS.schema,
    "CREATE INDEX IF NOT EXISTS duties_open ON duties (due)"
    f" WHERE to_leaf = {NOW} AND state IN ('running', 'missed')",
)

MODEL = ReadModel({"duties": _VERSIONS.key}, SCHEMA, duties.CHANGED_BY, _VERSIONS.apply)


def of_incident(sql: Sql, incident: str, size: int) -> list[LoggedDuty]:
    """An incident's duties after the first ``size`` leaves, earliest due first."""
    rows = sql.all(
        f"SELECT d.* FROM duties d WHERE incident = ? AND {holding(size, 'd.')}"
        f" ORDER BY {_FIRST_DUE}, d.start, d.duty",
        (incident,),
    )
    return [_VERSIONS.row(row) for row in rows]


def in_states(sql: Sql, states: Sequence[str], size: int) -> list[LoggedDuty]:
    """Live duties that stood so after the first ``size`` leaves, as they were told of."""
    rows = sql.all(
        f"SELECT * FROM duties WHERE state IN ({', '.join('?' * len(states))})"
        f" AND standing = 'live' AND {holding(size)} ORDER BY leaf, duty",
        tuple(states),
    )
    return [_VERSIONS.row(row) for row in rows]


def tallies(sql: Sql, size: int | None, matters: Sequence[str] = ()) -> dict[str, dict[str, int]]:
    """How the duties of matters that have a limit stand, as ``NO_DUTIES`` names them, by matter;
    of these matters, or of all where none is named.
    """
    only = f" AND incident IN ({', '.join('?' * len(matters))})" if matters else ""
    late = ", ".join(f"'{state}'" for state in LATE)
    rows = sql.all(
        "SELECT incident, SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END) AS duties_running,"
        " SUM(CASE WHEN state = 'missed' THEN 1 ELSE 0 END) AS duties_missed,"
        f" SUM(CASE WHEN state IN ({late}) THEN 1 ELSE 0 END) AS duties_late FROM duties"
        f" WHERE due IS NOT NULL AND period IS NULL{only} AND {holding(size)} GROUP BY incident",
        matters,
    )
    return {row["incident"]: {name: int(row[name]) for name in NO_DUTIES} for row in rows}


def owed(
    sql: Sql,
    size: int | None,
    unit: str | None,
    standing: str,
    reach: Reach,
    *,
    by_unit: bool,
    page: slice,
) -> tuple[list[Owed], int]:
    """Duties within reach not fulfilled yet, earliest due first, so that overdue ones lead, or unit
    by unit; and how many there are over all pages.
    """
    of_unit, asking = ("", ()) if unit is None else (f" AND {_OWING} = ?", (unit,))
    held, theirs = _held(size, reach)
    params = (*theirs, standing, *asking)
    asked = f"{held} AND d.state IN ('running', 'missed') AND d.standing = ?{of_unit}"
    first = f"{_OWING}, " if by_unit else ""
    rows = sql.all(
        "SELECT d.*, l.number AS number, l.title_leaf AS title_leaf, l.status AS status,"
        f" {_OWING} AS owing {asked} ORDER BY {first}{_FIRST_DUE}, l.number, d.duty"
        " LIMIT ? OFFSET ?",
        (*params, page.stop - page.start, page.start),
    )
    listed = [
        Owed(_VERSIONS.row(r), r["number"], r["title_leaf"], r["owing"], r["status"]) for r in rows
    ]
    counted = sql.one(f"SELECT COUNT(*) AS many {asked}", params)
    return listed, int(counted["many"]) if counted else 0


def count_by_unit(sql: Sql, size: int | None, now: int, reach: Reach) -> list[UnitDuties]:
    """How the live duties within reach stand, by the unit that owes them: those with most overdue
    first, then those that owe most.
    """
    held, theirs = _held(size, reach)
    rows = sql.all(
        f"SELECT {_OWING} AS owing, d.state AS state, COUNT(*) AS many,"
        " SUM(CASE WHEN d.state = 'missed' OR (d.state = 'running' AND d.due < ?)"
        f" THEN 1 ELSE 0 END) AS late {held} AND d.standing = 'live'"
        f" GROUP BY {_OWING}, d.state",
        (now, *theirs),
    )
    units: dict[str, UnitDuties] = {}
    for row in rows:
        unit = units.setdefault(row["owing"], UnitDuties(row["owing"]))
        unit.counts[row["state"]] = row["many"]
        unit.overdue += int(row["late"])
    return sorted(units.values(), key=lambda each: (-each.overdue, -each.open, each.code))


def _held(size: int | None, reach: Reach) -> Condition:
    """Duties with their matters, of those whose registration is in, and of units' periods: what a
    unit within reach owes, and all that is owed in a matter in which one takes part.
    """
    owing, units = reach.within(_OWING)
    matter, parties = reach.takes_part("l.")
    return (
        f"FROM duties d LEFT JOIN ledger l ON l.incident = d.incident AND {holding(size, 'l.')}"
        f" WHERE {holding(size, 'd.')} AND (l.number IS NOT NULL OR d.period IS NOT NULL)"
        f" AND ({owing} OR {matter})"
    ), (*units, *parties)
