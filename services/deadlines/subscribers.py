"""What deadlines hears from intake and routing.

The two are heard in any order relative to each other: what comes before its registration waits.
"""

from functools import partial

from services.deadlines import application
from services.deadlines.tables import MODEL
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.routing import IncidentAssigned, IncidentClosed, ReplyPublished
from shared.messaging.reactions import Reactions
from shared.policy import Pack
from shared.store.transaction import Transaction


def from_intake(pack: Pack) -> Reactions:
    """Registrations start the pack's duties; links and voids end them."""
    return Reactions(
        {
            IncidentRegistered: partial(when_registered, pack=pack),
            IncidentLinked: when_more_is_said,
            IncidentVoided: when_more_is_said,
        }
    )


def when_registered(
    tx: Transaction, event: Recorded, fact: IncidentRegistered, *, pack: Pack
) -> None:
    """The incident's clocks start."""
    application.begin(tx, pack, event, fact)


def when_assigned(tx: Transaction, event: Recorded, _: IncidentAssigned) -> None:
    """A lead unit owes what the handling unit owes."""
    MODEL.note(tx.sql, [event])


def when_more_is_said(
    tx: Transaction,
    event: Recorded,
    _: IncidentLinked | IncidentVoided | ReplyPublished | IncidentClosed,
) -> None:
    """Something was done, or nothing is owed any more."""
    application.hear(tx, event)


FROM_ROUTING = Reactions(
    {
        IncidentAssigned: when_assigned,
        ReplyPublished: when_more_is_said,
        IncidentClosed: when_more_is_said,
    }
)
