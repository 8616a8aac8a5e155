"""The ledger's rows as people and programs read them: moments as moments, titles opened."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from services.reporting.duties import table as duties_table
from services.reporting.duties.table import DutyTally
from services.reporting.findings.dossier import dossier
from services.reporting.ledger import filing
from services.reporting.ledger.filing import MissingItem
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import leaf_at
from services.reporting.packs import Rulings, category_name, channel_name, grade_name
from services.reporting.trail.wording import reader
from shared.clock import from_micros
from shared.contracts.envelope import decode
from shared.policy.language.pack import Pack
from shared.store.sql import Sql
from shared.vault.vault import Vault


def _moment(value: object) -> object:
    """A row's microseconds as a moment."""
    return from_micros(value) if isinstance(value, int) else value


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

    def entry(row: LedgerRow) -> LedgerEntry:
        pack, tally = rulings.of(row.policy), tallies.get(row.incident, DutyTally())
        return entry_of(sql, vault, row, pack, tally, missing(sql, row, pack, size))

    return [entry(row) for row in rows]


def entry_at(sql: Sql, vault: Vault, row: LedgerRow, size: int) -> LedgerEntry:
    """One row as it stood after the first ``size`` leaves, with what stands beside it."""
    pack, tally = Rulings(sql).of(row.policy), duties_table.tally_of(sql, row.incident, size)
    return entry_of(sql, vault, row, pack, tally, missing(sql, row, pack, size))


def missing(sql: Sql, row: LedgerRow, pack: Pack | None, size: int) -> list[MissingItem]:
    """What a matter's file lacks after the first ``size`` leaves."""
    if pack is None or row.standing != "live" or not filing.asks(pack):
        return []
    return filing.missing(pack, dossier(sql, row.incident, size).deeds)


def entry_of(
    sql: Sql,
    vault: Vault,
    row: LedgerRow,
    pack: Pack | None,
    tally: DutyTally,
    lacking: list[MissingItem],
) -> LedgerEntry:
    """A row with its title opened from the leaf that holds it; what was erased reads as such."""
    return LedgerEntry(
        **{name: getattr(row, name) for name in _KEPT},
        title=open_title(sql, vault, row.title_leaf),
        grade_name=grade_name(pack, row.grade),
        channel_name=channel_name(pack, row.channel or ""),
        category_name=category_name(pack, row.category or ""),
        duties_running=tally.running,
        duties_missed=tally.missed,
        duties_late=tally.late,
        missing=lacking,
    )


_KEPT = LedgerEntry.model_fields.keys() & {each.name for each in fields(LedgerRow)}
"""What an entry has as its row has it."""


def open_title(sql: Sql, vault: Vault, leaf: int | None) -> str:
    """The title that a log entry holds; empty where there is none, as of a unit's period."""
    found = leaf_at(sql, leaf) if leaf is not None else None
    return reader(vault, decode(found.raw))("title") if found else ""
