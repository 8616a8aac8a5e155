"""One page of the ledger: searched, filtered, sorted and counted by the database.

Words of titles are in no table: incidents whose titles match are named from outside (``titled``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.versions import holding
from shared.clock import to_micros
from shared.store.sql import Sql

PAGE = 50
"""Incidents on one page."""

SOON = timedelta(hours=24)
"""How long before its limit a reply counts as soon due (临期)."""

SOON_DUE = "soon"
"""Asked for like a verdict: still running, and due within ``SOON``."""

ORDERS = {
    "number": "number",
    "registered": "registered_at",
    "due": "due",
    "status": "status",
    "unit": "unit",
}
"""What the ledger can be sorted by, and the column."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One word searched for, and what it means: codes of units and categories, ids of incidents."""

    text: str
    units: Sequence[str] = ()
    categories: Sequence[str] = ()
    titled: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LedgerSearch:
    """What a reader wants to see; ``size`` is how many leaves were there, or none for now."""

    terms: Sequence[SearchTerm] = ()
    unit: str | None = None
    status: str | None = None
    verdict: str | None = None
    order: str = "number"
    descending: bool = True
    page: int = 1
    size: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of rows, how many there are on all pages, and how many stand where.

    Statuses are counted under the verdict asked for, and verdicts under the status.
    """

    rows: list[LedgerRow]
    total: int
    statuses: Mapping[str, int]
    verdicts: Mapping[str, int]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(slots=True)
class _Where:
    """A condition and its parameters, in step."""

    conditions: list[str] = field(default_factory=list)
    params: list[str | int] = field(default_factory=list)

    def add(self, condition: str, *params: str | int) -> None:
        self.conditions.append(condition)
        self.params.extend(params)

    def __str__(self) -> str:
        return " AND ".join(self.conditions)


def find_page(sql: Sql, search: LedgerSearch, now: datetime) -> LedgerPage:
    """The page asked for, as it looks at ``now`` (UTC)."""
    where = _common(search)
    counts = _counted(sql, where, now)
    statuses, verdicts = _by_status(counts, search), _by_verdict(counts, search)
    total = sum(statuses.values()) if search.status is None else statuses.get(search.status, 0)
    _narrow(where, search, now)
    rows = sql.all(
        f"SELECT * FROM ledger WHERE {where} ORDER BY {_order(search)} LIMIT ? OFFSET ?",
        (*where.params, PAGE, (search.page - 1) * PAGE),
    )
    return LedgerPage([ledger_table.row(row) for row in rows], total, statuses, verdicts)


def _common(search: LedgerSearch) -> _Where:
    """What rows and counts have in common."""
    where = _Where()
    where.add(holding(search.size))
    where.add("number IS NOT NULL")
    if search.unit is not None:
        where.add("(unit = ? OR lead = ? OR ';' || co_handling || ';' LIKE ?)", *_any(search.unit))
    for term in search.terms:
        _add_term(where, term)
    return where


def _any(unit: str) -> tuple[str, str, str]:
    return unit, unit, f"%;{unit};%"


def _add_term(where: _Where, term: SearchTerm) -> None:
    either = ["number LIKE ? ESCAPE '!'", "LOWER(category) LIKE ? ESCAPE '!'"]
    params = [_within(term.text.upper()), _within(term.text.lower())]
    for column, values in (
        ("unit", term.units),
        ("lead", term.units),
        ("category", term.categories),
        ("incident", term.titled),
    ):
        if values:
            either.append(f"{column} IN ({', '.join('?' * len(values))})")
            params.extend(values)
    where.add(f"({' OR '.join(either)})", *params)


def _within(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"


_Counts = Counter[tuple[str, str, bool]]
"""How many incidents by status, verdict and whether they are soon due."""


def _counted(sql: Sql, where: _Where, now: datetime) -> _Counts:
    begins, ends = _soon(now)
    soon = (
        f"CASE WHEN verdict = 'running' AND due >= {begins:d} AND due < {ends:d} THEN 1 ELSE 0 END"
    )
    rows = sql.all(
        f"SELECT status, verdict, {soon} AS soon, COUNT(*) AS many FROM ledger"
        f" WHERE {where} GROUP BY status, verdict, {soon}",
        where.params,
    )
    counts: _Counts = Counter()
    for row in rows:
        counts[row["status"], row["verdict"] or "", bool(row["soon"])] += row["many"]
    return counts


def _soon(now: datetime) -> tuple[int, int]:
    return to_micros(now), to_micros(now + SOON)


def _by_status(counts: _Counts, search: LedgerSearch) -> Counter[str]:
    found: Counter[str] = Counter()
    for (status, verdict, soon), many in counts.items():
        if search.verdict in (None, verdict) or (search.verdict == SOON_DUE and soon):
            found[status] += many
    return found


def _by_verdict(counts: _Counts, search: LedgerSearch) -> Counter[str]:
    found: Counter[str] = Counter()
    for (status, verdict, soon), many in counts.items():
        if search.status in (None, status):
            found[verdict] += many
            found[SOON_DUE] += many if soon else 0
    return found


def _narrow(where: _Where, search: LedgerSearch, now: datetime) -> None:
    if search.status is not None:
        where.add("status = ?", search.status)
    if search.verdict == SOON_DUE:
        where.add("verdict = 'running' AND due >= ? AND due < ?", *_soon(now))
    elif search.verdict is not None:
        where.add("verdict = ?", search.verdict)


def _order(search: LedgerSearch) -> str:
    """Rows without a value come last either way, and equals by number, so that pages are stable."""
    column, way = ORDERS[search.order], "DESC" if search.descending else "ASC"
    if column == "number":
        return f"number {way}"
    return f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {way}, number {way}"
