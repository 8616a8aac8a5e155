"""What intake hears from routing, and keeps as its own copy."""

from services.intake.tables import set_answered
from shared.contracts.envelope import Recorded
from shared.contracts.routing import ReplyPublished, UnitEstablished
from shared.messaging.reactions import Reactions
from shared.store.transaction import Transaction
from shared.units import learn_unit


def when_unit_established(tx: Transaction, _: Recorded, fact: UnitEstablished) -> None:
    """Incidents can be registered for the unit from now on."""
    learn_unit(tx.sql, fact)


def when_reply_published(tx: Transaction, event: Recorded, _: ReplyPublished) -> None:
    """The incident can no longer be voided."""
    set_answered(tx.sql, event.envelope.correlation)


FROM_ROUTING = Reactions(
    {UnitEstablished: when_unit_established, ReplyPublished: when_reply_published}
)
