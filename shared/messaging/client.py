"""Work-arounds for the NATS client, until the libraries mend it; ``install`` puts them in place.

nats-py's ``fetch`` raises the builtin ``TimeoutError`` where FastStream's batch subscriber expects
the client's own, so that the subscriber's task dies with a partial batch in its hands: events are
lost without any error. ``fetch`` also asks the server anew for every batch. ``steady_fetch`` keeps
one long request open, hands over whatever has arrived at once, and raises only
``nats.errors.TimeoutError``.

nats-py looks at every character of every header name for white space when it reads, and strips,
matches and translates every header when it writes; with a dozen CloudEvents headers that is the
greater part of what a message costs. The headers in our streams are made by our relays from events
that were checked: ``parse`` reads them by line, and ``publish_all`` hands a page over at once.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext

from shared.messaging.streams import Outgoing

REQUEST_LIVES = 5.0
"""Seconds for which one pull request stays open at the server."""


class _Request:
    """What is still to come from the request now open at the server."""

    __slots__ = ("connection", "due", "full", "until")

    def __init__(self, full: int) -> None:
        self.full = full
        self.due = 0
        self.until = 0.0
        self.connection = -1

    def is_spent(self, reconnects: int) -> bool:
        return (
            self.due <= self.full // 2
            or time.monotonic() >= self.until
            or self.connection != reconnects
        )

    def renew(self, reconnects: int) -> None:
        self.due = self.full
        self.until = time.monotonic() + REQUEST_LIVES
        self.connection = reconnects


async def steady_fetch(
    self: Any, batch: int = 1, timeout: float | None = 5, heartbeat: float | None = None
) -> list[Msg]:
    """Messages that are here, at most ``batch``; waits up to ``timeout`` seconds for the first.

    FastStream asks for a full batch and then for its remainder: a remainder is only what is
    already here. Raises ``nats.errors.TimeoutError`` when there is none.
    """
    del heartbeat
    request: _Request = self.__dict__.setdefault("_steady", _Request(batch))
    if here := _take(self, request, batch):
        return here
    if batch < request.full:
        raise nats.errors.TimeoutError
    await _ask(self, request)
    return await _wait(self, request, batch, timeout)


async def _ask(self: Any, request: _Request) -> None:
    reconnects = self._nc.stats["reconnects"]
    if request.is_spent(reconnects):
        wanted = {"batch": request.full, "expires": int(REQUEST_LIVES * 1e9)}
        await self._nc.publish(self._nms, json.dumps(wanted).encode(), self._deliver)
        request.renew(reconnects)


async def _wait(self: Any, request: _Request, batch: int, timeout: float | None) -> list[Msg]:
    try:
        first = await self._sub.next_msg(timeout)
    except TimeoutError as problem:  # the builtin one included
        raise nats.errors.TimeoutError from problem
    if not _count(request, first):
        await asyncio.sleep(0.01)  # a status: nobody answered, or the request ended
        raise nats.errors.TimeoutError
    return [first, *_take(self, request, batch - 1)]


def _take(self: Any, request: _Request, most: int) -> list[Msg]:
    queue = self._sub._pending_queue
    here: list[Msg] = []
    while len(here) < most and not queue.empty():
        message = queue.get_nowait()
        queue.task_done()
        self._sub._pending_size -= len(message.data)
        if _count(request, message):
            here.append(message)
    return here


def _count(request: _Request, message: Msg) -> bool:
    """Whether it is a message; a status ends the open request instead."""
    if message.headers and "Status" in message.headers and not message.data:
        request.due = 0
        return False
    request.due -= 1
    return True


def forget_pending(subscription: Any) -> None:
    """Drop what has arrived and not been taken; for use before a consumer is reset."""
    _take(subscription, subscription.__dict__.setdefault("_steady", _Request(1)), 1_000_000)


async def publish_all(client: Client, messages: Sequence[Outgoing]) -> None:
    """Publish without waiting for answers, all in one write; headers are not checked again."""
    if messages:
        await client._send_command(b"".join([_command(message) for message in messages]))
        await client._flush_pending()


def _command(message: Outgoing) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in message.headers.items()])
    head = f"NATS/1.0\r\n{lines}\r\n".encode()
    sizes = b"%d %d" % (len(head), len(head) + len(message.raw))
    return b"HPUB %b %b\r\n%b%b\r\n" % (message.subject.encode(), sizes, head, message.raw)


def parse(raw: bytes) -> dict[str, str]:
    """Headers of a message, ``Name: value`` per line; undecodable bytes become U+FFFD."""
    try:
        return dict([line.split(": ", 1) for line in raw[:-4].decode().split("\r\n")])
    except ValueError:
        return _parse_anything(raw)


def _parse_anything(raw: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in raw.decode("utf-8", "replace").split("\r\n"))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def install() -> None:
    """Put ``steady_fetch`` and ``parse`` in the client's place; twice changes nothing."""
    JetStreamContext.PullSubscription.fetch = steady_fetch  # type: ignore[method-assign]
    Client._parse_header_lines = staticmethod(parse)  # type: ignore[method-assign]
