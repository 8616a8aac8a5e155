"""The archive ledger's row (归档台账) and how each event changes it; pure.

Events of different services may reach the log in any order, so a row can begin with any of them
and is complete once the registration is in.
"""

from dataclasses import dataclass, replace
from typing import Any

from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
)
from shared.contracts.envelope import Envelope, Recorded
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.reporting import IncidentErased
from shared.contracts.routing import (
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
)
from shared.store.micros import to_micros
from shared.words import STATUSES

_RANK = {status: rank for rank, status in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One incident as the ledger shows it. Moments are microseconds since 1970 (UTC).

    ``title_leaf`` is the log entry that holds the sealed title: no words are copied here.
    ``late_seconds`` is how late the reply was, ``spare_seconds`` how much time was left.
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


def project(row: LedgerRow, event: Recorded, leaf: int) -> LedgerRow:
    """The row after one more event; an event that says nothing about it changes nothing."""
    envelope = event.envelope
    match event.fact:
        case IncidentRegistered() as fact:
            return _registered(row, fact, envelope, leaf)
        case IncidentLinked() as fact:
            return _reached(row, "linked", linked_to=fact.to_number)
        case IncidentVoided():
            return _reached(row, "voided")
        case IncidentGraded() as fact:
            return _reached(row, "graded", grade=fact.grade)
        case IncidentAssigned() as fact:
            return _reached(row, "assigned", lead=fact.lead, co_handling=";".join(fact.co_handling))
        case ReplyDrafted():
            return _reached(row, "drafted")
        case ReplyApproved():
            return _reached(row, "approved")
        case ReplyPublished() as fact:
            at = to_micros(envelope.occurred_at)
            return _reached(row, "published", published_at=at, named_unit=fact.named_unit)
        case IncidentClosed() as fact:
            at = to_micros(envelope.occurred_at)
            return _reached(row, "closed", closed_at=at, outcome=fact.outcome)
        case IncidentErased():
            return replace(row, erased=1)
        case _:
            return _with_duty(row, event)


def _registered(
    row: LedgerRow, fact: IncidentRegistered, envelope: Envelope, leaf: int
) -> LedgerRow:
    return replace(
        row,
        number=fact.number,
        unit=envelope.unit,
        standing=envelope.standing,
        channel=fact.channel,
        category=fact.category,
        title_leaf=leaf,
        posted_at=to_micros(fact.posted_at) if fact.posted_at else None,
        registered_at=to_micros(envelope.recorded_at),
    )


def _reached(row: LedgerRow, status: str, **changes: Any) -> LedgerRow:
    """Note what is new; the status only ever moves on."""
    further = status if _RANK[status] > _RANK[row.status] else row.status
    return replace(row, status=further, **changes)


def _owing(row: LedgerRow, fact: DutyStarted) -> LedgerRow:
    """The ledger follows the reply owed first; other duties stand in their own table."""
    if fact.due is None or "publish" not in fact.stop:
        return row
    due = to_micros(fact.due)
    if row.due is not None and row.due <= due:
        return row
    return replace(row, duty=fact.duty, due=due, verdict="running")


def _with_duty(row: LedgerRow, event: Recorded) -> LedgerRow:
    if getattr(event.fact, "duty", row.duty) != row.duty and not isinstance(
        event.fact, DutyStarted
    ):
        return row
    match event.fact:
        case DutyStarted() as fact:
            return _owing(row, fact)
        case DutyMet() as fact:
            return replace(row, verdict="met", spare_seconds=fact.spare_seconds)
        case DutySuperseded() as fact:
            return replace(row, verdict="superseded", spare_seconds=fact.spare_seconds)
        case DutyMissed():
            return replace(row, verdict="missed")
        case DutyMetLate() as fact:
            return replace(row, verdict="met_late", late_seconds=fact.late_seconds)
        case DutyRecordedLate():
            return replace(row, verdict="recorded_late")
        case DutyCancelled():
            return replace(row, verdict="cancelled")
        case _:
            return row


CHANGED_BY = (
    IncidentRegistered,
    IncidentLinked,
    IncidentVoided,
    IncidentGraded,
    IncidentAssigned,
    ReplyDrafted,
    ReplyApproved,
    ReplyPublished,
    IncidentClosed,
    IncidentErased,
    DutyStarted,
    DutyMet,
    DutySuperseded,
    DutyMissed,
    DutyMetLate,
    DutyRecordedLate,
    DutyCancelled,
)
"""The facts that a ledger row is made of."""
