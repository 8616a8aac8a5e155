"""The docket (时限簿) of one matter: its duties and their verdicts. All their rules live here.

A verdict depends on what happened and when it was put on record, never on when this room heard.
``missed`` is what was seen at the limit, and gives way to what turns out to have been done;
``cancelled`` says that nothing is owed, and gives way to what was done all the same. What was late
gives way to an act that was on record before it, and heard of after it. Every other verdict stays,
but that what was recorded late is settled by a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from services.deadlines.commands import (
    DocketCommand,
    MoveDuty,
    NoteDone,
    NoteDue,
    NoteEnded,
    NoteGone,
    StartDuty,
)
from shared.aggregate import Aggregate
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import (
    STATES,
    DutyCancelled,
    DutyEnded,
    DutyMeasured,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyMoved,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
    LateRecordSettled,
    State,
)
from shared.contracts.envelope import Recorded, Standing

Verdict = (
    DutyMet
    | DutyMeasured
    | DutyEnded
    | DutyMissed
    | DutyMetLate
    | DutySuperseded
    | DutyRecordedLate
    | DutyCancelled
)

OPEN_TO_WHAT_WAS_DONE: tuple[State, ...] = ("running", "missed", "cancelled")

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty: which, from when, until when (if it can be missed), and how it stands.

    Where it was late: when it was done, and where that was recorded late, when that was.
    """

    id: str
    start: datetime
    due: datetime | None
    standing: Standing
    period: str | None = None
    state: State = "running"
    done_at: datetime | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Docket:
    """Every duty that ever started, by id."""

    duties: Mapping[str, Duty] = field(default_factory=dict)


def evolve(docket: Docket, event: Recorded) -> Docket:
    """Never refuses: every history ever stored loads."""
    fact = event.fact
    if isinstance(fact, DutyStarted):
        standing = event.envelope.standing
        return _with(docket, Duty(fact.duty, fact.start, fact.due, standing, fact.period))
    duty = docket.duties.get(getattr(fact, "duty", ""))
    if duty is None:
        return docket
    match fact:
        case DutyMoved():
            return _with(docket, replace(duty, start=fact.start, due=fact.due))
        case LateRecordSettled():
            state: State = "settled_in_time" if fact.in_time else "settled_late"
            return _with(docket, replace(duty, state=state))
        case DutyMetLate():
            return _with(docket, replace(duty, state="met_late", done_at=fact.done_at))
        case DutyRecordedLate():
            late = replace(duty, state="recorded_late", done_at=fact.done_at)
            return _with(docket, replace(late, recorded_at=fact.recorded_at))
        case _ if type(fact) in STATES:
            return _with(docket, replace(duty, state=STATES[type(fact)]))
        case _:
            return docket  # nothing that concerns how it stands


def decide(docket: Docket, command: DocketCommand) -> Sequence[Fact]:
    """What a command leads to; nothing is refused, all are facts already."""
    match command:
        case StartDuty():
            return start(docket, command)
        case NoteDue():
            return [fact for duty in docket.duties.values() for fact in due(duty, command)]
        case MoveDuty() | NoteDone() | NoteEnded() | NoteGone():
            duty = docket.duties.get(command.duty)
            return [] if duty is None else _tell(duty, command)
        case _:
            assert_never(command)


def _tell(duty: Duty, command: MoveDuty | NoteDone | NoteEnded | NoteGone) -> Sequence[Fact]:
    match command:
        case MoveDuty():
            return move(duty, command)
        case NoteDone():
            return done(duty, command)
        case NoteEnded():
            return end(duty, command)
        case NoteGone():
            return gone(duty, command)


def start(docket: Docket, command: StartDuty) -> Sequence[Fact]:
    """A duty starts once; editing or hearing of a matter again never restarts a clock."""
    if command.duty in docket.duties:
        return []
    return [
        DutyStarted(
            duty=command.duty,
            rule=command.rule,
            each=command.each,
            title=command.title,
            clause=command.clause,
            party=command.party,
            stop=command.stop,
            clock=command.clock,
            start=command.start,
            known_at=command.known_at,
            due=command.due,
            provisional=command.provisional,
            period=command.period,
        )
    ]


def move(duty: Duty, command: MoveDuty) -> Sequence[Fact]:
    """Only what still runs moves: a verdict once given stays."""
    if duty.state != "running" or (duty.start, duty.due) == (command.start, command.due):
        return []
    return [
        DutyMoved(
            duty=duty.id,
            start=command.start,
            due=command.due,
            provisional=command.provisional,
            because=command.because,
        )
    ]


def done(duty: Duty, command: NoteDone) -> Sequence[Fact]:
    """The first act on record that fulfils a duty gives its verdict; later ones change nothing.

    What was put on record after the limit was missed at the limit, whether anybody had looked.
    """
    if duty.state not in OPEN_TO_WHAT_WAS_DONE and not _was_on_record_before(duty, command):
        return []
    if duty.due is None:
        return [_measured(duty, command.done_at)]
    return [*_missed_before(duty, command), _verdict(duty, duty.due, command)]


def end(duty: Duty, command: NoteEnded) -> Sequence[Fact]:
    """What was kept up until the end came is owed no more."""
    if duty.state not in ("running", "measured"):
        return []
    return [DutyEnded(duty=duty.id, ended_at=command.ended_at)]


def due(duty: Duty, command: NoteDue) -> Sequence[Fact]:
    """A live duty is missed once its limit has passed; at exactly that moment it is not yet.

    Imported history is never observed: its verdict comes with its reply, or not at all.
    """
    if duty.state != "running" or duty.standing == "imported" or duty.due is None:
        return []
    if command.now <= duty.due:
        return []
    lacking = command.lacking
    return [
        DutyMissed(
            duty=duty.id,
            due=duty.due,
            observed_at=command.now,
            count_wanted=lacking.count_wanted,
            count_done=lacking.count_done,
            gap_seconds=lacking.gap_seconds,
            leaderless_seconds=lacking.leaderless_seconds,
        )
    ]


def gone(duty: Duty, command: NoteGone) -> Sequence[Fact]:
    """What was recorded as gone by the limit falls away, also if a miss was seen meanwhile.

    Gone after the limit, a live duty was missed all the same, whether anybody had looked or not.
    """
    if duty.state not in ("running", "missed"):
        return []
    by_then = duty.due is None or command.recorded_at <= duty.due
    if by_then or duty.standing == "imported":
        return [DutyCancelled(duty=duty.id, because=command.because)]
    return due(duty, NoteDue(command.recorded_at))


DOCKET: Aggregate[Docket] = Aggregate(Docket(), evolve)


def _with(docket: Docket, duty: Duty) -> Docket:
    return Docket({**docket.duties, duty.id: duty})


def _was_on_record_before(duty: Duty, command: NoteDone) -> bool:
    """Whether the act came before the one that gave the verdict, and was only heard of after it.

    What counts because the start was corrected since is no such act: a verdict stays.
    """
    if command.done_at < duty.start:
        return False
    match duty:
        case Duty(state="met_late", done_at=datetime() as done_at):
            return command.done_at < done_at
        case Duty(state="recorded_late", recorded_at=datetime() as recorded_at):
            return command.recorded_at < recorded_at
        case _:
            return False


def _missed_before(duty: Duty, command: NoteDone) -> Sequence[Fact]:
    """What a unit's period lacked at its limit is for whoever looked then to say."""
    if command.standing == "imported" or duty.period is not None:
        return []
    return due(duty, NoteDue(command.recorded_at))


def _verdict(
    duty: Duty, limit: datetime, command: NoteDone
) -> DutyMet | DutySuperseded | DutyMetLate | DutyRecordedLate:
    if command.done_at > limit:
        return _met_late(duty, limit, command.done_at)
    if command.standing == "live" and command.recorded_at > limit:
        return _recorded_late(duty, limit, command)
    return _in_time(duty, limit, command.done_at)


def _measured(duty: Duty, done_at: datetime) -> DutyMeasured:
    took = max((done_at - duty.start) // SECOND, 0)
    return DutyMeasured(duty=duty.id, done_at=done_at, took_seconds=took)


def _in_time(duty: Duty, limit: datetime, done_at: datetime) -> DutyMet | DutySuperseded:
    corrects = duty.state in ("missed", "met_late", "recorded_late")
    verdict = DutySuperseded if corrects else DutyMet
    spare = (limit - done_at) // SECOND
    return verdict(duty=duty.id, done_at=done_at, due=limit, spare_seconds=spare)


def _met_late(duty: Duty, limit: datetime, done_at: datetime) -> DutyMetLate:
    late = -((limit - done_at) // SECOND)  # rounds up: a microsecond late is a second late
    return DutyMetLate(duty=duty.id, done_at=done_at, due=limit, late_seconds=late)


def _recorded_late(duty: Duty, limit: datetime, command: NoteDone) -> DutyRecordedLate:
    return DutyRecordedLate(
        duty=duty.id, done_at=command.done_at, recorded_at=command.recorded_at, due=limit
    )
