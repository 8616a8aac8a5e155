"""How a batch of delivered events is taken: in order, each once, in one transaction (接收).

No messaging happens here: the same rules hold whatever delivered the batch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from shared.clock import to_micros
from shared.contracts.catalogue import Fact, is_known, newest, unknown_type
from shared.contracts.envelope import Actor, Recorded, decode, decode_envelope
from shared.contracts.operations import ParkedReleased
from shared.errors import Unavailable, Untrusted
from shared.messaging.streams import Incoming
from shared.store import tracking
from shared.store.failures import BROKEN
from shared.store.readmodel import ReadModel
from shared.store.transaction import By, Stream, Transaction

PASSING = (*BROKEN, Unavailable)
"""What is no fault of the event: the batch is put off, and nothing is set aside."""

Reaction = Callable[[Transaction, Recorded, Any], None]
"""Called with the transaction, the event and its fact; writes nothing anywhere else."""


class Handler(Protocol):
    """What a room does with an upstream's events."""

    understands_all: bool
    """Whether it takes events as bytes, of types unknown to this release too."""

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """Apply events in order, in the given transaction; may raise for what cannot be applied."""


class Gap(Exception):
    """Events are missing before the one delivered; reading again from our position heals it."""


class Poison(Exception):
    """An event could not be applied; worth trying again before it is set aside."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the consumer stands now, and what stops it there, if anything."""

    last: tracking.Tracking
    stop: Untrusted | None = None
    aside: Sequence[Incoming] = ()


def take(
    tx: Transaction, upstream: str, batch: Sequence[Incoming], handler: Handler, *, last_try: bool
) -> Taken:
    """Apply what is new of a batch and move the tracking row on, all in ``tx``.

    With ``last_try`` an event that cannot be applied is set aside with its followers; otherwise
    Poison is raised and nothing is done. Raises Gap, or Untrusted ``consumer.*`` when the upstream
    is not the one followed so far.
    """
    last = tracking.tracked(tx.sql, upstream)
    fresh = follow(last, batch)
    readable, stop = _readable(fresh, handler)
    if not readable:
        return Taken(last, stop)
    aside = _apply(tx, upstream, readable, handler, last_try=last_try)
    end = readable[-1]
    now = tracking.Tracking(end.epoch, end.position, end.seq, end.hash)
    tracking.track(tx.sql, upstream, now)
    return Taken(now, stop, aside)


def follow(last: tracking.Tracking, batch: Sequence[Incoming]) -> list[Incoming]:
    """The part of a batch that directly continues ``last``; what was applied before is left out.

    Raises Gap when something is missing, Untrusted when history differs from what was applied.
    """
    fresh: list[Incoming] = []
    for event in batch:
        _check_identity(last, event)
        if event.position <= last.position:
            continue
        if event.after != last.position:
            raise Gap(f"{event.position} follows {event.after}, not {last.position}")
        fresh.append(event)
        last = tracking.Tracking(event.epoch, event.position, event.seq, "")
    return fresh


def _check_identity(last: tracking.Tracking, event: Incoming) -> None:
    if last is tracking.START:
        return
    if event.epoch != last.epoch:
        raise other_history(event.position, "来自另一个数据库")
    if event.position == last.position and last.hash and event.hash != last.hash:
        raise other_history(event.position, "内容与已接收的不同")
    if event.position <= last.position and event.seq > last.seq:
        # Behind our place in the stream, but not in the source: leaving it out would lose it.
        raise other_history(event.position, "在消息流里排在已接收的之后")


def _readable(
    events: Sequence[Incoming], handler: Handler
) -> tuple[Sequence[Incoming], Untrusted | None]:
    if handler.understands_all:
        return events, None
    for at, event in enumerate(events):
        if not is_known(event.type):
            return events[:at], unknown_type(event.type)
    return events, None


def _apply(
    tx: Transaction, upstream: str, events: Sequence[Incoming], handler: Handler, *, last_try: bool
) -> Sequence[Incoming]:
    """All at once where nothing waits, else one by one; returns what was set aside."""
    waiting = tracking.parked_matters(tx.sql, upstream)
    if not waiting and (problem := _tried(tx, events, handler)) is None:
        return ()
    if not waiting and not last_try:
        raise Poison(str(problem)) from problem
    aside: list[tracking.Parked] = []
    for event in events:
        behind = event.correlation in waiting
        problem = None if behind else _tried(tx, [event], handler)
        if problem is not None and not last_try:
            raise Poison(f"{type(problem).__name__}: {problem}") from problem
        if problem is not None or behind:
            waiting.add(event.correlation)
            aside.append(_parked(upstream, event, problem, to_micros(tx.now)))
    tracking.park(tx.sql, aside)
    places = {event.position for event in aside}
    return [event for event in events if event.position in places]


def _tried(tx: Transaction, events: Sequence[Incoming], handler: Handler) -> Exception | None:
    """Apply events; what kept them from being applied, if anything, and then nothing is done."""
    try:
        with tx.savepoint():
            handler.apply(tx, events)
    except PASSING:
        raise
    except Exception as problem:
        return problem
    return None


def _parked(upstream: str, event: Incoming, problem: Exception | None, now: int) -> tracking.Parked:
    reason = f"{type(problem).__name__}: {problem}" if problem is not None else ""
    return tracking.Parked(
        upstream, event.position, event.correlation, event.type, event.raw, reason, now
    )


def other_history(position: int, how: str) -> Untrusted:
    """The error for an upstream whose past is not the one applied here."""
    said = f"上游第 {position} 号事件{how}：上游可能是从较旧的备份恢复的, 已停止接收。"
    remedy = "请恢复与本库一致的上游备份, 或一并恢复本库与其上游在同一时刻的备份。"
    return Untrusted("consumer.other-history", said, remedy, "position")


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


def release(tx: Transaction, *, upstream: str, handler: Handler, matter: str, actor: Actor) -> int:
    """Apply a matter's parked events in order and record that it was done, all in ``tx``.

    Raises what the handler raises for one that still cannot be applied; nothing is done then.
    """
    events = [event for event in tracking.parked(tx.sql, matter) if event.upstream == upstream]
    if not events:
        return 0
    for event in events:
        handler.apply(tx, [_again(event)])
    tracking.unpark(tx.sql, upstream, matter)
    unit = decode_envelope(events[0].raw).unit
    fact = ParkedReleased(upstream=upstream, matter=matter, events=len(events))
    tx.append(Stream("operation", uuid4(), unit, UUID(matter)), [fact], By(actor, tx.now))
    return len(events)


def _again(event: tracking.Parked) -> Incoming:
    return Incoming(
        "", event.position, event.position - 1, 0, "", event.type, event.matter, event.raw
    )
