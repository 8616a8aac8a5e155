"""What routing can be asked of a matter (定级、交办、拟稿、审定、发布、办结……、历史)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.acts.check import Record, Told
from shared.contracts.acts import Judged
from shared.policy.engine.deeds import Deed

IncidentStanding = Literal["open", "linked", "voided"]
"""Whether the incident stands on its own, as this room has heard from intake."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What every act comes with.

    ``officer`` is who asks, ``record`` what the act is judged by, ``attempted`` the act as rules
    see it, ``told`` what was said of it. ``known`` are fields of a form that the act itself says.
    """

    officer: str
    standing: IncidentStanding
    record: Record
    attempted: Deed
    told: Told = field(default_factory=Told)
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GradeIncident:
    """Judge the matter on axes of its pack (定级): severity and others."""

    asked: Asked
    sets: Judged
    grounds: str


@dataclass(frozen=True, slots=True)
class AssignIncident:
    """Make a lead unit, and others with it, handle the matter (交办); unit codes.

    ``sheet`` is the number that its dispatch sheet gets (交办单号).
    """

    asked: Asked
    lead: str
    co_handling: tuple[str, ...]
    instruction: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class DraftReply:
    """Write a reply or other paper (拟稿); ``content`` is the keyed commitment to ``text``."""

    asked: Asked
    draft: UUID
    kind: str
    text: str
    content: str


@dataclass(frozen=True, slots=True)
class ApproveReply:
    """Approve a draft, or else the latest (审定)."""

    asked: Asked
    draft: UUID | None


@dataclass(frozen=True, slots=True)
class RejectDraft:
    """Send a draft, or else the latest, back to its writer (驳回)."""

    asked: Asked
    draft: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class PublishReply:
    """Give a draft, or else the one approved last, to the public (发布).

    ``text`` is what will be published, ``content`` the keyed commitment to it, ``named_unit`` the
    name under which the public reads it, ``promised`` when the rest is to follow.
    """

    asked: Asked
    draft: UUID | None
    text: str
    content: str
    channel: str
    named_unit: str
    promised: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakeAct:
    """Any other act, in the words of the pack: which one is said by ``asked.attempted``.

    ``sets`` is what assessing or escalating judged; ``unit`` who accepts, returns, verifies or
    handles; ``state`` with ``on`` what is declared, ``whose`` of what; ``satisfied`` what the
    public said; ``ground`` the law that a referral rests on.
    """

    asked: Asked
    sets: Judged = field(default_factory=dict)
    units: tuple[str, ...] = ()
    unit: str = ""
    state: str = ""
    on: bool = True
    whose: Literal["matter", "unit"] = "matter"
    satisfied: bool = False
    ground: str = ""


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """End the handling (办结)."""

    asked: Asked
    note: str


@dataclass(frozen=True, slots=True)
class ReopenIncident:
    """Go on with the handling because of something new (重启)."""

    asked: Asked
    grounds: str


@dataclass(frozen=True, slots=True)
class RepinCase:
    """Put the matter under other rules (改用规则); ``now`` is the pin it is under."""

    standing: IncidentStanding
    pin: str
    now: str
    reason: str


@dataclass(frozen=True, slots=True)
class OldReply:
    """A reply given before this system: its text, the commitment to it, and who was named."""

    text: str
    content: str
    named_unit: str


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """Take over what an imported message's file says of its past; ``unit`` is who replied."""

    unit: str
    reply: OldReply | None
    left_open: bool


CaseCommand = (
    GradeIncident
    | AssignIncident
    | DraftReply
    | ApproveReply
    | RejectDraft
    | PublishReply
    | TakeAct
    | CloseIncident
    | ReopenIncident
    | RepinCase
    | RecordHistory
)
