"""The ledger as its page shows it: what was asked, what was found, and where else one can go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from urllib.parse import urlencode

from services.reporting.console.incident_view import open_title
from services.reporting.duties import table as duties_table
from services.reporting.duties.table import Tally
from services.reporting.ledger import query as ledger_query
from services.reporting.ledger.query import ORDERS, SOON, SOON_DUE, Asked, Found, Term
from services.reporting.ledger.row import LedgerRow
from services.reporting.ledger.titles import Titles
from services.reporting.packs import Rulings, category_name, channel_name, grade_name
from shared.copies.units import Unit
from shared.errors import Invalid
from shared.store.micros import to_micros
from shared.store.sql import Sql
from shared.vault.vault import Vault
from shared.words import CATEGORIES, STATUSES, VERDICTS

MOST_TERMS = 5
"""Words searched for at once."""


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """What stands in the page's address; empty means not asked."""

    q: str = ""
    status: str = ""
    verdict: str = ""
    unit: str = ""
    order: str = "number"
    way: str = "down"
    page: int = 1
    as_of: str = ""

    def link(self, **changes: str | int) -> str:
        """The address of the page with some of it changed; back to its first page unless told."""
        return _address("/", replace(self, **({"page": 1} | changes)))  # type: ignore[arg-type]  # by name

    def export(self, kind: str) -> str:
        """The address of the same ledger as a file; words searched for are left aside."""
        verdict = "" if self.verdict == SOON_DUE else self.verdict
        return _address(
            f"/ledger.{kind}", LedgerQuery("", self.status, verdict, self.unit, as_of=self.as_of)
        )

    def sorted_by(self, order: str) -> str:
        """The address sorted by a column, the newest or first due first; again, turned round."""
        first, other = ("down", "up") if order in ("number", "registered") else ("up", "down")
        return self.link(
            order=order, way=other if (self.order, self.way) == (order, first) else first
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One incident: its row, its title, and whether it is ``overdue``, ``soon`` or neither.

    ``grade``, ``category`` and ``channel`` are their names under its rules, ``tally`` is how all
    its duties stand.
    """

    row: LedgerRow
    title: str
    urgency: str
    grade: str | None
    category: str
    channel: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The page."""

    query: LedgerQuery
    found: Found
    lines: Sequence[Line]

    @property
    def has_table(self) -> bool:
        return bool(self.lines)

    @property
    def statuses(self) -> list[tuple[str, str, int]]:
        """Code, name and count of every status that occurs."""
        return [(c, zh, n) for c, zh in STATUSES.items() if (n := self.found.statuses.get(c, 0))]

    @property
    def verdicts(self) -> list[tuple[str, str, int]]:
        """Code, name and count of every verdict that occurs, what is soon due among them."""
        names = {"missed": VERDICTS["missed"], SOON_DUE: "24小时内到期"} | VERDICTS
        return [(c, zh, n) for c, zh in names.items() if (n := self.found.verdicts.get(c, 0))]

    @property
    def all_statuses(self) -> int:
        return sum(self.found.statuses.values())

    @property
    def all_verdicts(self) -> int:
        counts = self.found.verdicts
        return sum(many for code, many in counts.items() if code != SOON_DUE)


def ledger_view(
    sql: Sql,
    query: LedgerQuery,
    size: int | None,
    now: datetime,
    *,
    units: Mapping[str, Unit],
    vault: Vault,
    titles: Titles,
) -> LedgerView:
    """The page asked for; raises Invalid ``query.*`` for an address that means nothing."""
    asked = Asked(
        terms=[_term(sql, word, units, titles) for word in query.q.split()[:MOST_TERMS]],
        unit=_known("unit", query.unit, units),
        status=_known("status", query.status, STATUSES),
        verdict=_known("verdict", query.verdict, {**VERDICTS, SOON_DUE: ""}),
        order=_known("order", query.order, ORDERS) or "number",
        descending=query.way != "up",
        page=query.page,
        size=size,
    )
    found = ledger_query.find(sql, asked, now)
    rulings = Rulings(sql)
    lines = [_line(sql, row, size, now, vault, rulings) for row in found.rows]
    return LedgerView(query, found, lines)


def urgency(due: int | None, verdict: str | None, now: datetime) -> str:
    """``overdue``, ``soon`` or nothing, for a limit in microseconds and how it stands."""
    if verdict == "missed":
        return "overdue"
    if verdict != "running" or due is None:
        return ""
    if due < to_micros(now):
        return "overdue"
    return "soon" if due < to_micros(now + SOON) else ""


def _line(
    sql: Sql, row: LedgerRow, size: int | None, now: datetime, vault: Vault, rulings: Rulings
) -> Line:
    title = open_title(sql, vault, row.title_leaf)
    urgent = urgency(row.due, row.verdict, now) if row.standing == "live" else ""
    tally = duties_table.tallies(sql, size, row.incident).get(row.incident, Tally())
    pack = rulings.of(row.policy)
    grade, category = grade_name(pack, row.grade), category_name(pack, row.category or "")
    return Line(row, title, urgent, grade, category, channel_name(pack, row.channel or ""), tally)


def _term(sql: Sql, word: str, units: Mapping[str, Unit], titles: Titles) -> Term:
    plain = word.casefold()
    named = [
        code
        for code, unit in units.items()
        if any(plain in name.casefold() for name in (code, unit.name, *unit.aliases))
    ]
    categories = [code for code, name in CATEGORIES.items() if plain in name]
    return Term(word, named, categories, titles.matching(sql, word))


def _known(field: str, value: str, known: Mapping[str, object]) -> str | None:
    if not value:
        return None
    if value not in known:
        raise Invalid(
            f"query.{field}",
            f"地址里的“{value}”看不懂。",
            "请从台账首页重新选择。",
            field,
        )
    return value


def _address(path: str, query: LedgerQuery) -> str:
    plain = LedgerQuery()
    given = {f.name: getattr(query, f.name) for f in fields(query)}
    said = urlencode({k: v for k, v in given.items() if v != getattr(plain, k)})
    return f"{path}?{said}" if said else path
