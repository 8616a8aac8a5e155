"""What a room does with the facts of others: one function for each kind of fact it cares about."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.contracts.catalogue import Fact, newest
from shared.contracts.envelope import Recorded, decode
from shared.messaging.streams import Incoming
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
