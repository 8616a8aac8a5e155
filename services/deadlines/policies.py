"""What an event of another room means for a docket: event in, commands out; pure."""

from collections.abc import Sequence
from datetime import datetime

from services.deadlines.commands import NoteDone, NoteGone, StartDuty
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.routing import IncidentClosed, ReplyPublished
from shared.policy import Pack
from shared.policy.clocks import Known, due_of, start_of


def when_registered(
    pack: Pack, fact: IncidentRegistered, recorded_at: datetime
) -> Sequence[StartDuty]:
    """Every duty of the pack starts; all count from a moment of the registration."""
    known = Known(fact.posted_at, fact.discovered_at, recorded_at)
    return [
        StartDuty(
            duty=name,
            title=duty.title,
            clause=duty.clause,
            party=duty.who,
            stop=duty.stop,
            start=start_of(duty, known),
            due=due_of(duty, known),
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
