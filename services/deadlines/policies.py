"""What an event of another room means for a docket: event in, commands out; pure."""

from collections.abc import Sequence
from datetime import datetime

from services.deadlines.commands import NoteDone, NoteGone, StartDuty
from shared.calendar import end_of_day
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.routing import IncidentClosed, ReplyPublished
from shared.policy import Pack
from shared.policy.pack import Start


def when_registered(
    pack: Pack, fact: IncidentRegistered, recorded_at: datetime
) -> Sequence[StartDuty]:
    """Every duty of the pack starts; all count from a moment of the registration."""
    starts = {name: _start(duty.start, fact, recorded_at) for name, duty in pack.duties.items()}
    return [
        StartDuty(
            duty=name,
            title=duty.title,
            clause=duty.clause,
            party=duty.who,
            stop=duty.stop,
            start=starts[name],
            due=end_of_day(starts[name], duty.days),
        )
        for name, duty in pack.duties.items()
    ]


def what_follows(event: Recorded) -> Sequence[NoteDone | NoteGone]:
    """What a later event of the incident says to its docket; most say nothing.

    Any published reply, interim or result, is the act ``publish``.
    """
    match event.fact:
        case ReplyPublished():
            told = event.envelope
            return [NoteDone("publish", told.occurred_at, told.recorded_at, told.standing)]
        case IncidentVoided():
            return [NoteGone("voided", event.envelope.recorded_at)]
        case IncidentLinked():
            return [NoteGone("linked", event.envelope.recorded_at)]
        case IncidentClosed(outcome="history"):
            return [NoteGone("history", event.envelope.recorded_at)]
        case _:
            return []


def _start(start: Start, fact: IncidentRegistered, recorded_at: datetime) -> datetime:
    posted = fact.posted_at if start == "posted" else None
    discovered = fact.discovered_at if start != "registered" else None
    return posted or discovered or recorded_at
