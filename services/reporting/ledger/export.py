"""The ledger as it leaves the house (台账导出): which rows, and what they rest on.

Rows, size and root belong to one and the same prefix of the log, so that whoever has a signed or
printed root of that size can hold the rows against the record.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel

from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.entry import LedgerEntry, entries
from services.reporting.ledger.row import LedgerRow
from services.reporting.log import tiles
from services.reporting.log.log import leaves_of_types, size_as_of
from services.reporting.trail.wording import ERASED
from shared.clock import SHANGHAI, from_micros
from shared.contracts.catalogue import names, newest
from shared.contracts.envelope import decode
from shared.contracts.routing import UnitEstablished
from shared.copies.county import founded_county
from shared.copies.units import known_unit
from shared.errors import Unavailable
from shared.store.sql import Sql
from shared.store.tracking import parked, tracked
from shared.vault.vault import Vault

LOG = "log"
"""The upstream that the ledger is folded from."""


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
        found = ledger_table.as_of(sql, size, self.unit, self.status)
        return [row for row in found if self._takes(row)]

    def as_asked(self) -> dict[str, str]:
        """What was asked for, by the names under which it is asked."""
        given = {
            "unit": self.unit,
            "status": self.status,
            "verdict": self.verdict,
            "from": self.first,
            "to": self.last,
        }
        return {name: str(value) for name, value in given.items() if value is not None}

    def _takes(self, row: LedgerRow) -> bool:
        if self.verdict not in (None, row.verdict):
            return False
        if self.first is None and self.last is None:
            return True
        assert row.registered_at is not None  # a row has its number from its registration
        day = from_micros(row.registered_at).astimezone(SHANGHAI).date()
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
    if tracked(sql, LOG).position < size:
        raise _behind()
    rows = entries(sql, vault, filters.rows(sql, size), size)
    return LedgerExport(
        county=_county(sql),
        made_at=made_at,
        as_of=as_of,
        filters=filters.as_asked(),
        log=LogHead(size=size, root=tiles.root_at(sql, size).hex()),
        units=_named(sql, size, rows, filters.unit),
        erased=[row.number for row in rows if row.erased or row.title == ERASED],
        set_aside=sum(1 for one in parked(sql) if one.upstream == LOG and one.position <= size),
        rows=rows,
    )


def _county(sql: Sql) -> CountyName | None:
    county = founded_county(sql)
    return CountyName(code=county.code, name=county.name) if county else None


def _named(sql: Sql, size: int, rows: Iterable[LedgerEntry], asked: str | None) -> dict[str, str]:
    """What the units concerned were called at the end of the prefix, whatever they became."""
    concerned = {code for row in rows for code in _units(row)} | {asked}
    types = [name for name in names() if newest(name) == UnitEstablished.TYPE]
    facts = (decode(leaf.raw).fact for leaf in leaves_of_types(sql, types, size))
    called = {fact.code: fact.name for fact in facts if isinstance(fact, UnitEstablished)}
    return {code: name for code, name in sorted(called.items()) if code in concerned}


def _units(row: LedgerEntry) -> Iterator[str | None]:
    yield from (row.unit, row.lead, *row.co_handling)


def _behind() -> Unavailable:
    return Unavailable(
        "ledger.behind",
        "台账还没有跟上日志, 现在导出会与日志不一致。",
        "请稍后重试；若一直如此, 请查看 huiyin doctor 中的滞后与停顿。",
    )
