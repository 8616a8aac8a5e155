"""What routing stores: who does what (交办、拟稿、审定、发布、办结), units and posts."""

from typing import Any, Literal
from uuid import UUID

from shared.contracts.catalogue import Fact, event, upcaster
from shared.contracts.sealed import Sealed

Grade = Literal["especially_major", "major", "larger", "ordinary"]
ReplyKind = Literal["interim", "result"]


@event("routing.county-founded.v1")
class CountyFounded(Fact):
    """The county's system was set up (建库); ``root`` is the code of its root unit."""

    code: str
    name: str
    root: str
    demonstration: bool


@event("routing.unit-established.v1")
class UnitEstablished(Fact):
    """A unit takes part (单位): its code, name, other names and the unit above it."""

    code: str
    name: str
    aliases: tuple[str, ...]
    parent: str | None


@event("routing.officer-appointed.v1")
class OfficerAppointed(Fact):
    """An officer, known here by a pseudonymous id, holds a post in a unit (任命)."""

    officer: str
    post: str
    unit: str


@event("routing.incident-graded.v1")
class IncidentGraded(Fact):
    """The incident's severity was set (定级)."""

    grade: Grade
    grounds: str


@event("routing.incident-assigned.v2")
class IncidentAssigned(Fact):
    """A lead unit (牵头单位), and others with it (协办单位), must handle the incident (交办)."""

    lead: str
    co_handling: tuple[str, ...]
    instruction: str


@upcaster("routing.incident-assigned.v1", "routing.incident-assigned.v2")
def assigned_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape named one unit only: it leads, and nobody handles with it."""
    return {"lead": data["unit"], "co_handling": [], "instruction": data["instruction"]}


@event("routing.reply-drafted.v1")
class ReplyDrafted(Fact):
    """A reply was written (拟稿); ``content`` is the keyed commitment to its text."""

    draft: UUID
    kind: ReplyKind
    text: Sealed
    content: str


@event("routing.reply-approved.v1")
class ReplyApproved(Fact):
    """Somebody other than the drafter approved exactly that content (审定)."""

    draft: UUID
    content: str


@event("routing.reply-published.v1")
class ReplyPublished(Fact):
    """The approved text was given to the public in the unit's own name (发布).

    ``draft`` is none for history imported from before this system.
    """

    draft: UUID | None
    kind: ReplyKind
    channel: str
    named_unit: str
    text: Sealed
    content: str


@event("routing.incident-closed.v1")
class IncidentClosed(Fact):
    """Handling ended (办结): ``answered``, or ``history`` for an old message never answered."""

    outcome: Literal["answered", "history"]
    note: str
