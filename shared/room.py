"""A room (服务) as the process that runs it sees it: its store, its ears, its door, its chores."""

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from fastapi import APIRouter

from shared.clock import Clock
from shared.contracts.envelope import Actor
from shared.contracts.sealed import Sealed, Unsealed
from shared.errors import Untrusted
from shared.identity.officers import Officers
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Checkpoint, pass_by
from shared.messaging.renewal import Renewal
from shared.store.database import open_recorder
from shared.store.readmodel import ReadModel
from shared.store.sql import Sql
from shared.store.store import Store
from shared.vault.vault import Vault


class Follower(Protocol):
    """Something that applies a sequence of events in order."""

    upstream: str
    halted: Untrusted | None

    async def release(self, matter: str, actor: Actor) -> int:
        """Apply a matter's parked events after what stopped them was mended; returns how many.

        Raises what applying raises, and then nothing is changed.
        """


Chore = Callable[[], Coroutine[Any, Any, None]]
"""Something that runs beside the room until cancelled, such as a scheduler."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every room is given: where its tables live, for which node (县), and shared libraries.

    ``location`` is a directory (SQLite) or a postgresql:// URL. ``writer`` is the thread that
    writes, or none for a thread of the room's own.
    """

    location: str
    node: str
    clock: Clock
    vault: Vault
    officers: Officers
    writer: Executor | None = None
    checkpoint: Checkpoint = pass_by

    def open_store(self, service: str, schema: Sequence[str] = ()) -> Store:
        """Open the room's store, with such tables of its own as no release ever makes anew."""
        return Store.open(
            open_recorder(self.location, service),
            service=service,
            node=self.node,
            clock=self.clock,
            seal_for=self._seal_for,
            schema=schema,
            writer=self.writer,
        )

    def _seal_for(self, incident: UUID, words: Unsealed, associated: bytes) -> Sealed:
        return self.vault.seal(key_id(incident, words.subject), words.words, associated)


@dataclass(frozen=True, slots=True)
class Room:
    """A room, wired and ready to run."""

    store: Store
    consumers: Sequence[Consumer]
    router: APIRouter
    chores: Sequence[Chore]
    model: ReadModel
    renewal: Renewal | None = None
    ends: Callable[[Sql], dict[str, int]] | None = None
    also_follows: Sequence[Follower] = ()
    checkpoint: Checkpoint = pass_by

    @property
    def followers(self) -> Sequence[Follower]:
        """Everything in the room that applies events in order, and may set some aside."""
        return (*self.consumers, *self.also_follows)

    @property
    def name(self) -> str:
        return self.store.source.service


SUBJECTS = ("matter", "contact", "reply")
"""Whose words an incident holds, each under a data key of its own."""


def key_id(incident: UUID, subject: str) -> str:
    """The name of the data key for one incident's words of one kind."""
    return f"{incident}/{subject}"
