"""The broker as a client of ours sees it: reachable, its version, what JetStream keeps."""

import nats.errors
from nats.aio.client import Client
from nats.js.errors import APIError

from shared.contracts.catalogue import Contract

ANSWER_WITHIN = 1.0
"""Seconds to wait until JetStream says what it keeps."""


class Broker(Contract):
    """NATS as it is now; ``address`` is host and port without the token."""

    reachable: bool
    address: str
    version: str
    stored_bytes: int


async def examined(client: Client, address: str) -> Broker:
    """Ask; a broker or a JetStream that does not answer is not reachable."""
    at = client.connected_server_version
    version = f"{at.major}.{at.minor}.{at.patch}" if client.is_connected else ""
    try:
        kept = await client.jetstream(timeout=ANSWER_WITHIN).account_info()
    except (APIError, nats.errors.Error, TimeoutError, OSError):
        return Broker(reachable=False, address=address, version=version, stored_bytes=0)
    return Broker(reachable=True, address=address, version=version, stored_bytes=kept.storage)


def address_of(url: str) -> str:
    """Host and port of a ``nats://token@host:port`` address."""
    return url.rpartition("://")[2].rpartition("@")[2]
