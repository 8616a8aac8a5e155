"""What routing can be asked of an incident (定级、交办、拟稿、审定、发布、办结、历史)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

IncidentStanding = Literal["open", "linked", "voided"]
"""Whether the incident stands on its own, as this room has heard from intake."""


@dataclass(frozen=True, slots=True)
class GradeIncident:
    """Set the incident's severity (定级)."""

    grade: str
    grounds: str
    incident_standing: IncidentStanding


@dataclass(frozen=True, slots=True)
class AssignIncident:
    """Make a lead unit, and others with it, handle the incident (交办); unit codes."""

    lead: str
    co_handling: tuple[str, ...]
    instruction: str
    incident_standing: IncidentStanding


@dataclass(frozen=True, slots=True)
class DraftReply:
    """Write a reply (拟稿); ``content`` is the keyed commitment to ``text``."""

    draft: UUID
    kind: str
    text: str
    content: str
    incident_standing: IncidentStanding


@dataclass(frozen=True, slots=True)
class ApproveReply:
    """Approve a draft, or else the latest (审定); ``officer`` is who approves."""

    draft: UUID | None
    officer: str
    incident_standing: IncidentStanding


@dataclass(frozen=True, slots=True)
class PublishReply:
    """Give a draft, or else the one approved last, to the public (发布).

    ``text`` is what will be published, ``content`` the keyed commitment to it, ``named_unit`` the
    name under which the public reads it.
    """

    draft: UUID | None
    text: str
    content: str
    channel: str
    named_unit: str
    incident_standing: IncidentStanding


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """End the handling (办结)."""

    note: str


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
    | PublishReply
    | CloseIncident
    | RecordHistory
)
