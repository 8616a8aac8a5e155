"""How a stream's state comes of its history, and what a command is answered with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

from shared.contracts.envelope import Recorded, event_hash
from shared.store.events import Appended, Stream
from shared.store.requests import Answer
from shared.store.transaction import Transaction

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S]):
    """A consistency boundary: its beginning, and how events change it.

    ``evolve`` never refuses, so every event ever stored loads.
    """

    initial: S
    evolve: Callable[[S, Recorded], S]

    def fold(self, events: Sequence[Recorded]) -> S:
        """The state that a history leads to."""
        return reduce(self.evolve, events, self.initial)


def answer(tx: Transaction, appended: Appended, matter: Stream, number: str | None) -> Answer:
    """What to tell whoever asked; an act of a unit's day belongs to no incident."""
    events = appended.events
    return Answer(
        incident=None if matter.kind == "unit-day" else str(matter.correlation),
        number=number,
        position=f"{tx.source.service}:{appended.position}",
        events=tuple(event.envelope.type for event in events),
        hash=event_hash(events[-1].raw) if events else None,
    )
