"""Letting through what was set aside, once its cause is mended (放行)."""

from uuid import UUID, uuid4

from shared.contracts.envelope import Actor, decode_envelope
from shared.contracts.operations import ParkedReleased
from shared.messaging.streams import Incoming
from shared.messaging.taking import Handler
from shared.store.events import By, Stream
from shared.store.parking import Parked, parked, unpark
from shared.store.transaction import Transaction


def release(tx: Transaction, *, upstream: str, handler: Handler, matter: str, actor: Actor) -> int:
    """Apply a matter's parked events in order and record that it was done, all in ``tx``.

    Raises what the handler raises for one that still cannot be applied; nothing is done then.
    """
    events = [event for event in parked(tx.sql, matter) if event.upstream == upstream]
    if not events:
        return 0
    for event in events:
        handler.apply(tx, [_again(event)])
    unpark(tx.sql, upstream, matter)
    unit = decode_envelope(events[0].raw).unit
    fact = ParkedReleased(upstream=upstream, matter=matter, events=len(events))
    tx.append(Stream("operation", uuid4(), unit, UUID(matter)), [fact], By(actor, tx.now))
    return len(events)


def _again(event: Parked) -> Incoming:
    return Incoming(
        "", event.position, event.position - 1, 0, "", event.type, event.matter, event.raw
    )
