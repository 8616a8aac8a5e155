"""What routing stores: who does what (交办、拟稿、审定、发布、办结), units and posts."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.catalogue import ActTaken, Fact, Judged, UtcTime, event, upcaster
from shared.contracts.sealed import Sealed


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


@event("routing.supervisor-named.v1")
class SupervisorNamed(Fact):
    """A unit judges the county's root in its stead (监督单位), as nobody stands above that."""

    unit: str
    supervisor: str


@event("routing.officer-appointed.v2")
class OfficerAppointed(Fact):
    """A person holds a post in a unit (任命): the officer's id is this one appointment.

    ``person`` is the pseudonymous id above all appointments of one person, ``name`` the keyed
    commitment to the name. ``since`` is none for at once, ``until`` for no end in sight;
    ``instead_of`` is the appointment whose holder a substitute (代理) stands for.
    """

    ACT = "appoint"

    officer: str
    person: str
    post: str
    unit: str
    since: UtcTime | None = None
    until: UtcTime | None = None
    instead_of: str | None = None
    name: str | None = None


@upcaster("routing.officer-appointed.v1", "routing.officer-appointed.v2")
def appointed_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew no persons: each officer is one until an event says otherwise."""
    return {**data, "person": data["officer"]}


@event("routing.appointment-ended.v1")
class AppointmentEnded(Fact):
    """An appointment ended before its term (离任), and its token with it.

    ``open_work`` are the numbers of open matters that its holder had a hand in, ``successor`` the
    appointment to which they were handed over.
    """

    officer: str
    reason: str
    open_work: tuple[str, ...] = ()
    successor: str | None = None


@event("routing.person-recognised.v1")
class PersonRecognised(Fact):
    """An appointment is of somebody who has others (同一人): four eyes are of persons."""

    officer: str
    person: str
    reason: str


@event("routing.token-issued.v1")
class TokenIssued(Fact):
    """An officer got a token (发放令牌), good until then; the one before is dead."""

    officer: str
    until: UtcTime


@event("routing.token-withdrawn.v1")
class TokenWithdrawn(Fact):
    """An officer's token and sessions were ended (收回令牌); the post stays."""

    officer: str
    reason: str


@event("routing.incident-graded.v2")
class IncidentGraded(Fact):
    """It was judged how grave it is, and on which other axes (定级).

    ``grade`` is the value on the axis of severity, where that was judged.
    """

    ACT = "grade"

    grade: str | None
    sets: Judged = Field(default_factory=dict)
    grounds: str
    breaches: tuple[str, ...] = ()


@upcaster("routing.incident-graded.v1", "routing.incident-graded.v2")
def graded_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew severity alone."""
    return {**data, "sets": {"severity": [data["grade"]]}}


@event("routing.incident-assigned.v3")
class IncidentAssigned(Fact):
    """A lead unit (牵头单位), and others with it (协办单位), must handle the incident (交办).

    ``sheet`` is the number of the dispatch sheet (交办单号), which is quoted and never changes;
    ``kind`` the paper it is in the pack's words, ``fields`` its form as JSON.
    """

    ACT = "assign"

    lead: str
    co_handling: tuple[str, ...]
    instruction: str
    kind: str | None = None
    sheet: str | None = None
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


@upcaster("routing.incident-assigned.v1", "routing.incident-assigned.v2")
def assigned_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape named one unit only: it leads, and nobody handles with it."""
    return {"lead": data["unit"], "co_handling": [], "instruction": data["instruction"]}


@upcaster("routing.incident-assigned.v2", "routing.incident-assigned.v3")
def assigned_v2_to_v3(data: dict[str, Any]) -> dict[str, Any]:
    """The second shape knew no dispatch sheet."""
    return {**data, "kind": None, "sheet": None, "breaches": []}


@event("routing.reply-drafted.v2")
class ReplyDrafted(Fact):
    """A reply or other paper was written (拟稿); ``content`` is the keyed commitment to its text.

    ``fields`` is the form of the paper as JSON, ``filled`` which of its fields have a value.
    """

    ACT = "draft"

    draft: UUID
    kind: str
    text: Sealed
    content: str
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


@upcaster("routing.reply-drafted.v1", "routing.reply-drafted.v2")
def drafted_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew no forms."""
    return {**data, "fields": None, "filled": [], "breaches": []}


@event("routing.reply-approved.v2")
class ReplyApproved(Fact):
    """Somebody other than the drafter approved exactly that content (审定).

    ``kind`` is what was approved in it, in the pack's words, such as a proofreading.
    """

    ACT = "approve"

    draft: UUID
    content: str
    kind: str | None = None
    breaches: tuple[str, ...] = ()


@upcaster("routing.reply-approved.v1", "routing.reply-approved.v2")
def approved_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew one kind of approval."""
    return {**data, "kind": None}


@event("routing.draft-rejected.v1")
class DraftRejected(Fact):
    """The draft goes back to its writer (驳回): it can be approved no more."""

    ACT = "reject"

    draft: UUID
    reason: str


@event("routing.reply-published.v2")
class ReplyPublished(Fact):
    """The approved text was given to the public in the unit's own name (发布).

    ``draft`` is none for history imported from before this system. ``promised`` is when the public
    was told to expect the rest (承诺时间), ``fields`` the form as JSON.
    """

    ACT = "publish"

    draft: UUID | None
    kind: str
    channel: str
    named_unit: str
    text: Sealed
    content: str
    promised: UtcTime | None = None
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


@upcaster("routing.reply-published.v1", "routing.reply-published.v2")
def published_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew no promised date (承诺时间) and no gates."""
    return {**data, "promised": None, "breaches": []}


@event("routing.incident-closed.v2")
class IncidentClosed(Fact):
    """Handling ended (办结).

    ``answered``, ``without_reply`` where the rules ask for none, or ``history`` for an old message
    that was never answered.
    """

    ACT = "close"

    outcome: Literal["answered", "without_reply", "history"]
    note: str
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


@upcaster("routing.incident-closed.v1", "routing.incident-closed.v2")
def closed_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew two outcomes; both are still there."""
    return data


@event("routing.incident-reopened.v1")
class IncidentReopened(Fact):
    """Handling goes on (重启), because of something new."""

    ACT = "reopen"

    grounds: str


@event("routing.matter-assessed.v1")
class MatterAssessed(ActTaken):
    """It was discussed what it is and what to do (研判会商), and what that judged."""

    ACT = "assess"

    sets: Judged = Field(default_factory=dict)
    units: tuple[str, ...] = ()


@event("routing.report-made.v1")
class ReportMade(ActTaken):
    """Somebody above or beside was told (上报); also follow-ups (续报)."""

    ACT = "report"


@event("routing.instruction-given.v1")
class InstructionGiven(ActTaken):
    """A leader said what to do (批示)."""

    ACT = "instruct"


@event("routing.sheet-accepted.v1")
class SheetAccepted(ActTaken):
    """A unit signed for what was sent to it (签收); ``unit`` is that unit."""

    ACT = "accept"

    unit: str


@event("routing.sheet-returned.v1")
class SheetReturned(ActTaken):
    """A unit sent back what is not its business, or it went to the level below (退回)."""

    ACT = "return"

    unit: str


@event("routing.matter-escalated.v1")
class MatterEscalated(ActTaken):
    """It was put before the level above by transfer slip (提级)."""

    ACT = "escalate"

    sets: Judged = Field(default_factory=dict)


@event("routing.matter-referred.v1")
class MatterReferred(ActTaken):
    """It was handed to the authority it belongs to (移送), on a written legal ground."""

    ACT = "refer"

    ground: str


@event("routing.facts-verified.v1")
class FactsVerified(ActTaken):
    """It was established what is true of it (核实)."""

    ACT = "verify"

    unit: str


@event("routing.matter-handled.v1")
class MatterHandled(ActTaken):
    """Something was done about it (处置)."""

    ACT = "handle"

    unit: str


@event("routing.act-approved.v1")
class ActApproved(ActTaken):
    """Somebody competent agreed to an act that is no reply (批准)."""

    ACT = "approve"


@event("routing.state-declared.v1")
class StateDeclared(ActTaken):
    """A state begins or ends (宣布): a plan in force, a warning, a special period.

    On a matter, or on a unit and all under it.
    """

    ACT = "declare"

    state: str
    on: bool


@event("routing.matter-calmed.v1")
class MatterCalmed(ActTaken):
    """It has become quiet (平息)."""

    ACT = "calm"


@event("routing.feedback-given.v1")
class FeedbackGiven(ActTaken):
    """The public said whether it is satisfied (群众评价)."""

    ACT = "feedback"

    satisfied: bool


@event("routing.matter-reviewed.v1")
class MatterReviewed(ActTaken):
    """What is to be learned from it (总结评估)."""

    ACT = "review"


@event("routing.pack-adopted.v1")
class PackAdopted(Fact):
    """A unit, and all under it, is bound by a pack from now on (采用规则).

    ``texts`` are the bytes of the pack's file and of those it adds to, as text, nearest first: the
    rules can be read from the events alone. ``pin`` names them.
    """

    ACT = "adopt"

    unit: str
    pack: str
    version: str
    pin: str
    texts: tuple[str, ...]
    params: dict[str, str | int]
    reason: str


@event("routing.pack-withdrawn.v1")
class PackWithdrawn(Fact):
    """A unit's own pack binds no new matter any more (停用规则)."""

    unit: str
    pin: str
    reason: str


@event("routing.case-repinned.v1")
class CaseRepinned(Fact):
    """A matter goes on under other rules (改用规则); verdicts already given stay."""

    pin: str
    reason: str


@event("routing.standing-conflict-found.v1")
class StandingConflictFound(Fact):
    """A matter was voided or linked without knowing what had been published or closed (处置冲突).

    That stays, and the matter goes on: ``ended``, the event of intake, ends nothing. ``unknown``
    are the events of the case that it had not heard of.
    """

    ended: UUID
    because: Literal["voided", "linked"]
    unknown: tuple[UUID, ...]


@event("routing.calendar-published.v1")
class CalendarPublished(Fact):
    """Which days of a year are off and which rest days are worked (公布历法); ISO dates."""

    ACT = "publish_calendar"

    year: int
    notice: str
    off_days: tuple[str, ...]
    makeup_days: tuple[str, ...]


@event("routing.terms-set.v1")
class TermsSet(Fact):
    """When a school term begins and ends (学期), both days included; ISO dates."""

    name: str
    begins: str
    ends: str
