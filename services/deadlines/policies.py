"""What the rules make of a matter (义务推演), told to its docket: events in, commands out; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from services.deadlines.commands import (
    Because,
    DocketCommand,
    Moved,
    MoveDuty,
    NoteDone,
    NoteEnded,
    NoteGone,
    StartDuty,
)
from services.deadlines.docket import Docket, Duty
from shared.contracts.envelope import Recorded
from shared.contracts.intake import (
    IncidentRegistered,
    RegistrationCorrected,
)
from shared.contracts.routing import CaseRepinned
from shared.policy.outlook import Outlook, acts_heard
from shared.policy.pack import Pack
from shared.policy.recorded import deed_of, why_ended


@dataclass(frozen=True, slots=True)
class Told:
    """A command to a docket, and the event that it rests on, where it is another than the last."""

    command: DocketCommand
    cause: UUID | None = None


def concerns(pack: Pack, event: Recorded) -> bool:
    """Whether the pack's duties can be other ones after an event."""
    match event.fact:
        case IncidentRegistered() | RegistrationCorrected() | CaseRepinned():
            return True
        case _ if why_ended(event):
            return True
        case _:
            deed = deed_of(event)
            return deed is not None and deed.act in acts_heard(pack)


def follow(docket: Docket, found: Sequence[Outlook]) -> Iterator[Told]:
    """How the docket is brought into line with what the rules make of the matter."""
    for each in found:
        yield from _follow(docket.duties.get(str(each.key)), each)


def _follow(duty: Duty | None, each: Outlook) -> Iterator[Told]:
    name = str(each.key)
    if duty is None:
        yield Told(_start(each), each.cause)
    elif each.limit and (duty.start, duty.due) != (each.start, each.limit.due):
        limit = each.limit
        why = _why_moved(duty, each)
        yield Told(MoveDuty(name, each.start, limit.due, limit.provisional, why))
    if each.done:
        done = each.done
        command = NoteDone(name, done.at, done.recorded_at, done.standing)
        yield Told(command, done.deeds[-1])
    elif each.gone:
        because, recorded_at = each.gone
        assert because in get_args(Because)
        yield Told(NoteGone(name, because, recorded_at))  # type: ignore[arg-type]  # just checked
    if each.ended_at:
        yield Told(NoteEnded(name, each.ended_at))


def _start(each: Outlook) -> StartDuty:
    rule = each.rule
    return StartDuty(
        duty=str(each.key),
        rule=each.key.rule,
        each=each.key.each,
        title=rule.zh,
        clause=rule.clause or rule.zh,
        party=",".join(rule.who),
        stop=str(rule.stop),
        clock=rule.clock,
        start=each.start,
        known_at=each.known_at,
        due=each.limit.due if each.limit else None,
        provisional=each.limit.provisional if each.limit else False,
    )


def _why_moved(duty: Duty, each: Outlook) -> Moved:
    if duty.start != each.start:
        return "correction"
    return "extension" if each.rule.extension else "calendar"
