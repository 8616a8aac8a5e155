"""How events become rows of the table of duties: row and event in, row out; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.deadlines.docket import STATES, State
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMeasured,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyMoved,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
    LateRecordSettled,
)
from shared.contracts.envelope import Recorded, Standing
from shared.store.micros import to_micros

Key = tuple[str, str]
"""Docket and duty."""


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty and how it stands; moments are microseconds since 1970 (UTC).

    ``incident`` is the docket: that of a matter has the matter's id. ``party`` is the pack's word
    for who owes it, ``toward`` for whom or to whom of several; ``unit`` the unit that registered
    the incident, or whose ``period`` it is. ``due`` is none where it is only measured. What a
    missed period lacked is told in counts or seconds.
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
    due: int | None
    state: State
    done_at: int | None = None
    spare_seconds: int | None = None
    late_seconds: int | None = None
    because: str | None = None
    rule: str = ""
    toward: str = ""
    stop: str = ""
    clock: str = ""
    known_at: int = 0
    provisional: int = 0
    took_seconds: int | None = None
    period: str | None = None
    count_wanted: int | None = None
    count_done: int | None = None
    gap_seconds: int | None = None
    leaderless_seconds: int | None = None


def project(row: DutyRow | None, event: Recorded) -> DutyRow | None:
    """The duty's row after one of this room's events."""
    fact = event.fact
    if isinstance(fact, DutyStarted):
        return _started(event, fact)
    if row is None:
        return None
    match fact:
        case DutyMoved():
            moved = replace(row, start=to_micros(fact.start), due=to_micros(fact.due))
            return replace(moved, provisional=int(fact.provisional), because=fact.because)
        case LateRecordSettled():
            state: State = "settled_in_time" if fact.in_time else "settled_late"
            return replace(row, state=state)
        case _ if type(fact) in STATES:
            return _judged(replace(row, state=STATES[type(fact)], because=None), fact)
        case _:
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
        due=to_micros(fact.due) if fact.due else None,
        state="running",
        rule=fact.rule,
        toward=fact.each,
        stop=fact.stop,
        clock=fact.clock,
        known_at=to_micros(fact.known_at),
        provisional=int(fact.provisional),
        period=fact.period,
    )


def _judged(row: DutyRow, fact: Fact) -> DutyRow:
    match fact:
        case DutyMet() | DutySuperseded():
            return replace(row, done_at=to_micros(fact.done_at), spare_seconds=fact.spare_seconds)
        case DutyMeasured():
            return replace(row, done_at=to_micros(fact.done_at), took_seconds=fact.took_seconds)
        case DutyMetLate():
            return replace(row, done_at=to_micros(fact.done_at), late_seconds=fact.late_seconds)
        case DutyRecordedLate():
            return replace(row, done_at=to_micros(fact.done_at))
        case DutyMissed():
            return replace(
                row,
                count_wanted=fact.count_wanted,
                count_done=fact.count_done,
                gap_seconds=fact.gap_seconds,
                leaderless_seconds=fact.leaderless_seconds,
            )
        case DutyCancelled():
            return replace(row, because=fact.because)
        case _:
            return row
