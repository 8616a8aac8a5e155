"""What intake can be asked (登记、并案、作废、导入、列名对照)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.intake import Column, Provenance


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard, and where; times are UTC."""

    channel: str
    category: str
    title: str
    body: str | None
    contact: str | None
    link: str | None
    posted_at: datetime | None
    discovered_at: datetime | None
    state_secret: bool


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message from before this system, with what its file says of its answer; times are UTC.

    ``unit`` is the code of the unit that replied, ``named`` its name as the file has it.
    ``days_only`` names the times of which the file has only the day, ``provenance`` the row.
    """

    message_id: str
    category: str
    title: str
    body: str | None
    posted_at: datetime
    unit: str
    named: str
    reply: str | None
    replied_at: datetime | None
    left_open: bool
    days_only: tuple[str, ...] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class RegisterIncident:
    """Enter what was heard (登记) under a number; ``now`` is the moment of recording."""

    number: str
    heard: Heard
    now: datetime


@dataclass(frozen=True, slots=True)
class ImportMessage:
    """Enter an old message under a number (历史导入); ``now`` is the moment of recording."""

    number: str
    message: OldMessage
    now: datetime


@dataclass(frozen=True, slots=True)
class LinkIncident:
    """Join the incident to the one it repeats (并案); ``target_open`` as this room knows it."""

    incident: UUID
    to: UUID
    to_number: str
    target_open: bool
    grounds: str


@dataclass(frozen=True, slots=True)
class VoidIncident:
    """Take back a registration made in error (作废); ``answered`` as heard from routing."""

    reason: str
    answered: bool


@dataclass(frozen=True, slots=True)
class SaveFieldMap:
    """Keep what the headings in a unit's files mean (列名对照), instead of what was kept before."""

    columns: tuple[Column, ...]


IncidentCommand = RegisterIncident | ImportMessage | LinkIncident | VoidIncident
