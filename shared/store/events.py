"""An event on its way into a store, and the identity under which a store signs its events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.envelope import Actor, Recorded, Standing


@dataclass(frozen=True, slots=True)
class Source:
    """Who writes into a store: a service, the node it runs for, and the store's random epoch.

    A store that is made anew gets another epoch, so that its positions are never mistaken for
    those of the one before.
    """

    service: str
    node: str
    epoch: str

    @property
    def name(self) -> str:
        return f"{self.service}@{self.node}"


@dataclass(frozen=True, slots=True)
class Stream:
    """What events belong to: their stream, the unit concerned and the incident (or itself)."""

    kind: str
    id: UUID
    unit: str
    correlation: UUID
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who did it, when it happened (UTC), what led to it, and whether it is live or imported."""

    actor: Actor
    occurred_at: datetime
    cause: UUID | None = None
    standing: Standing = "live"


@dataclass(frozen=True, slots=True)
class Appended:
    """Events as stored, with the position of the last of them in their store."""

    events: Sequence[Recorded]
    position: int
