"""The bytes of an event: one JSON document, envelope first, data last.

They are written, published and hashed exactly as they are; nobody serialises them again.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

from pydantic import Field

from shared.contracts.catalogue import Contract, Fact, UtcTime, read_fact
from shared.contracts.sealed import Sealed, Unsealed
from shared.errors import Invalid, Untrusted

T = TypeVar("T")

LARGEST_EVENT = 65_535
"""Bytes; what is bigger goes in by digest."""

_DATA = b',"data":'  # cannot occur inside a JSON string, where quotes are escaped

UNIT_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
"""A unit's code (单位代码), safe inside a NATS subject."""

Standing = Literal["live", "imported"]


class Actor(Contract):
    """Who acted: a pseudonymous officer id and the post then held (names live elsewhere)."""

    officer: str
    post: str


class Envelope(Contract):
    """Everything about an event except what it says.

    ``stream`` is ``service/kind/uuid``; ``seq`` counts from 1 within it; ``prev`` is the tagged
    hash of the stream's previous event. ``source`` is ``service@node`` and ``epoch`` the random
    identity of the store that holds it. ``occurred_at`` is when it happened as claimed,
    ``recorded_at`` when the service's clock recorded it; both UTC. ``correlation`` is the incident
    or other matter it belongs to; ``cause`` the event that led to it.
    """

    v: Literal[1] = 1
    id: UUID
    type: str
    source: str
    epoch: str
    stream: str
    seq: int = Field(ge=1)
    prev: str | None
    unit: str
    actor: Actor
    occurred_at: UtcTime
    recorded_at: UtcTime
    cause: UUID | None
    correlation: UUID
    policy: str | None
    salt: str
    standing: Standing

    @property
    def service(self) -> str:
        return self.stream.split("/", 1)[0]

    @property
    def kind(self) -> str:
        return self.stream.split("/", 2)[1]

    @property
    def stream_id(self) -> UUID:
        return UUID(self.stream.rsplit("/", 1)[1])


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored event: its envelope, what it says, and the very bytes.

    What is made of it again and again (``made_once``) stays with the object.
    """

    envelope: Envelope
    fact: Fact
    raw: bytes
    _made: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


def made_once(make: Callable[[Recorded], T]) -> Callable[[Recorded], T]:
    """What a pure function makes of an event is made once and kept on it.

    It is kept on the object and not by the event's id: two that say they are one may differ.
    """

    @wraps(make)
    def made(event: Recorded) -> T:
        kept = event._made
        if make not in kept:
            kept[make] = make(event)
        return cast(T, kept[make])

    return made


Seal = Callable[[Unsealed, bytes], Sealed]
"""Seals words with the given associated data."""


def encode(envelope: Envelope, fact: Fact, seal: Seal) -> tuple[Fact, bytes]:
    """Make the bytes of an event; returns the fact as stored (sealed) and the bytes.

    Raises Invalid ``event.too-large`` above 65,535 bytes.
    """
    head = envelope.model_dump_json().encode()[:-1]
    stored = _seal_fields(fact, head, seal)
    raw = head + _DATA + stored.model_dump_json().encode() + b"}"
    if len(raw) > LARGEST_EVENT:
        raise _too_large(fact, len(raw))
    return stored, raw


def _seal_fields(fact: Fact, head: bytes, seal: Seal) -> Fact:
    open_fields = {key: getattr(fact, key) for key in fact.SEALED}
    sealed = {
        key: seal(value, _associated(head, key))
        for key, value in open_fields.items()
        if isinstance(value, Unsealed)
    }
    return fact.model_copy(update=sealed) if sealed else fact


def decode(raw: bytes) -> Recorded:
    """Read stored bytes, lifting old shapes.

    Raises Untrusted ``event.unknown-type`` or ``event.unreadable``.
    """
    _, data = split(raw)
    envelope = decode_envelope(raw)
    try:
        return Recorded(envelope, read_fact(envelope.type, data), raw)
    except ValueError as problem:
        raise unreadable(envelope.type) from problem


def decode_envelope(raw: bytes) -> Envelope:
    """Read the envelope alone, of whatever type the event is."""
    head, _ = split(raw)
    try:
        return Envelope.model_validate_json(head + b"}")
    except ValueError as problem:
        raise unreadable("envelope") from problem


def split(raw: bytes) -> tuple[bytes, bytes]:
    """The clear envelope (without its closing brace) and the data, as bytes."""
    at = raw.find(_DATA)
    if at < 0 or not raw.endswith(b"}"):
        raise unreadable("data")
    return raw[:at], raw[at + len(_DATA) : -1]


def associated_data(raw: bytes, field: str) -> bytes:
    """What the ciphertext of a sealed field is bound to: the clear envelope and the field."""
    return _associated(split(raw)[0], field)


def _associated(head: bytes, field: str) -> bytes:
    return head + b"\0" + field.encode()


def event_hash(raw: bytes) -> str:
    """The tagged hash by which the stream's next event names this one."""
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def unreadable(what: str) -> Untrusted:
    """The error for stored bytes that do not read as the contract says."""
    return Untrusted(
        code="event.unreadable",
        field=what,
        message=f"有一条事件的内容不符合约定（{what}）。",
        remedy="请用 huiyin audit verify 找出第一处不同, 并与备份核对；不要手工修改数据库。",
    )


def _too_large(fact: Fact, size: int) -> Invalid:
    return Invalid(
        code="event.too-large",
        field=", ".join(fact.SEALED) or "data",
        message=f"内容太大：写成事件有 {size} 字节, 上限为 {LARGEST_EVENT} 字节。",
        remedy="请缩短文字, 把长材料作为附件登记其摘要值。",
    )
