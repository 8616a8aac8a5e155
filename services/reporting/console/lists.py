"""The lists as their pages show them, ledger and duties: what was asked, what was found, and where
else one can go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import Query

from services.reporting.console.frame import Frame
from services.reporting.duties import table as duties_table
from services.reporting.duties.table import Owed, UnitDuties
from services.reporting.ledger import search as searching
from services.reporting.ledger.entry import LedgerEntry, entries, open_title
from services.reporting.ledger.search import SOON, SOON_DUE, LedgerPage, SearchTerm, Titles
from shared.clock import nearest, to_micros
from shared.copies.units import Unit
from shared.errors import Invalid
from shared.store.sql import Sql
from shared.vault.vault import Vault
from shared.words import CATEGORIES, STATUSES, VERDICTS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DUTIES_ON_PAGE = 100
"""Duties on one page."""

MOST_TERMS = 5
"""Words searched for at once."""

Text = Annotated[str, Query(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class Linked:
    """What stands in the address of a page, ``PATH``; empty means not asked."""

    PATH: ClassVar[str]

    def link(self, **changes: str | int) -> str:
        """The address of the page with some of it changed; back to its first page unless told."""
        return address(self.PATH, replace(self, **({"page": 1} | changes)))


@dataclass(frozen=True, slots=True)
class LedgerQuery(Linked):
    """What is asked of the ledger's page."""

    PATH = "/"

    q: Text = ""
    status: Text = ""
    verdict: Text = ""
    unit: Text = ""
    order: Text = "number"
    way: Text = "down"
    page: PageNumber = 1
    as_of: Text = ""

    def export(self, kind: str) -> str:
        """The address of the same ledger as a file; words searched for are left aside."""
        verdict = "" if self.verdict == SOON_DUE else self.verdict
        return address(
            f"/ledger.{kind}", LedgerQuery("", self.status, verdict, self.unit, as_of=self.as_of)
        )

    def sorted_by(self, order: str) -> str:
        """The address sorted by a column, the newest or first due first; again, turned round."""
        first, other = ("down", "up") if order in ("number", "registered") else ("up", "down")
        return self.link(
            order=order, way=other if (self.order, self.way) == (order, first) else first
        )


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The page. What a file lacks is not told: the whole of it would have to be read for that."""

    query: LedgerQuery
    found: LedgerPage
    lines: Sequence[LedgerEntry]

    @property
    def statuses(self) -> list[tuple[str, str, int]]:
        """Code, name and count of every status that occurs."""
        return [(c, zh, n) for c, zh in STATUSES.items() if (n := self.found.statuses.get(c, 0))]

    @property
    def verdicts(self) -> list[tuple[str, str, int]]:
        """Code, name and count of every verdict that occurs, what is soon due among them."""
        names = {"missed": VERDICTS["missed"], SOON_DUE: "24小时内到期"} | VERDICTS
        return [(c, zh, n) for c, zh in names.items() if (n := self.found.verdicts.get(c, 0))]


def ledger_view(
    query: LedgerQuery, sql: Sql, around: Frame, *, vault: Vault, titles: Titles
) -> LedgerView:
    """The page asked for; raises Invalid ``query.*`` for an address that means nothing."""
    units, size = around.units, around.asked
    search = searching.LedgerSearch(
        reach=around.reach,
        terms=[_term(sql, word, units, titles) for word in query.q.split()[:MOST_TERMS]],
        unit=_known("unit", query.unit, units),
        status=_known("status", query.status, STATUSES),
        verdict=_known("verdict", query.verdict, {**VERDICTS, SOON_DUE: ""}),
        order=_known("order", query.order, searching.ORDERS) or "number",
        descending=query.way != "up",
        page=query.page,
        size=size,
    )
    found = searching.find_page(sql, search, around.now)
    return LedgerView(query, found, entries(sql, vault, found.rows, size, files=False))


def as_moment(at: datetime | int) -> datetime:
    """A moment (UTC), also where a row has it in microseconds since 1970."""
    return nearest(at) if isinstance(at, int) else at


def urgency(due: datetime | int | None, verdict: str | None, now: datetime) -> str:
    """``overdue``, ``soon`` or nothing, for a limit and how it stands."""
    if verdict == "missed":
        return "overdue"
    if verdict != "running" or due is None:
        return ""
    left = as_moment(due) - now
    return "overdue" if left < timedelta() else "soon" if left < SOON else ""


def _term(sql: Sql, word: str, units: Mapping[str, Unit], titles: Titles) -> SearchTerm:
    plain = word.casefold()
    named = [
        code
        for code, unit in units.items()
        if any(plain in name.casefold() for name in (code, unit.name, *unit.aliases))
    ]
    categories = [code for code, name in CATEGORIES.items() if plain in name]
    return SearchTerm(word, named, categories, titles.matching(sql, word))


def _known(name: str, value: str, known: Mapping[str, object]) -> str | None:
    if not value:
        return None
    if value not in known:
        message = f"地址里的“{value}”看不懂。"
        raise Invalid(f"query.{name}", message, "请从台账首页重新选择。", name)
    return value


def address(path: str, query: "DataclassInstance") -> str:
    """The address of a page, with what differs from the page as it first appears."""
    plain = type(query)()
    given = {f.name: getattr(query, f.name) for f in fields(query)}
    changed = urlencode({k: v for k, v in given.items() if v != getattr(plain, k)})
    return f"{path}?{changed}" if changed else path


@dataclass(frozen=True, slots=True)
class DutiesQuery(Linked):
    """What is asked of the duties' page."""

    PATH = "/duties"

    unit: Text = ""
    by: Text = ""
    history: Text = ""
    page: PageNumber = 1


@dataclass(frozen=True, slots=True)
class DutiesView:
    """The page. ``lines`` are duties, each with the title of its incident."""

    query: DutiesQuery
    lines: Sequence[tuple[Owed, str]]
    total: int
    units: Sequence[UnitDuties]
    states: Sequence[str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // DUTIES_ON_PAGE))


def duties_view(query: DutiesQuery, sql: Sql, around: Frame, *, vault: Vault) -> DutiesView:
    """The page asked for; raises Invalid ``query.unit`` for a unit that there is not."""
    size = around.asked
    if query.unit and query.unit not in around.units:
        raise Invalid("query.unit", f"没有代码为“{query.unit}”的单位。", "请从列表里选择。", "unit")
    unit, standing = query.unit or None, "imported" if query.history else "live"
    page = slice((query.page - 1) * DUTIES_ON_PAGE, query.page * DUTIES_ON_PAGE)
    by_unit = query.by == "unit"
    owed, total = duties_table.owed(
        sql, size, unit, standing, around.reach, by_unit=by_unit, page=page
    )
    counted = duties_table.count_by_unit(sql, size, to_micros(around.now), around.reach)
    return DutiesView(
        query=query,
        lines=[(each, open_title(sql, vault, each.title_leaf)) for each in owed],
        total=total,
        units=counted,
        states=[state for state in VERDICTS if any(line.counts.get(state) for line in counted)],
    )
