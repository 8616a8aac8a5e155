"""Reporting's read models together, folded from the log in leaf order."""

from collections.abc import Sequence

from services.reporting import directory
from services.reporting.duties import table as duties_table
from services.reporting.findings import review
from services.reporting.ledger import table as ledger_table
from shared.contracts.envelope import decode
from shared.messaging.streams import Incoming
from shared.store.readmodel import Placed, joined
from shared.store.transaction import Transaction

MODEL = joined(ledger_table.MODEL, duties_table.MODEL, review.MODEL, directory.MODEL)


class LogFold:
    """Folds log entries, of which those that say nothing to any table are not even read."""

    understands_all = False

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """Fold a batch at once."""
        wanted = [event for event in events if MODEL.wants(event.type)]
        MODEL.apply(tx.sql, [Placed(event.position, decode(event.raw)) for event in wanted])
