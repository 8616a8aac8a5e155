"""One duty (时限义务) as reporting shows it, and how each event changes it; pure."""

from dataclasses import dataclass, replace

from shared.contracts.catalogue import Fact
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
from shared.store.micros import to_micros

STATES: dict[type[Fact], str] = {
    DutyMet: "met",
    DutyMissed: "missed",
    DutyMetLate: "met_late",
    DutySuperseded: "superseded",
    DutyRecordedLate: "recorded_late",
    DutyCancelled: "cancelled",
}
"""Where each verdict leaves a duty."""

CHANGED_BY: tuple[type[Fact], ...] = (DutyStarted, *STATES)
"""The facts that a duty's row is made of."""

OPEN = ("running", "missed")
"""States in which something is still owed."""


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty and how it stands; moments are microseconds since 1970 (UTC).

    ``party`` is the pack's word for who owes it; ``unit`` the unit that registered the incident.
    """

    incident: str
    duty: str
    title: str
    clause: str
    party: str
    unit: str
    standing: str
    policy: str | None
    start: int
    due: int | None
    state: str = "running"
    done_at: int | None = None
    spare_seconds: int | None = None
    late_seconds: int | None = None
    because: str | None = None


def project(row: DutyRow | None, event: Recorded, leaf: int) -> DutyRow | None:  # noqa: ARG001
    """The duty's row after one more event; a verdict alone tells of no duty."""
    match event.fact:
        case DutyStarted() as fact:
            return _started(fact, event.envelope)
        case _ if row is None:
            return None
        case DutyMet() | DutySuperseded() as fact:
            done = to_micros(fact.done_at)
            return _judged(row, fact, done_at=done, spare_seconds=fact.spare_seconds)
        case DutyMetLate() as fact:
            done = to_micros(fact.done_at)
            return _judged(row, fact, done_at=done, late_seconds=fact.late_seconds)
        case DutyRecordedLate() as fact:
            return _judged(row, fact, done_at=to_micros(fact.done_at))
        case DutyCancelled() as fact:
            return _judged(row, fact, because=fact.because)
        case DutyMissed() as fact:
            return _judged(row, fact)
        case _:
            return row


def _started(fact: DutyStarted, envelope: Envelope) -> DutyRow:
    return DutyRow(
        incident=str(envelope.correlation),
        duty=fact.duty,
        title=fact.title,
        clause=fact.clause,
        party=fact.party,
        unit=envelope.unit,
        standing=envelope.standing,
        policy=envelope.policy,
        start=to_micros(fact.start),
        due=to_micros(fact.due) if fact.due else None,
    )


def _judged(row: DutyRow, fact: Fact, **changes: int | str) -> DutyRow:
    return replace(row, state=STATES[type(fact)], **({"because": None} | changes))  # type: ignore[arg-type]
