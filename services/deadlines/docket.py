"""The docket (时限簿) of one incident: its duties and their verdicts. All their rules live here.

A verdict depends on what happened and when it was put on record, never on when this room heard.
``missed`` is what was seen at the limit, and gives way to what turns out to have been done;
``cancelled`` says that nothing is owed, and gives way to a reply that was published all the same.
Every other verdict stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from services.deadlines.commands import DocketCommand, NoteDone, NoteDue, NoteGone, StartDuty
from shared.aggregate import Aggregate
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import (
    STATES,
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
    State,
)
from shared.contracts.envelope import Recorded, Standing
from shared.policy.clocks import SECOND, seconds_late, timing_of

Verdict = DutyMet | DutyMissed | DutyMetLate | DutySuperseded | DutyRecordedLate | DutyCancelled

OPEN_TO_A_REPLY: tuple[State, ...] = ("running", "missed", "cancelled")


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty: which, what fulfils it, until when, and how it stands."""

    id: str
    stop: str
    due: datetime
    standing: Standing
    state: State = "running"


@dataclass(frozen=True, slots=True)
class Docket:
    """Every duty that ever started, by id."""

    duties: Mapping[str, Duty] = field(default_factory=dict)


def evolve(docket: Docket, event: Recorded) -> Docket:
    """Never refuses: every history ever stored loads."""
    fact = event.fact
    if isinstance(fact, DutyStarted):
        return _with(docket, Duty(fact.duty, fact.stop, fact.due, event.envelope.standing))
    if isinstance(fact, Verdict) and fact.duty in docket.duties:
        return _with(docket, replace(docket.duties[fact.duty], state=STATES[type(fact)]))
    return docket


def decide(docket: Docket, command: DocketCommand) -> Sequence[Fact]:
    """What a command leads to. Nothing is refused: these are facts already, not wishes."""
    match command:
        case StartDuty():
            return start(docket, command)
        case NoteDone():
            return [fact for duty in docket.duties.values() for fact in done(duty, command)]
        case NoteDue():
            return [fact for duty in docket.duties.values() for fact in due(duty, command)]
        case NoteGone():
            return [fact for duty in docket.duties.values() for fact in gone(duty, command)]
        case _:
            assert_never(command)


def start(docket: Docket, command: StartDuty) -> Sequence[Fact]:
    """A duty starts once; editing or hearing of an incident again never restarts a clock."""
    if command.duty in docket.duties:
        return []
    return [
        DutyStarted(
            duty=command.duty,
            title=command.title,
            clause=command.clause,
            party=command.party,
            stop=command.stop,
            start=command.start,
            due=command.due,
        )
    ]


def done(duty: Duty, command: NoteDone) -> Sequence[Fact]:
    """The first act that fulfils a duty gives its verdict; later ones change nothing."""
    if command.act != duty.stop or duty.state not in OPEN_TO_A_REPLY:
        return []
    match timing_of(duty.due, command.done_at, command.recorded_at, command.standing):
        case "late":
            return [_met_late(duty, command.done_at)]
        case "recorded_late":
            return [_recorded_late(duty, command)]
        case "in_time":
            return [_in_time(duty, command.done_at)]


def due(duty: Duty, command: NoteDue) -> Sequence[Fact]:
    """A live duty is missed once its limit has passed; at exactly that moment it is not yet.

    Imported history is never observed: its verdict comes with its reply, or not at all.
    """
    if duty.state != "running" or duty.standing == "imported" or command.now <= duty.due:
        return []
    return [DutyMissed(duty=duty.id, due=duty.due, observed_at=command.now)]


def gone(duty: Duty, command: NoteGone) -> Sequence[Fact]:
    """What was recorded as gone by the limit falls away, also if a miss was seen meanwhile.

    Gone after the limit, a live duty was missed all the same, whether anybody had looked or not.
    """
    if duty.state not in ("running", "missed"):
        return []
    if command.recorded_at <= duty.due or duty.standing == "imported":
        return [DutyCancelled(duty=duty.id, because=command.because)]
    return due(duty, NoteDue(command.recorded_at))


DOCKET: Aggregate[Docket, DocketCommand] = Aggregate(Docket(), evolve, decide)


def _with(docket: Docket, duty: Duty) -> Docket:
    return Docket({**docket.duties, duty.id: duty})


def _in_time(duty: Duty, done_at: datetime) -> DutyMet | DutySuperseded:
    verdict = DutySuperseded if duty.state == "missed" else DutyMet
    spare = (duty.due - done_at) // SECOND
    return verdict(duty=duty.id, done_at=done_at, due=duty.due, spare_seconds=spare)


def _met_late(duty: Duty, done_at: datetime) -> DutyMetLate:
    late = seconds_late(duty.due, done_at)
    return DutyMetLate(duty=duty.id, done_at=done_at, due=duty.due, late_seconds=late)


def _recorded_late(duty: Duty, command: NoteDone) -> DutyRecordedLate:
    return DutyRecordedLate(
        duty=duty.id, done_at=command.done_at, recorded_at=command.recorded_at, due=duty.due
    )
