"""The archive ledger's row (归档台账) and how each event changes it; pure.

Events of different services may reach the log in any order, so a row can begin with any of them
and is complete once the registration is in.

A matter can owe several replies (应先答复的时限): an interim one and the result, or a shorter one
since it was graded. The ledger shows the one that is owed first; when none is owed any more, the
worst.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from services.reporting.versions import changer
from shared import duties
from shared.clock import to_micros
from shared.contracts import intake, reporting, routing
from shared.contracts.catalogue import Fact, Judged
from shared.contracts.deadlines import DutyEnded, DutyMeasured, DutyStarted
from shared.contracts.envelope import Envelope, Recorded
from shared.words import STATUSES

_RANK = {status: rank for rank, status in enumerate(STATUSES)}

SEVERITY, CATEGORY = "severity", "category"
"""The axes whose values the ledger shows."""


_FIRST = (
    ("missed", "running"),
    ("recorded_late",),
    ("met_late", "settled_late"),
    ("met", "superseded", "settled_in_time"),
    ("cancelled",),
)
"""What is owed still, what waits for a person, what was late, what was in time, what fell away."""

_PLACE = {verdict: place for place, verdicts in enumerate(_FIRST) for verdict in verdicts}

_OF_DUTIES = tuple(fact for fact in duties.CHANGED_BY if fact not in (DutyMeasured, DutyEnded))
"""The facts that tell of replies owed; what is only measured is none."""


@dataclass(frozen=True, slots=True)
class ReplyOwed:
    """One reply owed, and how it stands; ``due`` in microseconds since 1970 (UTC)."""

    duty: str | None
    due: int | None
    verdict: str | None
    spare_seconds: int | None = None
    late_seconds: int | None = None

    def __str__(self) -> str:
        """As a row keeps it; the duty comes last, for it may hold any sign but a semicolon."""
        numbers = (self.due, self.spare_seconds, self.late_seconds)
        written = ",".join("" if number is None else str(number) for number in numbers)
        return f"{self.verdict},{written},{self.duty}"


_OF_REPLY = tuple(each.name for each in fields(ReplyOwed))


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One incident or other matter as the ledger shows it. Moments are microseconds since 1970.

    ``title_leaf`` is the log entry that holds the sealed title: no words are copied here.
    ``matter`` is what kind of matter it is, ``policy`` the pin of the rules it is under. ``grade``
    and ``category`` are what was judged last, at ``graded_at`` and ``sorted_at``. The status is
    that of the present round: a reopened matter is not closed, until it is closed again.

    ``duty``, ``due``, ``verdict`` and the two spans are of the reply owed first: how late it was
    (``late_seconds``) or how much time was left (``spare_seconds``). ``others`` are further
    replies owed, as ``ReplyOwed`` writes them.

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

_Changes = dict[str, Any]
"""Columns of a row, and what they become."""


def project(row: LedgerRow, event: Recorded, leaf: int) -> LedgerRow:
    """The row after one more event; an event that says nothing about it changes nothing."""
    rule = _CHANGES.get(type(event.fact))
    changes = rule(row, event.fact, event.envelope, leaf) if rule else None
    return _changed(row, **changes | _standing(row, changes)) if changes else row


def _standing(row: LedgerRow, changes: _Changes) -> _Changes:
    """What ends a matter and was overruled ends nothing, whichever of the two is heard first."""
    if changes.keys().isdisjoint(_MAKE_STATUS):
        return {}
    after = {name: changes.get(name, getattr(row, name)) for name in _MAKE_STATUS}
    linked_to = changes.get("linked_to", row.linked_to)
    stands = after["ending"] and after["ended_by"] not in after["overruled"].split(";")
    status = after["ending"] if stands else after["reached"]
    return {"status": status, "linked_to": linked_to if stands else None}


_MAKE_STATUS = ("reached", "ending", "ended_by", "overruled")


def _registered(
    row: LedgerRow, fact: intake.IncidentRegistered, told: Envelope, leaf: int
) -> _Changes:
    return {
        "number": fact.number,
        "unit": told.unit,
        "standing": told.standing,
        "channel": fact.channel,
        "title_leaf": leaf,
        "posted_at": to_micros(fact.posted_at) if fact.posted_at else None,
        "registered_at": to_micros(told.recorded_at),
        "matter": fact.matter,
        "policy": told.policy if row.policy is None else row.policy,
        **_judged(row, {CATEGORY: (fact.category,), **fact.sets}, told),
    }


def _corrected(
    row: LedgerRow, fact: intake.RegistrationCorrected, told: Envelope, _: int
) -> _Changes:
    posted_at = to_micros(fact.posted_at) if fact.posted_at else row.posted_at
    return {"posted_at": posted_at, **_judged(row, fact.sets, told)}


def _graded(row: LedgerRow, fact: routing.IncidentGraded, told: Envelope, _: int) -> _Changes:
    severity = {SEVERITY: (fact.grade,)} if fact.grade else {}
    return _reached(row, "graded") | _judged(row, {**severity, **fact.sets}, told)


def _assigned(row: LedgerRow, fact: routing.IncidentAssigned, *_: object) -> _Changes:
    co_handling = ";".join(fact.co_handling)
    return _reached(row, "assigned") | {"lead": fact.lead, "co_handling": co_handling}


def _overruled(row: LedgerRow, fact: routing.StandingConflictFound, *_: object) -> _Changes:
    overruled = {*filter(None, row.overruled.split(";")), str(fact.ended)}
    return {"overruled": ";".join(sorted(overruled))}


def _ended(ending: str, told: Envelope, linked_to: str | None = None) -> _Changes:
    return {"ending": ending, "ended_by": str(told.id), "linked_to": linked_to}


def _judged(row: LedgerRow, sets: Judged, told: Envelope) -> _Changes:
    """What was judged last counts, in whatever order services are heard of."""
    at = to_micros(told.recorded_at)
    first = int(told.service == "intake")  # at one moment, a registration comes first
    new: _Changes = {}
    if sets.get(SEVERITY) and at >= row.graded_at + first:
        new |= {"grade": sets[SEVERITY][0], "graded_at": at}
    if sets.get(CATEGORY) and at >= row.sorted_at + first:
        new |= {"category": sets[CATEGORY][0], "sorted_at": at}
    return new


def _when(column: str, told: Envelope, **others: str) -> _Changes:
    return {column: to_micros(told.occurred_at), **others}


def _reached(row: LedgerRow, status: str) -> _Changes:
    """Within a round the status only ever moves on."""
    return {"reached": max(row.reached, status, key=lambda each: _RANK[each])}


def _with_duty(row: LedgerRow, fact: Fact, *_: object) -> _Changes:
    """The ledger follows the replies owed; every duty stands in its own table."""
    shown = ReplyOwed(**{name: getattr(row, name) for name in _OF_REPLY})
    before = [shown, *read_replies(row.others)] if row.duty else []
    after = follow(before, fact)
    if after == before:
        return {}
    first, *others = after
    kept = {name: getattr(first, name) for name in _OF_REPLY}
    return kept | {"others": ";".join(map(str, others))}


def read_replies(text: str) -> list[ReplyOwed]:
    """What a row keeps."""
    return [_read(*each.split(",", 4)) for each in text.split(";") if each]


def follow(replies: Sequence[ReplyOwed], fact: Fact) -> list[ReplyOwed]:
    """The replies after one more fact of a matter's duties, the one owed first in front."""
    if isinstance(fact, DutyStarted):
        return _sorted([*replies, *_started(replies, fact)])
    return _sorted([_after(each, fact) for each in replies])


def _started(replies: Sequence[ReplyOwed], fact: DutyStarted) -> list[ReplyOwed]:
    """A reply that can be late; what is only measured stands with the other duties."""
    known = any(each.duty == fact.duty for each in replies)
    if known or fact.due is None or fact.period is not None or "publish" not in fact.stop:
        return []
    return [ReplyOwed(fact.duty, to_micros(fact.due), "running")]


def _after(reply: ReplyOwed, fact: Fact) -> ReplyOwed:
    if getattr(fact, "duty", None) != reply.duty:
        return reply
    changed = duties.changes(fact)
    if "state" not in changed:
        return replace(reply, due=changed.get("due", reply.due))
    return replace(
        reply,
        verdict=changed["state"],
        spare_seconds=changed.get("spare_seconds"),
        late_seconds=changed.get("late_seconds"),
    )


def _sorted(replies: Sequence[ReplyOwed]) -> list[ReplyOwed]:
    if len(replies) < 2:
        return list(replies)
    return sorted(replies, key=lambda e: (_PLACE[e.verdict or ""], e.due or 0, e.duty or ""))


def _read(verdict: str, due: str, spare: str, late: str, duty: str) -> ReplyOwed:
    numbers = (int(number) if number else None for number in (due, spare, late))
    return ReplyOwed(duty, next(numbers), verdict, *numbers)


_CHANGES: Mapping[type[Fact], Callable[[LedgerRow, Any, Envelope, int], _Changes]] = {
    intake.IncidentRegistered: _registered,
    intake.RegistrationCorrected: _corrected,
    intake.IncidentLinked: lambda _, fact, told, __: _ended("linked", told, fact.to_number),
    intake.IncidentVoided: lambda row, _, told, __: _ended("voided", told, row.linked_to),
    routing.IncidentGraded: _graded,
    routing.MatterAssessed: lambda row, fact, told, _: _judged(row, fact.sets, told),
    routing.MatterEscalated: lambda row, fact, told, _: _judged(row, fact.sets, told),
    routing.IncidentAssigned: _assigned,
    routing.ReplyDrafted: lambda row, *_: _reached(row, "drafted"),
    routing.ReplyApproved: lambda row, *_: _reached(row, "approved"),
    routing.ReplyPublished: lambda row, fact, told, _: (
        _reached(row, "published") | _when("published_at", told, named_unit=fact.named_unit)
    ),
    routing.MatterCalmed: lambda _, __, told, ___: _when("calmed_at", told),
    routing.FeedbackGiven: lambda _, fact, *__: {"satisfied": int(fact.satisfied)},
    routing.IncidentClosed: lambda row, fact, told, _: (
        _reached(row, "closed") | _when("closed_at", told, outcome=fact.outcome)
    ),
    routing.IncidentReopened: lambda *_: _ANEW,
    routing.StandingConflictFound: _overruled,
    routing.CaseRepinned: lambda _, fact, *__: {"policy": fact.pin},
    reporting.IncidentErased: lambda *_: {"erased": 1},
    reporting.MatterArchived: lambda _, fact, told, __: _when(
        "archived_at", told, archive_number=fact.number
    ),
    **dict.fromkeys(_OF_DUTIES, _with_duty),
}

_ANEW: _Changes = {"reached": "reopened", "closed_at": None, "outcome": None, "calmed_at": None}
"""What a reopened matter begins with."""

CHANGED_BY = tuple(_CHANGES)
"""The facts that a ledger row is made of."""
