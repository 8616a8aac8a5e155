"""The ledger's rows as people and programs read them, and as they leave the house (台账导出).

Rows, size and root of an export belong to one and the same prefix of the log, so that whoever has a
signed or printed root of that size can hold the rows against the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from services.reporting.duties import table as duties_table
from services.reporting.duties.table import NO_DUTIES
from services.reporting.findings.decisions import MissingItem, asks_for_items, missing
from services.reporting.findings.dossier import dossier
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import leaf_at, leaves_of_facts, root_at, size_as_of
from services.reporting.packs import axis_value, channel_name, rulings
from services.reporting.trail.wording import reader
from services.reporting.unshown import ERASED, WHY, event_of, readable
from shared.calendar.days import day_of
from shared.clock import nearest, unshown
from shared.contracts.routing import UnitEstablished
from shared.copies.reach import Reach
from shared.copies.units import founded_county, known_unit
from shared.errors import Unavailable
from shared.policy.language.pack import Pack
from shared.store.sql import Sql
from shared.store.tracking import parked, tracked
from shared.vault.vault import Vault

Moment = Annotated[datetime, BeforeValidator(lambda at: nearest(at) if isinstance(at, int) else at)]
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
    co_handling: list[str]
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


FEW = 100
"""Rows whose duties are counted for them alone; for more, those of all matters are."""


def entries(
    sql: Sql, vault: Vault, rows: Sequence[LedgerRow], size: int | None, *, files: bool = True
) -> list[LedgerEntry]:
    """Rows as they stood after the first ``size`` leaves, or stand now, with what stands beside
    them; ``files``: also with what their files lack, for which the whole of each is read.
    """
    matters = [row.incident for row in rows] if len(rows) <= FEW else []
    tallies, ruling = duties_table.tallies(sql, size, matters), rulings(sql)
    upto = size if files else None
    return [
        _entry(sql, vault, row, ruling(row.policy), upto, tallies.get(row.incident, NO_DUTIES))
        for row in rows
    ]


def _entry(
    sql: Sql,
    vault: Vault,
    row: LedgerRow,
    pack: Pack | None,
    upto: int | None,
    tally: dict[str, int],
) -> LedgerEntry:
    """A row with its title opened from the leaf that holds it; what was erased reads as such."""
    return LedgerEntry(
        **{name: getattr(row, name) for name in _KEPT},
        co_handling=list(filter(None, row.co_handling.split(";"))),
        **tally,
        title=open_title(sql, vault, row.title_leaf),
        grade_name=None if row.grade is None else axis_value(pack, "severity", row.grade),
        channel_name=channel_name(pack, row.channel or ""),
        category_name=axis_value(pack, "category", row.category or ""),
        missing=_missing(sql, row, pack, upto),
    )


def _missing(sql: Sql, row: LedgerRow, pack: Pack | None, size: int | None) -> list[MissingItem]:
    if pack is None or size is None or row.standing != "live" or not asks_for_items(pack):
        return []
    return missing(pack, dossier(sql, row.incident, size).deeds)


_KEPT = LedgerEntry.model_fields.keys() & {each.name for each in fields(LedgerRow)} - {
    "co_handling"
}
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

    def rows(self, sql: Sql, size: int, reach: Reach) -> list[LedgerRow]:
        """The rows wanted after the first ``size`` leaves, of those within reach, by number."""
        return [row for row in ledger_table.as_of(sql, size, reach) if self._takes(row)]

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

    It holds the matters in which the unit ``of`` takes part, or one under it; all, where none is
    named. ``units`` names the units in the rows, as they were called within this prefix of the log.
    ``erased`` are the numbers of incidents whose words nobody can read any more, ``set_aside``
    counts log entries within the prefix that could not be entered into the ledger yet (搁置).
    """

    county: CountyName | None
    made_at: datetime
    as_of: datetime | None
    of: str | None
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
    sql: Sql,
    vault: Vault,
    filters: Filters,
    as_of: datetime | None,
    made_at: datetime,
    reach: Reach,
) -> LedgerExport:
    """The rows wanted within reach as they stood at ``as_of`` or stand now.

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
    wanted, of = filters.rows(sql, size, reach), reach.unit if reach.units else None
    rows, county = entries(sql, vault, wanted, size), founded_county(sql)
    return LedgerExport(
        county=county and CountyName(code=county.code, name=county.name),
        made_at=made_at,
        as_of=as_of,
        of=of,
        filters=filters.as_asked(),
        log=LogHead(size=size, root=root_at(sql, size).hex()),
        units=_named(sql, size, rows, filters.unit, of),
        erased=[row.number for row in rows if row.erased or row.title == ERASED],
        set_aside=sum(1 for one in parked(sql) if one.upstream == "log" and one.position <= size),
        rows=rows,
    )


def _named(sql: Sql, size: int, rows: Iterable[LedgerEntry], *asked: str | None) -> dict[str, str]:
    """What the units concerned were called at the end of the prefix, whatever they became."""
    concerned = {*asked, *(code for r in rows for code in (r.unit, r.lead, *r.co_handling))}
    leaves = leaves_of_facts(sql, [UnitEstablished], size)
    facts = (event.fact for _, event in readable(leaves))
    called = {fact.code: fact.name for fact in facts if isinstance(fact, UnitEstablished)}
    return {code: name for code, name in sorted(called.items()) if code in concerned}
