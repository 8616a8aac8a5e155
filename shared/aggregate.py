"""How a command is handled: load the stream, fold it, decide, append. Nothing is in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, event_hash
from shared.store.events import Appended, By, Matter
from shared.store.requests import Answer
from shared.store.transaction import Transaction

S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S, C]):
    """A consistency boundary: its beginning, how events change it, and what it decides.

    ``evolve`` never refuses, so every event ever stored loads; ``decide`` is pure and raises
    Refused for a broken rule.
    """

    initial: S
    evolve: Callable[[S, Recorded], S]
    decide: Callable[[S, C], Sequence[Fact]]

    def fold(self, events: Sequence[Recorded]) -> S:
        """The state that a history leads to."""
        return reduce(self.evolve, events, self.initial)

    def handle(self, tx: Transaction, matter: Matter, command: C, by: By) -> Appended:
        """Decide a command against the stream's present state and append what it decides."""
        state = self.fold(tx.load(matter.id))
        return tx.append(matter, self.decide(state, command), by)


def answer(tx: Transaction, appended: Appended, matter: Matter, number: str | None) -> Answer:
    """What to tell whoever asked."""
    events = appended.events
    return Answer(
        incident=str(matter.correlation),
        number=number,
        position=f"{tx.source.service}:{appended.position}",
        events=tuple(event.envelope.type for event in events),
        hash=event_hash(events[-1].raw) if events else None,
    )
