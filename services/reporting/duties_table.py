"""The duties' table: every version of every duty, and who owes it, read as it stood (as of)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.reporting.versions import NOW, Key, Versions, holding
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import STATES, DutyStarted
from shared.contracts.envelope import Recorded
from shared.duties import DutyRow, project
from shared.store.readmodel import ReadModel
from shared.store.sql import Row, Sql

CHANGED_BY: tuple[type[Fact], ...] = (DutyStarted, *STATES)
"""The facts that a duty's row is made of."""

OPEN = ("running", "missed")
"""States in which something is still owed."""

_OPEN = "d.state IN ({})".format(", ".join(f"'{state}'" for state in OPEN))
_OWING = "COALESCE(l.lead, l.unit)"
"""The unit that must act: the lead once assigned, before that the one that registered."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty with its incident: number, log entry of the sealed title, and the unit that owes."""

    duty: DutyRow
    number: str
    title_leaf: int
    unit: str
    status: str


@dataclass(frozen=True, slots=True)
class UnitCount:
    """How many live duties of a unit stand in a state, and how many of those have passed due."""

    unit: str
    state: str
    duties: int
    overdue: int


def _key_of(event: Recorded) -> Key:
    return str(event.envelope.correlation), getattr(event.fact, "duty", "")


def _next(before: DutyRow | None, event: Recorded, _: int) -> DutyRow | None:
    return project(before, event)


_VERSIONS = Versions("duties", DutyRow, ("incident", "duty"), _key_of, _next)

SCHEMA = (
    _VERSIONS.schema,
    "CREATE INDEX IF NOT EXISTS duties_open ON duties (due)"
    f" WHERE to_leaf = {NOW} AND state IN ('running', 'missed')",
)

MODEL = ReadModel({"duties": _VERSIONS.key}, SCHEMA, CHANGED_BY, _VERSIONS.apply)


def of_incident(sql: Sql, incident: str, size: int) -> list[DutyRow]:
    """An incident's duties after the first ``size`` leaves, earliest due first."""
    rows = sql.all(
        f"SELECT * FROM duties WHERE incident = ? AND {holding(size)} ORDER BY due, duty",
        (incident,),
    )
    return [_VERSIONS.row(row) for row in rows]


def owed(
    sql: Sql, size: int | None, unit: str | None, standing: str, *, by_unit: bool, page: slice
) -> list[Owed]:
    """Duties not fulfilled yet, earliest due first, so that overdue ones lead; or unit by unit."""
    condition, params = _asked(unit, standing)
    first = f"{_OWING}, " if by_unit else ""
    rows = sql.all(
        "SELECT d.*, l.number AS number, l.title_leaf AS title_leaf, l.status AS status,"
        f" {_OWING} AS owing {_from(size)} WHERE {holding(size, 'd.')} AND {_OPEN}"
        f" AND {condition} ORDER BY {first}d.due, l.number, d.duty LIMIT ? OFFSET ?",
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


def count_by_unit(sql: Sql, size: int | None, now: int) -> list[UnitCount]:
    """How the live duties stand, by the unit that owes them."""
    rows = sql.all(
        f"SELECT {_OWING} AS owing, d.state AS state, COUNT(*) AS many,"
        " SUM(CASE WHEN d.state = 'missed' OR (d.state = 'running' AND d.due < ?)"
        f" THEN 1 ELSE 0 END) AS late {_from(size)}"
        f" WHERE {holding(size, 'd.')} AND d.standing = 'live' AND l.number IS NOT NULL"
        f" GROUP BY {_OWING}, d.state",
        (now,),
    )
    return [UnitCount(row["owing"], row["state"], row["many"], int(row["late"])) for row in rows]


def _from(size: int | None) -> str:
    return f"FROM duties d JOIN ledger l ON l.incident = d.incident AND {holding(size, 'l.')}"


def _asked(unit: str | None, standing: str) -> tuple[str, Sequence[str]]:
    condition = "l.number IS NOT NULL AND d.standing = ?"
    if unit is None:
        return condition, (standing,)
    return f"{condition} AND {_OWING} = ?", (standing, unit)


def _owed(row: Row) -> Owed:
    return Owed(_VERSIONS.row(row), row["number"], row["title_leaf"], row["owing"], row["status"])
