"""What intake can be asked (登记、记录、更正、并案、作废、单位日常、导入、列名对照)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.acts.check import Record, Told
from shared.contracts.acts import Judged
from shared.contracts.intake import Column, Provenance
from shared.policy.engine.deeds import Deed


@dataclass(frozen=True, slots=True)
class Asked:
    """What every act comes with.

    ``record`` is what the act is judged by, ``attempted`` the act as rules see it, ``told`` what
    was said of it. ``known`` are fields of a form that the act itself says. ``now`` is the moment
    of recording.
    """

    record: Record
    attempted: Deed
    now: datetime
    told: Told = field(default_factory=Told)
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard, and where; times are UTC.

    ``matter`` is what kind of matter it is, ``sets`` what is judged of it at once on axes of the
    pack in force; without a category it is that of ``sets``, if there is one.
    """

    channel: str
    category: str
    title: str
    body: str | None
    contact: str | None
    link: str | None
    posted_at: datetime | None
    discovered_at: datetime | None
    state_secret: bool
    matter: str = "incident"
    sets: Judged = field(default_factory=dict)
    happened_at: datetime | None = None
    planned_at: datetime | None = None

    @property
    def judged(self) -> Judged:
        """Everything judged with the registration, the category being an axis as others are."""
        return {**({"category": (self.category,)} if self.category else {}), **self.sets}


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
    """Enter what was heard (登记) under a number."""

    number: str
    heard: Heard
    asked: Asked


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
    asked: Asked


@dataclass(frozen=True, slots=True)
class VoidIncident:
    """Take back a registration made in error (作废); ``answered`` as heard from routing."""

    reason: str
    answered: bool
    asked: Asked


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the registration should have said; UTC. What is none stays as it is."""

    occurred_at: datetime | None = None
    posted_at: datetime | None = None
    discovered_at: datetime | None = None
    planned_at: datetime | None = None
    sets: Judged = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorrectRegistration:
    """Put moments and axes of the registration right (更正), and say why."""

    corrections: Corrections
    grounds: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Particulars:
    """What only some acts say; UTC.

    ``worse`` of a note; the others of acts of a unit's day: which ``period`` it is about, which
    ``channels`` were browsed, which matters a summary tells of (``items``), from when until when
    somebody was on duty, and in which post the ``leader`` of that shift was.
    """

    worse: bool = False
    period: str | None = None
    channels: tuple[str, ...] = ()
    items: tuple[UUID, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    leader: str | None = None


@dataclass(frozen=True, slots=True)
class TakeAct:
    """Any other act, on a matter or a unit's day: which one is said by ``asked.attempted``."""

    asked: Asked
    more: Particulars = field(default_factory=Particulars)


@dataclass(frozen=True, slots=True)
class SaveFieldMap:
    """Keep what the headings in a unit's files mean (列名对照), instead of what was kept before."""

    columns: tuple[Column, ...]


IncidentCommand = (
    RegisterIncident | ImportMessage | LinkIncident | VoidIncident | CorrectRegistration | TakeAct
)
