"""One duty (时限义务) as a row of a table, and how each of its events changes it; pure.

Whoever keeps such a table folds it with this: deadlines from its own events, reporting from its
log.
"""

from dataclasses import dataclass, replace

from shared.contracts.deadlines import (
    STATES,
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
    State,
)
from shared.contracts.envelope import Envelope, Recorded, Standing
from shared.store.micros import to_micros


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
    standing: Standing
    policy: str | None
    start: int
    due: int
    state: State = "running"
    done_at: int | None = None
    spare_seconds: int | None = None
    late_seconds: int | None = None
    because: str | None = None


def project(row: DutyRow | None, event: Recorded) -> DutyRow | None:
    """The duty's row after one more event; a verdict alone tells of no duty."""
    fact = event.fact
    if isinstance(fact, DutyStarted):
        return _started(fact, event.envelope)
    state = STATES.get(type(fact))
    if row is None or state is None:
        return row
    return _judged(replace(row, state=state, because=None), event)


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
        due=to_micros(fact.due),
    )


def _judged(row: DutyRow, event: Recorded) -> DutyRow:
    match event.fact:
        case DutyMet() | DutySuperseded() as fact:
            return replace(row, done_at=to_micros(fact.done_at), spare_seconds=fact.spare_seconds)
        case DutyMetLate() as fact:
            return replace(row, done_at=to_micros(fact.done_at), late_seconds=fact.late_seconds)
        case DutyRecordedLate() as fact:
            return replace(row, done_at=to_micros(fact.done_at))
        case DutyCancelled() as fact:
            return replace(row, because=fact.because)
        case _:
            return row
