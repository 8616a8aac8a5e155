"""Routing's read models: what it must look up to decide, all derived from events."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.routing.commands import IncidentStanding
from shared import county, units
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.routing import CountyFounded, IncidentAssigned, UnitEstablished
from shared.errors import Unknown
from shared.store.events import Matter
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql
from shared.store.tracking import tracked
from shared.store.upsert import upsert

SCHEMA = (
    units.SCHEMA,
    "CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, number TEXT UNIQUE, unit TEXT,"
    " standing TEXT, lead TEXT)",
    county.SCHEMA,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident: id, number, registering unit, whether it stands alone, and who leads."""

    id: UUID
    number: str
    unit: str
    standing: IncidentStanding
    lead: str | None

    @property
    def concerned(self) -> str:
        """The unit that has the matter in hand: the lead once assigned, else who registered it."""
        return self.lead or self.unit

    @property
    def matter(self) -> Matter:
        """What the next event of its case belongs to."""
        return Matter("case", self.id, self.concerned, self.id)


def project(sql: Sql, batch: Sequence[Placed]) -> None:
    """How each fact changes the tables."""
    for _, event in batch:
        incident = str(event.envelope.correlation)
        match event.fact:
            case CountyFounded() as fact:
                county.learn_county(sql, fact)
            case UnitEstablished() as fact:
                units.learn_unit(sql, fact)
            case IncidentRegistered() as fact:
                _note(sql, incident, number=fact.number, unit=event.envelope.unit)
            case IncidentLinked():
                _note(sql, incident, standing="linked")
            case IncidentVoided():
                _note(sql, incident, standing="voided")
            case IncidentAssigned() as fact:
                _note(sql, incident, lead=fact.lead)


MODEL = ReadModel(
    {"units": ("code",), "incidents": ("id",), "county": ("code",)},
    SCHEMA,
    (
        CountyFounded,
        UnitEstablished,
        IncidentRegistered,
        IncidentLinked,
        IncidentVoided,
        IncidentAssigned,
    ),
    project,
)


def find(sql: Sql, name: str) -> Entry:
    """The incident with that number or id; raises Unknown ``incident.unknown``."""
    row = sql.one("SELECT * FROM incidents WHERE number = ? OR id = ?", (name, name))
    if row is None or row["number"] is None:
        raise unknown_incident(name, tracked(sql, "intake").position)
    return _entry(row)


def unknown_incident(name: str, position: int) -> Unknown:
    """The error for an incident not heard of in intake's events up to that position."""
    return Unknown(
        "incident.unknown",
        f"没有编号或标识为“{name}”的事件（依据 intake:{position} 及以前的登记）。",
        "请用 huiyin ledger 查看编号；刚登记的, 请带上登记应答中的 position 作为 after 重试。",
        "incident",
    )


def _note(sql: Sql, incident: str, **columns: str) -> None:
    """Set columns of an incident, whichever of its events is heard first."""
    upsert(sql, "incidents", incident, columns, {"standing": "open"})


def _entry(row: Row) -> Entry:
    return Entry(UUID(row["id"]), row["number"], row["unit"], row["standing"], row["lead"])
