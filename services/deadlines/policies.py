"""What the rules make of a matter (义务推演), told to its docket: events in, commands out; pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from services.deadlines.commands import (
    Because,
    DocketCommand,
    Lacking,
    Moved,
    MoveDuty,
    NoteDone,
    NoteEnded,
    NoteGone,
    StartDuty,
)
from services.deadlines.docket import SECOND, Docket, Duty
from shared.acts.deed import deed_of, rule_of, why_ended
from shared.contracts.envelope import Recorded
from shared.contracts.intake import (
    IncidentRegistered,
    RegistrationCorrected,
)
from shared.contracts.routing import CaseRepinned
from shared.policy.engine.outlook import Outlook
from shared.policy.engine.periods import PeriodOutlook, Recurring
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Schedule, Shift


@dataclass(frozen=True, slots=True)
class Told:
    """A command to a docket, and the event that it rests on, where it is another than the last."""

    command: DocketCommand
    cause: UUID | None = None


def concerns(acts: Collection[str], event: Recorded) -> bool:
    """Whether duties can be other ones after an event, of packs that hear those acts."""
    match event.fact:
        case IncidentRegistered() | RegistrationCorrected() | CaseRepinned():
            return True
        case _ if why_ended(event):
            return True
        case _:
            deed = deed_of(event)
            return deed is not None and deed.act in acts


def follow(
    docket: Docket, pack: Pack, found: Sequence[Outlook], known_at: datetime
) -> Iterator[Told]:
    """How the docket is brought into line with what the rules make of the matter.

    A running duty that is not found is one of other rules, under which the matter was before; or
    what it followed on, a miss, turned out to be none: then it falls away if it was missed, too.
    """
    for each in found:
        yield from _follow(docket.duties.get(str(each.key)), each)
    owed = {str(each.key) for each in found}
    for duty in docket.duties.values():
        known = rule_of(duty.id) in pack.rules
        if duty.id not in owed and duty.state in (("running", "missed") if known else ("running",)):
            yield Told(NoteGone(duty.id, "unless" if known else "repinned", known_at))


def follow_period(docket: Docket, found: PeriodOutlook) -> Iterator[Told]:
    """How the docket of a unit's period is brought into line with what the rules make of it."""
    duty, limit = docket.duties.get(found.key), found.turn.limit
    if duty is None:
        yield Told(_open(found))
    elif duty.due != limit.due:
        yield Told(MoveDuty(found.key, duty.start, limit.due, limit.provisional, "calendar"))
    if found.done:
        done = found.done
        command = NoteDone(found.key, done.at, done.recorded_at, done.standing)
        yield Told(command, done.deeds[-1])


def lacking(found: PeriodOutlook) -> Lacking:
    """What a unit's period lacks, as a missed duty tells it."""
    if isinstance(found.rule, Schedule):
        return Lacking(count_wanted=found.wanted, count_done=found.counted)
    leaderless = found.leaderless // SECOND if found.rule.leader else None
    return Lacking(gap_seconds=found.gap // SECOND, leaderless_seconds=leaderless)


def _open(found: PeriodOutlook) -> StartDuty:
    rule = found.rule
    return StartDuty(
        duty=found.key,
        rule=found.number,
        each="",
        title=rule.zh,
        clause=rule.clause or rule.zh,
        party=",".join(rule.who),
        stop=_wanted(rule),
        clock=rule.every if isinstance(rule, Schedule) else "shift",
        start=found.start,
        known_at=found.known_at,
        due=found.turn.limit.due,
        provisional=found.turn.limit.provisional,
        period=found.turn.name,
    )


def _wanted(rule: Recurring) -> str:
    if isinstance(rule, Shift):
        return "shift"
    return f"{rule.count} x ({rule.stop})" if rule.count > 1 else str(rule.stop)


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
    if each.extended:
        return "extension"
    return "calendar" if each.rule.clock == "working_days" else "repinned"
