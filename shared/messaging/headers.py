"""Faster header parsing for the client, until the library mends it.

nats-py looks at every character of every header name of every message for white space; with a
dozen CloudEvents headers that is the greater part of what delivering a message costs. The names in
our streams are written by our relays. ``install`` puts ``parse`` in the client's place for the
whole process.
"""

from nats.aio.client import Client


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
