"""The duties' table: every version of every duty, and who owes it, read as it stood (as of)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.reporting.versions import NOW, Key, Versions, changer, holding
from shared import duties
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Recorded
from shared.store.readmodel import ReadModel
from shared.store.sql import Row, Sql

OPEN = ("running", "missed")
"""States in which something is still owed."""

LATE = ("met_late", "settled_late")
"""States in which it was done, but too late."""


_OPEN = "d.state IN ({})".format(", ".join(f"'{state}'" for state in OPEN))
_OWING = "COALESCE(d.assignee, l.lead, d.unit)"
"""The unit that must act: the one named, else the lead, before that the one that registered."""

_KNOWN = "(l.number IS NOT NULL OR d.period IS NOT NULL)"
"""Duties of matters whose registration is in, and of units' periods."""

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


@dataclass(frozen=True, slots=True)
class DutyTally:
    """How many duties of a matter run, were missed and are still owed, or were done too late."""

    running: int = 0
    missed: int = 0
    late: int = 0


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


def tally_of(sql: Sql, incident: str, size: int | None) -> DutyTally:
    """How the duties of a matter that have a limit stand."""
    return _tallies(sql, size, "incident = ?", (incident,)).get(incident, DutyTally())


def tallies(sql: Sql, size: int | None) -> dict[str, DutyTally]:
    """How the duties of matters that have a limit stand, by matter."""
    return _tallies(sql, size, "period IS NULL")


def _tallies(
    sql: Sql, size: int | None, condition: str, params: Sequence[str] = ()
) -> dict[str, DutyTally]:
    rows = sql.all(
        f"SELECT incident, {_counted('running', ('running',))}, {_counted('missed', ('missed',))},"
        f" {_counted('late', LATE)} FROM duties WHERE due IS NOT NULL AND {condition}"
        f" AND {holding(size)} GROUP BY incident",
        params,
    )
    return {
        r["incident"]: DutyTally(int(r["running"]), int(r["missed"]), int(r["late"])) for r in rows
    }


def _counted(name: str, states: Sequence[str]) -> str:
    either = ", ".join(f"'{state}'" for state in states)
    return f"SUM(CASE WHEN state IN ({either}) THEN 1 ELSE 0 END) AS {name}"


def owed(
    sql: Sql, size: int | None, unit: str | None, standing: str, *, by_unit: bool, page: slice
) -> list[Owed]:
    """Duties not fulfilled yet, earliest due first, so that overdue ones lead; or unit by unit."""
    condition, params = _asked(unit, standing)
    first = f"{_OWING}, " if by_unit else ""
    rows = sql.all(
        "SELECT d.*, l.number AS number, l.title_leaf AS title_leaf, l.status AS status,"
        f" {_OWING} AS owing {_from(size)} WHERE {holding(size, 'd.')} AND {_OPEN}"
        f" AND {condition} ORDER BY {first}{_FIRST_DUE}, l.number, d.duty LIMIT ? OFFSET ?",
        (*params, page.stop - page.start, page.start),
    )
    return [_owed(row) for row in rows]


def count_owed(sql: Sql, size: int | None, unit: str | None, standing: str) -> int:
    """How many duties ``owed`` lists over all pages."""
    condition, params = _asked(unit, standing)
    row = sql.one(
        f"SELECT COUNT(*) AS many {_from(size)}"
        f" WHERE {holding(size, 'd.')} AND {_OPEN} AND {condition}",
        params,
    )
    assert row is not None
    return int(row["many"])


def count_by_unit(sql: Sql, size: int | None, now: int) -> list[UnitDuties]:
    """How the live duties stand, by the unit that owes them: those with most overdue first, then
    those that owe most.
    """
    rows = sql.all(
        f"SELECT {_OWING} AS owing, d.state AS state, COUNT(*) AS many,"
        " SUM(CASE WHEN d.state = 'missed' OR (d.state = 'running' AND d.due < ?)"
        f" THEN 1 ELSE 0 END) AS late {_from(size)}"
        f" WHERE {holding(size, 'd.')} AND d.standing = 'live' AND {_KNOWN}"
        f" GROUP BY {_OWING}, d.state",
        (now,),
    )
    units: dict[str, UnitDuties] = {}
    for row in rows:
        unit = units.setdefault(row["owing"], UnitDuties(row["owing"]))
        unit.counts[row["state"]] = row["many"]
        unit.overdue += int(row["late"])
    return sorted(units.values(), key=lambda each: (-each.overdue, -each.open, each.code))


def _from(size: int | None) -> str:
    return f"FROM duties d LEFT JOIN ledger l ON l.incident = d.incident AND {holding(size, 'l.')}"


def _asked(unit: str | None, standing: str) -> tuple[str, Sequence[str]]:
    condition = f"{_KNOWN} AND d.standing = ?"
    if unit is None:
        return condition, (standing,)
    return f"{condition} AND {_OWING} = ?", (standing, unit)


def _owed(row: Row) -> Owed:
    return Owed(_VERSIONS.row(row), row["number"], row["title_leaf"], row["owing"], row["status"])
