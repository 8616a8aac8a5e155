"""What intake hears from routing, and keeps as its own copy."""

from services.intake.tables import MODEL
from shared.acts.deed import HEARD_FROM
from shared.contracts.envelope import Recorded
from shared.contracts.routing import UnitEstablished
from shared.copies import packs
from shared.messaging.reactions import Reactions
from shared.store.transaction import Transaction


def keep(tx: Transaction, event: Recorded, _: object) -> None:
    """Units can be registered for, under their packs; gates may wait for what was done."""
    MODEL.note(tx.sql, [event])


FROM_ROUTING = Reactions(
    dict.fromkeys((UnitEstablished, *packs.FACTS, *HEARD_FROM["routing"]), keep)
)
