"""What intake hears from routing, and keeps as its own copy."""

from services.intake.tables import MODEL
from shared.contracts.envelope import Recorded
from shared.contracts.routing import ReplyPublished, UnitEstablished
from shared.messaging.reactions import Reactions
from shared.store.transaction import Transaction


def keep(tx: Transaction, event: Recorded, _: object) -> None:
    """Units can be registered for; an answered incident can no longer be voided."""
    MODEL.note(tx.sql, [event])


FROM_ROUTING = Reactions({UnitEstablished: keep, ReplyPublished: keep})
