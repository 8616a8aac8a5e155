"""The archive ledger's row (归档台账) and how each event changes it; pure.

Events of different services may reach the log in any order, so a row can begin with any of them
and is complete once the registration is in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.ledger.replies import Owing, follow, owing_of
from services.reporting.rows import changer
from shared.contracts.acts import Judged
from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyMoved,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
    LateRecordSettled,
)
from shared.contracts.envelope import Envelope, Recorded
from shared.contracts.intake import (
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    RegistrationCorrected,
)
from shared.contracts.reporting import IncidentErased, MatterArchived
from shared.contracts.routing import (
    CaseRepinned,
    FeedbackGiven,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    IncidentReopened,
    MatterAssessed,
    MatterCalmed,
    MatterEscalated,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
)
from shared.store.micros import to_micros
from shared.words import STATUSES

_RANK = {status: rank for rank, status in enumerate(STATUSES)}

SEVERITY, CATEGORY = "severity", "category"
"""The axes whose values the ledger shows."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One incident or other matter as the ledger shows it. Moments are microseconds since 1970.

    ``title_leaf`` is the log entry that holds the sealed title: no words are copied here.
    ``matter`` is what kind of matter it is, ``policy`` the pin of the rules it is under. ``grade``
    and ``category`` are what was judged last, at ``graded_at`` and ``sorted_at``. The status is
    that of the present round: a reopened matter is not closed, until it is closed again.

    ``duty``, ``due``, ``verdict`` and the two spans are of the reply owed first: how late it was
    (``late_seconds``) or how much time was left (``spare_seconds``). ``others`` are further
    replies owed, as ``owing`` writes them.
    """

    incident: str
    number: str | None = None
    unit: str | None = None
    standing: str | None = None
    channel: str | None = None
    category: str | None = None
    title_leaf: int | None = None
    status: str = "registered"
    posted_at: int | None = None
    registered_at: int | None = None
    grade: str | None = None
    lead: str | None = None
    co_handling: str = ""
    published_at: int | None = None
    named_unit: str | None = None
    closed_at: int | None = None
    outcome: str | None = None
    linked_to: str | None = None
    duty: str | None = None
    due: int | None = None
    verdict: str | None = None
    spare_seconds: int | None = None
    late_seconds: int | None = None
    erased: int = 0
    matter: str = "incident"
    policy: str | None = None
    graded_at: int = 0
    sorted_at: int = 0
    calmed_at: int | None = None
    satisfied: int | None = None
    archived_at: int | None = None
    archive_number: str | None = None
    others: str = ""


_changed = changer(LedgerRow)


def project(row: LedgerRow, event: Recorded, leaf: int) -> LedgerRow:
    """The row after one more event; an event that says nothing about it changes nothing."""
    match event.fact:
        case IncidentRegistered() as fact:
            return _registered(row, fact, event.envelope, leaf)
        case RegistrationCorrected() as fact:
            return _corrected(row, fact, event.envelope)
        case IncidentLinked() as fact:
            return _reached(row, "linked", linked_to=fact.to_number)
        case IncidentVoided():
            return _reached(row, "voided")
        case IncidentErased():
            return _changed(row, erased=1)
        case MatterArchived() as fact:
            at = to_micros(event.envelope.occurred_at)
            return _changed(row, archived_at=at, archive_number=fact.number)
        case _ if type(event.fact) in _OF_REPLIES:
            return _with_duty(row, event)
        case _:
            return _handled(row, event)


def _handled(row: LedgerRow, event: Recorded) -> LedgerRow:
    """What routing says; its own order is kept, whatever other services say in between."""
    at = to_micros(event.envelope.occurred_at)
    match event.fact:
        case IncidentGraded() as fact:
            severity = {SEVERITY: (fact.grade,)} if fact.grade else {}
            judged = _judged(row, {**severity, **fact.sets}, event.envelope)
            return _reached(row, "graded", **judged)
        case MatterAssessed() | MatterEscalated() as fact:
            judged = _judged(row, fact.sets, event.envelope)
            return _changed(row, **judged) if judged else row
        case IncidentAssigned() as fact:
            return _reached(row, "assigned", lead=fact.lead, co_handling=";".join(fact.co_handling))
        case ReplyDrafted():
            return _reached(row, "drafted")
        case ReplyApproved():
            return _reached(row, "approved")
        case ReplyPublished() as fact:
            return _reached(row, "published", published_at=at, named_unit=fact.named_unit)
        case MatterCalmed():
            return _changed(row, calmed_at=at)
        case FeedbackGiven() as fact:
            return _changed(row, satisfied=int(fact.satisfied))
        case IncidentClosed() as fact:
            return _reached(row, "closed", closed_at=at, outcome=fact.outcome)
        case IncidentReopened():
            status = row.status if row.status in ("linked", "voided") else "reopened"
            return _changed(row, status=status, closed_at=None, outcome=None, calmed_at=None)
        case CaseRepinned() as fact:
            return _changed(row, policy=fact.pin)
        case _:
            return row


def _registered(
    row: LedgerRow, fact: IncidentRegistered, envelope: Envelope, leaf: int
) -> LedgerRow:
    return _changed(
        row,
        number=fact.number,
        unit=envelope.unit,
        standing=envelope.standing,
        channel=fact.channel,
        title_leaf=leaf,
        posted_at=to_micros(fact.posted_at) if fact.posted_at else None,
        registered_at=to_micros(envelope.recorded_at),
        matter=fact.matter,
        policy=envelope.policy if row.policy is None else row.policy,
        **_judged(row, {CATEGORY: (fact.category,), **fact.sets}, envelope),
    )


def _corrected(row: LedgerRow, fact: RegistrationCorrected, envelope: Envelope) -> LedgerRow:
    posted_at = to_micros(fact.posted_at) if fact.posted_at else row.posted_at
    return _changed(row, posted_at=posted_at, **_judged(row, fact.sets, envelope))


def _judged(row: LedgerRow, sets: Judged, envelope: Envelope) -> dict[str, Any]:
    """What was judged last counts, in whatever order services are heard of."""
    at = to_micros(envelope.recorded_at)
    first = int(envelope.service == "intake")  # at one moment, a registration comes first
    new: dict[str, Any] = {}
    if sets.get(SEVERITY) and at >= row.graded_at + first:
        new |= {"grade": sets[SEVERITY][0], "graded_at": at}
    if sets.get(CATEGORY) and at >= row.sorted_at + first:
        new |= {"category": sets[CATEGORY][0], "sorted_at": at}
    return new


def _reached(row: LedgerRow, status: str, **changes: Any) -> LedgerRow:
    """Note what is new; within a round the status only ever moves on."""
    further = status if _RANK[status] > _RANK[row.status] else row.status
    return _changed(row, status=further, **changes)


def _with_duty(row: LedgerRow, event: Recorded) -> LedgerRow:
    """The ledger follows the replies owed; every duty stands in its own table."""
    shown = Owing(row.duty, row.due, row.verdict, row.spare_seconds, row.late_seconds)
    before = [shown, *owing_of(row.others)] if row.duty else []
    replies = follow(before, event)
    return row if replies == before else _showing(row, replies)


def _showing(row: LedgerRow, replies: Sequence[Owing]) -> LedgerRow:
    first, *others = replies
    return _changed(
        row,
        duty=first.duty,
        due=first.due,
        verdict=first.verdict,
        spare_seconds=first.spare_seconds,
        late_seconds=first.late_seconds,
        others=";".join(map(str, others)),
    )


_OF_REPLIES = (
    DutyStarted,
    DutyMoved,
    DutyMet,
    DutySuperseded,
    DutyMissed,
    DutyMetLate,
    DutyRecordedLate,
    LateRecordSettled,
    DutyCancelled,
)

CHANGED_BY = (
    IncidentRegistered,
    RegistrationCorrected,
    IncidentLinked,
    IncidentVoided,
    IncidentGraded,
    MatterAssessed,
    MatterEscalated,
    IncidentAssigned,
    ReplyDrafted,
    ReplyApproved,
    ReplyPublished,
    MatterCalmed,
    FeedbackGiven,
    IncidentClosed,
    IncidentReopened,
    CaseRepinned,
    IncidentErased,
    MatterArchived,
    *_OF_REPLIES,
)
"""The facts that a ledger row is made of."""
