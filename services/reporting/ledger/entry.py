"""The ledger's rows as people and programs read them: moments as moments, titles opened."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.reporting.duties import table as duties_table
from services.reporting.duties.table import Tally
from services.reporting.findings.dossier import dossier
from services.reporting.ledger import filing
from services.reporting.ledger.filing import Lacking
from services.reporting.ledger.row import LedgerRow
from services.reporting.log.log import leaf_at
from services.reporting.packs import Rulings, category_name, channel_name, grade_name
from services.reporting.trail.wording import reader
from shared.contracts.envelope import decode
from shared.policy.language.pack import Pack
from shared.store.micros import from_micros
from shared.store.sql import Sql
from shared.vault.vault import Vault

_MOMENTS = (
    "posted_at",
    "registered_at",
    "published_at",
    "calmed_at",
    "closed_at",
    "archived_at",
    "due",
)
_UNTOLD = ("title_leaf", "graded_at", "sorted_at", "others")
"""What a row keeps for its own sake."""


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
    posted_at: datetime | None
    registered_at: datetime
    matter: str
    policy: str | None
    grade: str | None
    grade_name: str | None
    lead: str | None
    co_handling: list[str]
    published_at: datetime | None
    named_unit: str | None
    calmed_at: datetime | None
    satisfied: bool | None
    closed_at: datetime | None
    outcome: str | None
    linked_to: str | None
    duty: str | None
    due: datetime | None
    verdict: str | None
    spare_seconds: int | None
    late_seconds: int | None
    duties_running: int
    duties_missed: int
    duties_late: int
    archived_at: datetime | None
    archive_number: str | None
    missing: list[Lacking]
    erased: bool


def entries(sql: Sql, vault: Vault, rows: Iterable[LedgerRow], size: int) -> list[LedgerEntry]:
    """Rows as they stood after the first ``size`` leaves, with what stands beside them."""
    tallies, rulings = duties_table.tallies(sql, size), Rulings(sql)
    return [
        _entry(sql, vault, row, size, tallies.get(row.incident, Tally()), rulings.of(row.policy))
        for row in rows
    ]


def missing(sql: Sql, row: LedgerRow, pack: Pack | None, size: int) -> list[Lacking]:
    """What a matter's file lacks after the first ``size`` leaves."""
    if pack is None or row.standing != "live" or not filing.asks(pack):
        return []
    return filing.missing(pack, dossier(sql, row.incident, size).deeds)


def _entry(
    sql: Sql, vault: Vault, row: LedgerRow, size: int, tally: Tally, pack: Pack | None
) -> LedgerEntry:
    """A row with its title opened from the leaf that holds it; what was erased reads as such."""
    values: dict[str, Any] = asdict(row)
    for moment in _MOMENTS:
        values[moment] = from_micros(values[moment]) if values[moment] is not None else None
    values |= {
        "title": _title(sql, vault, row.title_leaf),
        "co_handling": [code for code in row.co_handling.split(";") if code],
        "satisfied": None if row.satisfied is None else bool(row.satisfied),
        "grade_name": grade_name(pack, row.grade),
        "channel_name": channel_name(pack, row.channel or ""),
        "category_name": category_name(pack, row.category or ""),
        "duties_running": tally.running,
        "duties_missed": tally.missed,
        "duties_late": tally.late,
        "missing": missing(sql, row, pack, size),
    }
    return LedgerEntry(**{name: each for name, each in values.items() if name not in _UNTOLD})


def _title(sql: Sql, vault: Vault, leaf: int | None) -> str:
    found = leaf_at(sql, leaf) if leaf is not None else None
    return reader(vault, decode(found.raw))("title") if found else ""
