"""One page of the ledger: searched, filtered, sorted and counted by the database.

Words of titles are in no table: titles are opened in memory only and forgotten again. That is done
when somebody first searches, and up to the log's end before each search, so that what was erased
meanwhile is gone.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import Leaf, head, leaves_of_facts
from services.reporting.trail.wording import reader
from services.reporting.unshown import is_mark, readable
from services.reporting.versions import holding
from shared.clock import to_micros
from shared.contracts.catalogue import newest
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentRegistered
from shared.contracts.reporting import IncidentErased
from shared.copies.reach import Reach
from shared.store.sql import Sql
from shared.vault.vault import Vault

PAGE = 50
"""Incidents on one page."""

SOON = timedelta(hours=24)
"""How long before its limit a reply counts as soon due (临期)."""

SOON_DUE = "soon"
"""Asked for like a verdict: still running, and due within ``SOON``."""

LARGEST = 50_000
"""Titles held in memory, the newest."""

MOST = 5_000
"""Incidents that one search by title finds, the newest."""

_TELLING = (IncidentRegistered, IncidentErased)

_STEP = 2_000
"""Leaves looked at in one go."""

ORDERS = {name: name for name in ("number", "due", "status", "unit")}
ORDERS |= {"registered": "registered_at"}
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

    reach: Reach
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
    soon = (
        f"(verdict = 'running' AND due >= {to_micros(now):d} AND due < {to_micros(now + SOON):d})"
    )
    where = _common(search)
    statuses, verdicts = _counted(sql, where, soon, search)
    total = sum(statuses.values()) if search.status is None else statuses[search.status]
    if search.status is not None:
        where.add("status = ?", search.status)
    if search.verdict == SOON_DUE:
        where.add(soon)
    elif search.verdict is not None:
        where.add("verdict = ?", search.verdict)
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
    theirs, params = search.reach.takes_part()
    where.add(theirs, *params)
    if search.unit is not None:
        where.add(
            "(unit = ? OR lead = ? OR ';' || co_handling || ';' LIKE ?)",
            *(search.unit, search.unit, f"%;{search.unit};%"),
        )
    for term in search.terms:
        _add_term(where, term)
    return where


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


def _counted(
    sql: Sql, where: _Where, soon: str, search: LedgerSearch
) -> tuple[Counter[str], Counter[str]]:
    """How many incidents by status, and by verdict with what is soon due among them."""
    is_soon = f"CASE WHEN {soon} THEN 1 ELSE 0 END"
    rows = sql.all(
        f"SELECT status, verdict, {is_soon} AS soon, COUNT(*) AS many FROM ledger"
        f" WHERE {where} GROUP BY status, verdict, {is_soon}",
        where.params,
    )
    statuses, verdicts = Counter[str](), Counter[str]()
    for row in rows:
        standing = {row["verdict"] or "", *([SOON_DUE] if row["soon"] else [])}
        if search.verdict is None or search.verdict in standing:
            statuses[row["status"]] += row["many"]
        if search.status in (None, row["status"]):
            verdicts.update(dict.fromkeys(standing, row["many"]))
    return statuses, verdicts


def _order(search: LedgerSearch) -> str:
    """Rows without a value come last either way, and equals by number, so that pages are stable."""
    column, way = ORDERS[search.order], "DESC" if search.descending else "ASC"
    if column == "number":
        return f"number {way}"
    return f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {way}, number {way}"


class Titles:
    """The titles of incidents by the words in them; for all threads of a process."""

    def __init__(self, vault: Vault, largest: int = LARGEST) -> None:
        self._vault = vault
        self._largest = largest
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._size = 0

    def matching(self, sql: Sql, words: str) -> list[str]:
        """The incidents whose title contains the words, upper and lower case alike."""
        wanted = words.casefold()
        with self._lock:
            while self._advance(sql):
                pass
            found = [incident for incident, title in self._held.items() if wanted in title]
        return found[-MOST:]

    def warm(self, sql: Sql) -> bool:
        """Open some of what is not open yet, before somebody searches; whether there is more."""
        with self._lock:
            return self._advance(sql)

    def clear(self) -> None:
        """Forget everything; the next search opens what can still be opened."""
        with self._lock:
            self._held.clear()
            self._size = 0

    def _advance(self, sql: Sql) -> bool:
        size, _ = head(sql)
        end = min(self._size + _STEP, size)
        for leaf, event in readable(leaves_of_facts(sql, _TELLING, end, start=self._size)):
            self._note(leaf, event)
        self._size = max(self._size, end)
        return self._size < size

    def _note(self, leaf: Leaf, event: Recorded) -> None:
        incident = leaf.correlation
        if newest(leaf.type) == IncidentErased.TYPE:
            self._held.pop(incident, None)
            return
        title = reader(self._vault, event)("title")
        if not is_mark(title):  # what cannot be read cannot be found
            self._held[incident] = title.casefold()
        if len(self._held) > self._largest:
            del self._held[next(iter(self._held))]
