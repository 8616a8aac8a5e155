"""Requests already answered, so that repeating one changes nothing (幂等)."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.contracts.catalogue import Contract
from shared.contracts.envelope import event_hash
from shared.errors import Refused
from shared.store.transaction import Appended, Stream, Transaction


class Answer(Contract):
    """What a command is answered with: where its last event stands and what happened.

    ``position`` is ``service:number``; give it as ``after`` to whoever must have seen it first.
    """

    incident: str | None
    number: str | None
    position: str
    events: tuple[str, ...]
    hash: str | None


def answer(tx: Transaction, appended: Appended, stream: Stream, number: str | None) -> Answer:
    """What to tell whoever asked; an act of a unit's day belongs to no incident."""
    events = appended.events
    return Answer(
        incident=None if stream.kind == "unit-day" else str(stream.correlation),
        number=number,
        position=f"{tx.source.service}:{appended.position}",
        events=tuple(event.envelope.type for event in events),
        hash=event_hash(events[-1].raw) if events else None,
    )


@dataclass(frozen=True, slots=True)
class Request:
    """An ``Idempotency-Key`` of one officer and the fingerprint of what was asked under it.

    The fingerprint is keyed: what is asked may hold personal words, of which no bare hash is kept.
    """

    key: str
    fingerprint: str

    @classmethod
    def of(cls, officer: str, key: str, fingerprint: str) -> "Request":
        """The request that an officer made under a key."""
        return cls(f"{officer}/{key}", fingerprint)


def once(tx: Transaction, request: Request | None, do: Callable[[Transaction], Answer]) -> Answer:
    """Do it, or give the answer given before to the same request.

    Raises Refused ``request.key-reused`` when the key was used for something else.
    """
    if request is None:
        return do(tx)
    known = tx.sql.one("SELECT * FROM requests WHERE key = ?", (request.key,))
    if known is None:
        answer = do(tx)
        row = (request.key, request.fingerprint, answer.model_dump_json())
        tx.sql.execute("INSERT INTO requests VALUES (?, ?, ?)", row)
        return answer
    if known["fingerprint"] != request.fingerprint:
        said = "这个 Idempotency-Key 已用于另一项不同的请求。"
        remedy = "重试请保持内容不变；新的请求请换用新的键。"
        raise Refused("request.key-reused", said, remedy, "Idempotency-Key")
    return Answer.model_validate_json(known["answer"])
