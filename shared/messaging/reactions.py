"""What a room does with the facts of others: it keeps them, or has a function for each kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.contracts.catalogue import Fact, newest
from shared.contracts.envelope import Recorded, decode
from shared.messaging.streams import Incoming
from shared.store.readmodel import ReadModel
from shared.store.transaction import Transaction

Reaction = Callable[[Transaction, Recorded, Any], None]
"""Called with the transaction, the event and its fact; writes nothing anywhere else."""


class Reactions:
    """A handler that reads the facts named and passes over all others."""

    understands_all = False

    def __init__(self, reactions: Mapping[type[Fact], Reaction]) -> None:
        self._by_name = {fact.TYPE: react for fact, react in reactions.items()}

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """React to each event in order."""
        for event in events:
            react = self._by_name.get(newest(event.type))
            if react is not None:
                recorded = decode(event.raw)
                react(tx, recorded, recorded.fact)


class Keeping:
    """A handler that folds events into a read model, and does nothing else about them."""

    understands_all = False

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """Fold a batch at once."""
        self._model.fold_raw(tx.sql, ((e.position, e.type, e.raw) for e in events))
