"""A room's own copy of which incidents there are (事件): their number, and who has them in hand.

Whichever room is heard first, its row is there; it is found once its registration is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.acts.competence import Involved
from shared.contracts.intake import IncidentRegistered
from shared.contracts.routing import IncidentAssigned, ReplyPublished
from shared.copies.matters import standing, unknown_incident
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql, Values, upsert


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident: whether it stands on its own (并案 linked), is answered, and whose it is."""

    id: UUID
    number: str
    unit: str
    standing: Literal["open", "linked", "voided"]
    answered: bool
    lead: str | None
    co_handling: tuple[str, ...]

    @property
    def concerned(self) -> str:
        """The unit that has the matter in hand: the lead once assigned, else who registered it."""
        return self.lead or self.unit

    @property
    def involved(self) -> Involved:
        """The units that take part."""
        return Involved(self.unit, self.lead, self.co_handling)


def find(sql: Sql, name: str) -> KnownIncident:
    """The incident with that number or id; raises Unknown ``incident.unknown``."""
    row = sql.one("SELECT * FROM incidents WHERE number = ? OR id = ?", (name, name))
    if row is None or row["number"] is None:
        raise unknown_incident(sql, name)
    id_ = UUID(row["id"])
    return KnownIncident(
        id_,
        row["number"],
        row["unit"],
        standing(sql, id_),
        bool(row["answered"]),
        row["lead"],
        tuple(filter(None, (row["co_handling"] or "").split(";"))),
    )


def _fold(sql: Sql, batch: Sequence[Placed]) -> None:
    for _, event in batch:
        known: Values
        match event.fact:
            case IncidentRegistered() as fact:
                known = {"number": fact.number, "unit": event.envelope.unit}
            case IncidentAssigned() as fact:
                known = {"lead": fact.lead, "co_handling": ";".join(fact.co_handling)}
            case _:
                known = {"answered": 1}
        upsert(sql, "incidents", str(event.envelope.correlation), known, _NEW)


_NEW: Values = {"answered": 0}

MODEL = ReadModel(
    {"incidents": ("id",)},
    (
        "CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, number TEXT UNIQUE, unit TEXT,"
        " answered BIGINT, lead TEXT, co_handling TEXT)",
    ),
    (IncidentRegistered, IncidentAssigned, ReplyPublished),
    _fold,
)
