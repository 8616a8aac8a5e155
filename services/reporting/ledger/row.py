"""The archive ledger's row (归档台账) and how each event changes it; pure.

Events of different services may reach the log in any order, so a row can begin with any of them
and is complete once the registration is in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.ledger import replies
from services.reporting.ledger.replies import ReplyOwed, follow, read_replies
from services.reporting.rows import changer
from shared.clock import to_micros
from shared.contracts import intake, reporting, routing
from shared.contracts.acts import Judged
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Envelope, Recorded
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
    replies owed, as ``replies`` writes them.

    The status is how far handling ``reached``, or the ``ending`` (voided, linked) that came by the
    event ``ended_by``, unless that is among those ``overruled``.
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
    reached: str = "registered"
    ending: str | None = None
    ended_by: str | None = None
    overruled: str = ""


_changed = changer(LedgerRow)


def project(row: LedgerRow, event: Recorded, leaf: int) -> LedgerRow:
    """The row after one more event; an event that says nothing about it changes nothing."""
    change = _CHANGES.get(type(event.fact))
    return change(row, event.fact, event.envelope, leaf) if change else row


def _registered(
    row: LedgerRow, fact: intake.IncidentRegistered, envelope: Envelope, leaf: int
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


def _corrected(
    row: LedgerRow, fact: intake.RegistrationCorrected, envelope: Envelope, _: int
) -> LedgerRow:
    posted_at = to_micros(fact.posted_at) if fact.posted_at else row.posted_at
    return _changed(row, posted_at=posted_at, **_judged(row, fact.sets, envelope))


def _graded(row: LedgerRow, fact: routing.IncidentGraded, envelope: Envelope, _: int) -> LedgerRow:
    severity = {SEVERITY: (fact.grade,)} if fact.grade else {}
    return _reached(row, "graded", **_judged(row, {**severity, **fact.sets}, envelope))


def _assessed(
    row: LedgerRow,
    fact: routing.MatterAssessed | routing.MatterEscalated,
    envelope: Envelope,
    _: int,
) -> LedgerRow:
    judged = _judged(row, fact.sets, envelope)
    return _changed(row, **judged) if judged else row


def _assigned(row: LedgerRow, fact: routing.IncidentAssigned, *_: object) -> LedgerRow:
    return _reached(row, "assigned", lead=fact.lead, co_handling=";".join(fact.co_handling))


def _published(
    row: LedgerRow, fact: routing.ReplyPublished, envelope: Envelope, _: int
) -> LedgerRow:
    at = to_micros(envelope.occurred_at)
    return _reached(row, "published", published_at=at, named_unit=fact.named_unit)


def _calmed(row: LedgerRow, _: Fact, envelope: Envelope, __: int) -> LedgerRow:
    return _changed(row, calmed_at=to_micros(envelope.occurred_at))


def _closed(row: LedgerRow, fact: routing.IncidentClosed, envelope: Envelope, _: int) -> LedgerRow:
    at = to_micros(envelope.occurred_at)
    return _reached(row, "closed", closed_at=at, outcome=fact.outcome)


def _reopened(row: LedgerRow, *_: object) -> LedgerRow:
    begun = _changed(row, reached="reopened", closed_at=None, outcome=None, calmed_at=None)
    return _standing(begun)


def _archived(
    row: LedgerRow, fact: reporting.MatterArchived, envelope: Envelope, _: int
) -> LedgerRow:
    at = to_micros(envelope.occurred_at)
    return _changed(row, archived_at=at, archive_number=fact.number)


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
    further = status if _RANK[status] > _RANK[row.reached] else row.reached
    return _standing(_changed(row, reached=further, **changes))


def _voided(row: LedgerRow, _: Fact, envelope: Envelope, __: int) -> LedgerRow:
    return _standing(_changed(row, ending="voided", ended_by=str(envelope.id)))


def _linked(row: LedgerRow, fact: intake.IncidentLinked, envelope: Envelope, _: int) -> LedgerRow:
    ended = _changed(row, ending="linked", ended_by=str(envelope.id), linked_to=fact.to_number)
    return _standing(ended)


def _overruled(row: LedgerRow, fact: routing.StandingConflictFound, *_: object) -> LedgerRow:
    """What ended the matter ends nothing; which of the two is heard of first does not matter."""
    overruled = {*filter(None, row.overruled.split(";")), str(fact.ended)}
    return _standing(_changed(row, overruled=";".join(sorted(overruled))))


def _standing(row: LedgerRow) -> LedgerRow:
    stands = row.ending is not None and row.ended_by not in row.overruled.split(";")
    linked_to = row.linked_to if stands else None
    return _changed(row, status=row.ending if stands else row.reached, linked_to=linked_to)


def _with_duty(row: LedgerRow, fact: Fact, *_: object) -> LedgerRow:
    """The ledger follows the replies owed; every duty stands in its own table."""
    shown = ReplyOwed(row.duty, row.due, row.verdict, row.spare_seconds, row.late_seconds)
    before = [shown, *read_replies(row.others)] if row.duty else []
    after = follow(before, fact)
    if after == before:
        return row
    first, *others = after
    return _changed(
        row,
        duty=first.duty,
        due=first.due,
        verdict=first.verdict,
        spare_seconds=first.spare_seconds,
        late_seconds=first.late_seconds,
        others=";".join(map(str, others)),
    )


_CHANGES: Mapping[type[Fact], Callable[[LedgerRow, Any, Envelope, int], LedgerRow]] = {
    intake.IncidentRegistered: _registered,
    intake.RegistrationCorrected: _corrected,
    intake.IncidentLinked: _linked,
    intake.IncidentVoided: _voided,
    routing.IncidentGraded: _graded,
    routing.MatterAssessed: _assessed,
    routing.MatterEscalated: _assessed,
    routing.IncidentAssigned: _assigned,
    routing.ReplyDrafted: lambda row, *_: _reached(row, "drafted"),
    routing.ReplyApproved: lambda row, *_: _reached(row, "approved"),
    routing.ReplyPublished: _published,
    routing.MatterCalmed: _calmed,
    routing.FeedbackGiven: lambda row, fact, *_: _changed(row, satisfied=int(fact.satisfied)),
    routing.IncidentClosed: _closed,
    routing.IncidentReopened: _reopened,
    routing.StandingConflictFound: _overruled,
    routing.CaseRepinned: lambda row, fact, *_: _changed(row, policy=fact.pin),
    reporting.IncidentErased: lambda row, *_: _changed(row, erased=1),
    reporting.MatterArchived: _archived,
    **dict.fromkeys(replies.CHANGED_BY, _with_duty),
}

CHANGED_BY = tuple(_CHANGES)
"""The facts that a ledger row is made of."""
