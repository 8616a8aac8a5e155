"""Who follows whose stream, and how stored bytes travel: their subjects and headers."""

import re
from dataclasses import dataclass
from typing import Any

from eventsourcing.persistence import Notification
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError
from pydantic_core import from_json

from shared.contracts.envelope import event_hash, split, unreadable
from shared.errors import Untrusted
from shared.store.transaction import Source

SERVICES = ("intake", "routing", "deadlines", "reporting")

FOLLOWS: dict[str, tuple[str, ...]] = {
    "intake": ("routing",),
    "routing": ("intake",),
    "deadlines": ("intake", "routing", "reporting"),
    "reporting": SERVICES,
}
"""The upstreams of each room; reporting takes everybody's events, its own included."""


MSG_ID = "Nats-Msg-Id"
AFTER = "Huiyin-After"
"""Position of the source's event before this one: the chain a consumer checks."""
STREAM = "ce-subject"
TYPE = "ce-type"
CORRELATION = "ce-correlationid"


_HEAD = re.compile(
    rb'\{"v":1,"id":"[^"]*","type":"([^"]*)","source":"[^"]*","epoch":"([^"]*)","stream":"([^"]*)",'
)
"""How the bytes of an event begin."""

_UNIT = re.compile(rb',"unit":"([^"]*)"')
"""The unit concerned, in the clear envelope of an event."""

SHORT_REPLY = 9
"""Tokens in ``$JS.ACK.<stream>.<consumer>.…`` without domain and account."""


def stream_name(service: str) -> str:
    """The JetStream stream of one service's events."""
    return f"HUIYIN_{service.upper()}"


async def provide_stream(js: JetStreamContext, service: str) -> api.StreamInfo:
    """Make the service's stream unless it is there: no expiry, no deny flags (transport only)."""
    try:
        info = await js.stream_info(stream_name(service))
    except NotFoundError:
        return await _make_stream(js, service)
    if info.state.messages == 0 and info.state.last_seq > 0:
        # Purged: its numbers would never again be those that followers keep. Nothing is in it.
        await js.delete_stream(stream_name(service))
        return await _make_stream(js, service)
    return info


async def _make_stream(js: JetStreamContext, service: str) -> api.StreamInfo:
    return await js.add_stream(
        name=stream_name(service),
        subjects=[f"huiyin.{service}.>"],
        storage=api.StorageType.FILE,
        retention=api.RetentionPolicy.LIMITS,
        duplicate_window=120,
        allow_atomic=True,
        allow_direct=True,
    )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event ready to publish."""

    subject: str
    headers: dict[str, str]
    raw: bytes


def outgoing(source: Source, event: Notification, after: int) -> Outgoing:
    """Derive subject and headers (CloudEvents 1.0 attributes) from an event's bytes."""
    envelope = from_json(split(event.state)[0] + b"}")
    service, kind, _ = envelope["stream"].split("/")
    name = envelope["type"].split(".")[1]
    headers = {
        MSG_ID: f"{source.epoch}:{event.id}",
        AFTER: str(after),
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": envelope["id"],
        "ce-source": f"/{envelope['source']}/{envelope['epoch']}",
        TYPE: envelope["type"],
        STREAM: envelope["stream"],
        "ce-time": envelope["recorded_at"],
        CORRELATION: envelope["correlation"],
    }
    return Outgoing(f"huiyin.{service}.{envelope['unit']}.{kind}.{name}", headers, event.state)


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event as it arrived: its place in its source and in the stream, and the bytes."""

    epoch: str
    position: int
    after: int
    seq: int
    stream: str
    type: str
    correlation: str
    raw: bytes

    @property
    def hash(self) -> str:
        return event_hash(self.raw)


def about(event: Incoming) -> dict[str, object]:
    """What a log line says of an event: where it stands and whom it concerns, by ids and codes."""
    unit = _UNIT.search(split(event.raw)[0])
    return {
        "type": event.type,
        "position": event.position,
        "incident": event.correlation,
        "unit": unit[1].decode() if unit else "",
    }


def incoming(message: Msg) -> Incoming:
    """Read a delivered message.

    Raises Untrusted ``message.unreadable`` if it is not one of ours.
    """
    try:
        return _incoming(message.headers or {}, _stream_seq(message.reply), message.data)
    except (KeyError, ValueError, IndexError) as problem:
        raise foreign_message(message.subject) from problem


def _incoming(headers: dict[str, Any], seq: int, raw: bytes) -> Incoming:
    epoch, _, position = headers[MSG_ID].partition(":")
    _check_bytes(raw, epoch, headers)
    return Incoming(
        epoch,
        int(position),
        int(headers[AFTER]),
        seq,
        headers[STREAM],
        headers[TYPE],
        headers[CORRELATION],
        raw,
    )


def _check_bytes(raw: bytes, epoch: str, headers: dict[str, Any]) -> None:
    """The headers must be those derived from the bytes: what is stored is what was published."""
    said = _HEAD.match(raw)
    if said is None:
        raise unreadable("envelope")
    same = said.groups() == tuple(word.encode() for word in (headers[TYPE], epoch, headers[STREAM]))
    if not same or b'"correlation":"%b"' % headers[CORRELATION].encode() not in split(raw)[0]:
        raise ValueError("headers that do not belong to these bytes")


def _stream_seq(reply: str) -> int:
    """The stream sequence in a delivered message's reply subject, in its short or long form."""
    tokens = reply.split(".")
    return int(tokens[5] if len(tokens) == SHORT_REPLY else tokens[7])


async def message_at(js: JetStreamContext, service: str, seq: int) -> Incoming | None:
    """The stream's message with that sequence number, or none.

    Raises Untrusted ``message.unreadable`` if it is not one of ours.
    """
    try:
        found = await js.get_msg(stream_name(service), seq=seq)
    except NotFoundError:
        return None
    try:
        return _incoming(found.headers or {}, seq, found.data or b"")
    except (KeyError, ValueError) as problem:
        raise foreign_message(found.subject or "") from problem


def foreign_message(subject: str) -> Untrusted:
    """The error for a message in one of our streams that no relay of ours wrote."""
    said = f"消息流里有一条不是本系统写入的消息（主题 {subject}）, 已停止读取。"
    remedy = "请查明是谁写入；停止系统后删除 jetstream 目录, 重新启动即由各库原样补齐。"
    return Untrusted("message.unreadable", said, remedy)
