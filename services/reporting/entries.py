"""The ledger's rows as people and programs read them: moments as moments, titles opened."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.reporting.ledger import LedgerRow
from services.reporting.log import leaf_at
from services.reporting.wording import reader
from shared.contracts.envelope import decode
from shared.store.micros import from_micros
from shared.store.sql import Sql
from shared.vault.vault import Vault

_MOMENTS = ("posted_at", "registered_at", "published_at", "closed_at", "due")


class LedgerEntry(BaseModel):
    """One row of the ledger as people and programs read it; moments are UTC."""

    incident: str
    number: str
    unit: str
    standing: str
    channel: str
    category: str
    title: str
    status: str
    posted_at: datetime | None
    registered_at: datetime
    grade: str | None
    lead: str | None
    co_handling: list[str]
    published_at: datetime | None
    named_unit: str | None
    closed_at: datetime | None
    outcome: str | None
    linked_to: str | None
    duty: str | None
    due: datetime | None
    verdict: str | None
    spare_seconds: int | None
    late_seconds: int | None
    erased: bool


def entry(sql: Sql, vault: Vault, row: LedgerRow) -> LedgerEntry:
    """A row with its title opened from the leaf that holds it; what was erased reads as such."""
    values: dict[str, Any] = asdict(row)
    for moment in _MOMENTS:
        values[moment] = from_micros(values[moment]) if values[moment] is not None else None
    values["co_handling"] = [code for code in row.co_handling.split(";") if code]
    values["title"] = _title(sql, vault, values.pop("title_leaf"))
    return LedgerEntry(**values)


def _title(sql: Sql, vault: Vault, leaf: int) -> str:
    found = leaf_at(sql, leaf)
    return reader(vault, decode(found.raw))("title") if found else ""
