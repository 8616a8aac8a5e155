"""A room (服务) as the process that runs it sees it: its store, its ears, its door, its chores."""

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter

from shared.clock import Clock
from shared.contracts.sealed import Sealed, Unsealed
from shared.identity.officers import Officers
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Checkpoint, pass_by
from shared.store.recorders import open_recorder
from shared.store.store import Store
from shared.vault.vault import Vault

Chore = Callable[[], Awaitable[None]]
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

    def open_store(self, service: str, schema: Sequence[str]) -> Store:
        """Open the room's store with its read models."""
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
    chores: Sequence[Chore] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        return self.store.source.service


def key_id(incident: UUID, subject: str) -> str:
    """The name of the data key for one incident's words of one kind."""
    return f"{incident}/{subject}"
