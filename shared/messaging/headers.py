"""Headers without the client's detours, until the library mends them.

nats-py looks at every character of every header name for white space when it reads, and strips,
matches and translates every header when it writes; with a dozen CloudEvents headers that is the
greater part of what a message costs. The headers in our streams are made by our relays from events
that were checked. ``install`` puts ``parse`` in the client's place for the whole process;
``publish_all`` hands a page over at once.
"""

from collections.abc import Sequence
from typing import Protocol

from nats.aio.client import Client


class Headed(Protocol):
    """A message with headers whose names and values need no more checking."""

    @property
    def subject(self) -> str: ...

    @property
    def headers(self) -> dict[str, str]: ...

    @property
    def raw(self) -> bytes: ...


async def publish_all(client: Client, messages: Sequence[Headed]) -> None:
    """Publish without waiting for answers, all in one write."""
    if messages:
        await client._send_command(b"".join([_command(message) for message in messages]))
        await client._flush_pending()


def _command(message: Headed) -> bytes:
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
    """Put ``parse`` in place; doing so twice changes nothing."""
    Client._parse_header_lines = staticmethod(parse)  # type: ignore[method-assign]
