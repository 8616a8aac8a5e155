"""How events become rows of the table of duties: row and event in, row out; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.deadlines.docket import STATES, State, Verdict
from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
)
from shared.contracts.envelope import Recorded, Standing
from shared.store.micros import to_micros

Key = tuple[str, str]
"""Incident and duty."""


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
    policy: str | None
    standing: Standing
    start: int
    due: int
    state: State
    done_at: int | None = None
    spare_seconds: int | None = None
    late_seconds: int | None = None
    because: str | None = None


def project(row: DutyRow | None, event: Recorded) -> DutyRow | None:
    """The duty's row after one of this room's events."""
    fact = event.fact
    if isinstance(fact, DutyStarted):
        return _started(event, fact)
    if isinstance(fact, Verdict) and row is not None:
        return _judged(replace(row, state=STATES[type(fact)], because=None), fact)
    return row


def key_of(event: Recorded) -> Key | None:
    """Which row an event changes, or none."""
    duty = getattr(event.fact, "duty", None)
    return None if duty is None else (str(event.envelope.stream_id), duty)


def fold_duties(events: Iterable[Recorded]) -> dict[Key, DutyRow]:
    """Every row, from this room's events alone: what the table must hold."""
    rows: dict[Key, DutyRow] = {}
    for event in events:
        key = key_of(event)
        row = project(rows.get(key), event) if key else None
        if key and row:
            rows[key] = row
    return rows


def _started(event: Recorded, fact: DutyStarted) -> DutyRow:
    envelope = event.envelope
    return DutyRow(
        incident=str(envelope.stream_id),
        duty=fact.duty,
        title=fact.title,
        clause=fact.clause,
        party=fact.party,
        unit=envelope.unit,
        policy=envelope.policy,
        standing=envelope.standing,
        start=to_micros(fact.start),
        due=to_micros(fact.due),
        state="running",
    )


def _judged(row: DutyRow, fact: Verdict) -> DutyRow:
    match fact:
        case DutyMet() | DutySuperseded():
            return replace(row, done_at=to_micros(fact.done_at), spare_seconds=fact.spare_seconds)
        case DutyMetLate():
            return replace(row, done_at=to_micros(fact.done_at), late_seconds=fact.late_seconds)
        case DutyRecordedLate():
            return replace(row, done_at=to_micros(fact.done_at))
        case DutyCancelled():
            return replace(row, because=fact.because)
        case DutyMissed():
            return row
