"""The ledger's rows as people and programs read them, and as they leave the house (台账导出).

Rows, size and root of an export belong to one and the same prefix of the log, so that whoever has a
signed or printed root of that size can hold the rows against the record.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from services.reporting.duties import table as duties_table
from services.reporting.duties.table import DutyTally
from services.reporting.findings.decisions import MissingItem, asks_for_items, missing
from services.reporting.findings.dossier import dossier
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import leaf_at, leaves_of_facts, root_at, size_as_of
from services.reporting.packs import Rulings, category_name, channel_name, grade_name
from services.reporting.trail.wording import reader
from services.reporting.unshown import ERASED, WHY, event_of, readable
from shared.calendar.days import day_of
from shared.clock import nearest, unshown
from shared.contracts.routing import UnitEstablished
from shared.copies.units import founded_county, known_unit
from shared.errors import Unavailable
from shared.policy.language.pack import Pack
from shared.store.sql import Sql
from shared.store.tracking import parked, tracked
from shared.vault.vault import Vault


def _moment(value: object) -> object:
    """A row's microseconds as a moment."""
    return nearest(value) if isinstance(value, int) else value


def _codes(value: object) -> object:
    """What a row keeps in one text."""
    return [code for code in value.split(";") if code] if isinstance(value, str) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""UTC; a row has it in microseconds since 1970."""


class LedgerEntry(BaseModel):
    """One row of the ledger as people and programs read it; moments are UTC.

    ``duty`` to ``late_seconds`` are of the reply owed first. ``duties_*`` count the matter's
    duties that run, were missed and are owed still, or were done too late. ``missing`` are the
    items that its file must hold (归档范围) and does not; nothing is asked of imported history.
    """

    incident: str
    number: str
    unit: str
    standing: str
    channel: str
    channel_name: str
    category: str
    category_name: str
    title: str
    status: str
    posted_at: Moment | None
    registered_at: Moment
    matter: str
    policy: str | None
    grade: str | None
    grade_name: str | None
    lead: str | None
    co_handling: Annotated[list[str], BeforeValidator(_codes)]
    published_at: Moment | None
    named_unit: str | None
    calmed_at: Moment | None
    satisfied: bool | None
    closed_at: Moment | None
    outcome: str | None
    linked_to: str | None
    duty: str | None
    due: Moment | None
    verdict: str | None
    spare_seconds: int | None
    late_seconds: int | None
    duties_running: int
    duties_missed: int
    duties_late: int
    archived_at: Moment | None
    archive_number: str | None
    missing: list[MissingItem]
    erased: bool


def entries(sql: Sql, vault: Vault, rows: Iterable[LedgerRow], size: int) -> list[LedgerEntry]:
    """Rows as they stood after the first ``size`` leaves, with what stands beside them."""
    tallies, rulings = duties_table.tallies(sql, size), Rulings(sql)
    return [
        entry_of(sql, vault, row, rulings.of(row.policy), tallies.get(row.incident), size)
        for row in rows
    ]


def entry_of(
    sql: Sql,
    vault: Vault,
    row: LedgerRow,
    pack: Pack | None,
    tally: DutyTally | None,
    size: int | None,
) -> LedgerEntry:
    """A row with its title opened from the leaf that holds it; what was erased reads as such.

    What its file lacks is told as of the first ``size`` leaves, and without it not at all.
    """
    tally = tally or DutyTally()
    return LedgerEntry(
        **{name: getattr(row, name) for name in _KEPT},
        title=open_title(sql, vault, row.title_leaf),
        grade_name=grade_name(pack, row.grade),
        channel_name=channel_name(pack, row.channel or ""),
        category_name=category_name(pack, row.category or ""),
        duties_running=tally.running,
        duties_missed=tally.missed,
        duties_late=tally.late,
        missing=_missing(sql, row, pack, size),
    )


def _missing(sql: Sql, row: LedgerRow, pack: Pack | None, size: int | None) -> list[MissingItem]:
    if pack is None or size is None or row.standing != "live" or not asks_for_items(pack):
        return []
    return missing(pack, dossier(sql, row.incident, size).deeds)


_KEPT = LedgerEntry.model_fields.keys() & {each.name for each in fields(LedgerRow)}
"""What an entry has as its row has it."""


def open_title(sql: Sql, vault: Vault, leaf: int | None) -> str:
    """The title that a log entry holds; empty where there is none, as of a unit's period."""
    found = leaf_at(sql, leaf) if leaf is not None else None
    if found is None:
        return ""
    event = event_of(found)
    return reader(vault, event)("title") if event else unshown(WHY["event.unreadable"])


@dataclass(frozen=True, slots=True)
class Filters:
    """Which incidents are wanted. A unit's are those it registered, leads or handles with others.

    ``first`` and ``last`` are days of registration (登记日期) in Asia/Shanghai, both inclusive.
    """

    unit: str | None = None
    status: str | None = None
    verdict: str | None = None
    first: date | None = None
    last: date | None = None

    def rows(self, sql: Sql, size: int) -> list[LedgerRow]:
        """The rows wanted after the first ``size`` leaves, by number."""
        return [row for row in ledger_table.as_of(sql, size) if self._takes(row)]

    def as_asked(self) -> dict[str, str]:
        """What was asked for, by the names under which it is asked."""
        names = ("unit", "status", "verdict", "from", "to")
        given = zip(names, astuple(self), strict=True)
        return {name: str(value) for name, value in given if value is not None}

    def _takes(self, row: LedgerRow) -> bool:
        if self.verdict not in (None, row.verdict) or self.status not in (None, row.status):
            return False
        if self.unit not in (None, row.unit, row.lead, *row.co_handling.split(";")):
            return False
        if self.first is None and self.last is None:
            return True
        assert row.registered_at is not None  # a row has its number from its registration
        day = day_of(nearest(row.registered_at))
        return (self.first or day) <= day <= (self.last or day)


class LogHead(BaseModel):
    """A prefix of the log: how many entries, and the tree hash over them (hex)."""

    size: int
    root: str


class CountyName(BaseModel):
    """Whose ledger it is."""

    code: str
    name: str


class LedgerExport(BaseModel):
    """The ledger with all that is needed to check it; moments are UTC.

    ``units`` names the units in the rows, as they were called within this prefix of the log.
    ``erased`` are the numbers of incidents whose words nobody can read any more, ``set_aside``
    counts log entries within the prefix that could not be entered into the ledger yet (搁置).
    """

    county: CountyName | None
    made_at: datetime
    as_of: datetime | None
    filters: dict[str, str]
    log: LogHead
    units: dict[str, str]
    erased: list[str]
    set_aside: int
    rows: list[LedgerEntry]

    @property
    def settled(self) -> bool:
        """Whether the same question always has this answer: it is about a moment gone by."""
        return self.as_of is not None and self.as_of < self.made_at


def export(
    sql: Sql, vault: Vault, filters: Filters, as_of: datetime | None, made_at: datetime
) -> LedgerExport:
    """The rows wanted as they stood at ``as_of`` or stand now.

    Raises Invalid ``unit.unknown``, or Unavailable ``ledger.behind`` while the ledger has not
    taken in all of that prefix.
    """
    if filters.unit is not None:
        known_unit(sql, filters.unit)
    size = size_as_of(sql, as_of)
    if tracked(sql, "log").position < size:
        raise Unavailable(
            "ledger.behind",
            "台账还没有跟上日志, 现在导出会与日志不一致。",
            "请稍后重试；若一直如此, 请查看 huiyin doctor 中的滞后与停顿。",
        )
    rows = entries(sql, vault, filters.rows(sql, size), size)
    return LedgerExport(
        county=_county(sql),
        made_at=made_at,
        as_of=as_of,
        filters=filters.as_asked(),
        log=LogHead(size=size, root=root_at(sql, size).hex()),
        units=_named(sql, size, rows, filters.unit),
        erased=[row.number for row in rows if row.erased or row.title == ERASED],
        set_aside=sum(1 for one in parked(sql) if one.upstream == "log" and one.position <= size),
        rows=rows,
    )


def _county(sql: Sql) -> CountyName | None:
    county = founded_county(sql)
    return CountyName(code=county.code, name=county.name) if county else None


def _named(sql: Sql, size: int, rows: Iterable[LedgerEntry], asked: str | None) -> dict[str, str]:
    """What the units concerned were called at the end of the prefix, whatever they became."""
    concerned = {asked, *(code for r in rows for code in (r.unit, r.lead, *r.co_handling))}
    leaves = leaves_of_facts(sql, [UnitEstablished], size)
    facts = (event.fact for _, event in readable(leaves))
    called = {fact.code: fact.name for fact in facts if isinstance(fact, UnitEstablished)}
    return {code: name for code, name in sorted(called.items()) if code in concerned}
