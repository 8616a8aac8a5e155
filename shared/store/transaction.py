"""What a piece of work may do inside one transaction of a store."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from shared.contracts.catalogue import Fact
from shared.contracts.envelope import (
    Actor,
    Envelope,
    Recorded,
    Standing,
    decode,
    encode,
    event_hash,
)
from shared.contracts.sealed import Sealed, Unsealed
from shared.store.database import Recorder
from shared.store.failures import BROKEN
from shared.store.sql import Sql


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


SealFor = Callable[[UUID, Unsealed, bytes], Sealed]
"""Seals words under the data key of an incident and subject, with associated data."""


class Transaction:
    """Load streams, append events and change read models, all of it together or none of it.

    ``now`` is the moment recorded for everything done here (UTC, strictly later than any moment
    this store recorded before).
    """

    def __init__(
        self, sql: Sql, recorder: Recorder, source: Source, now: datetime, seal_for: SealFor
    ) -> None:
        self.sql = sql
        self.now = now
        self.source = source
        self._recorder = recorder
        self._seal_for = seal_for
        self._heads: dict[UUID, tuple[int, str | None]] = {}
        self.appended = 0
        self._stream: Stream | None = None
        self._last = ("", 0)

    def load(self, stream: UUID) -> list[Recorded]:
        """Every event of a stream, in order."""
        rows = self.sql.all(
            "SELECT state FROM stored_events WHERE originator_id = ? ORDER BY originator_version",
            (self._spell(stream),),
        )
        events = [decode(bytes(row["state"])) for row in rows]
        if events:
            self._heads[stream] = (len(events), event_hash(events[-1].raw))
        return events

    def append(self, stream: Stream, facts: Sequence[Fact], by: By) -> Appended:
        """Append facts to their stream as events; the bytes are made here and never again.

        Raises Invalid ``event.too-large``.
        """
        if not facts:
            return Appended((), self.position())
        events = [self._record(stream, fact, by) for fact in facts]
        positions = self._recorder.insert(self.sql, [_stored(event) for event in events])
        self._note(stream, (facts[-1].TYPE, positions[-1]))
        self.appended += len(events)
        return Appended(events, positions[-1])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail alone: what it wrote is undone, and the problem passed on."""
        heads = dict(self._heads)
        self.sql.execute("SAVEPOINT part")
        try:
            yield
        except BROKEN:
            raise  # the whole transaction is gone
        except Exception:
            self._heads = heads
            self.sql.execute("ROLLBACK TO SAVEPOINT part")
            self.sql.execute("RELEASE SAVEPOINT part")
            raise
        self.sql.execute("RELEASE SAVEPOINT part")

    @property
    def about(self) -> Mapping[str, object]:
        """What a log line says of what was appended here; nothing unless it is of one matter."""
        if self._stream is None:
            return {}
        type_, position = self._last
        incident = str(self._stream.correlation)
        unit = self._stream.unit
        return {"unit": unit, "incident": incident, "type": type_, "position": position}

    def position(self) -> int:
        """The position of the last event in this store (0 when empty)."""
        return last_position(self.sql, self._recorder)

    def _note(self, stream: Stream, last: tuple[str, int]) -> None:
        if self.appended == 0:
            self._stream = stream
        elif self._stream is not None and self._stream.correlation != stream.correlation:
            self._stream = None
        self._last = last

    def _record(self, stream: Stream, fact: Fact, by: By) -> Recorded:
        seq, prev = self._head(stream.id)
        chance = secrets.token_bytes(32)  # asked for once: each time gives up the interpreter
        envelope = Envelope(
            id=UUID(bytes=chance[:16], version=4),
            type=fact.TYPE,
            source=self.source.name,
            epoch=self.source.epoch,
            stream=f"{self.source.service}/{stream.kind}/{stream.id}",
            seq=seq + 1,
            prev=prev,
            unit=stream.unit,
            actor=by.actor,
            occurred_at=by.occurred_at,
            recorded_at=self.now,
            cause=by.cause,
            correlation=stream.correlation,
            policy=stream.policy,
            salt=urlsafe_b64encode(chance[16:]).decode().rstrip("="),
            standing=by.standing,
        )
        stored, raw = encode(envelope, fact, partial(self._seal_for, stream.correlation))
        self._heads[stream.id] = (seq + 1, event_hash(raw))
        return Recorded(envelope, stored, raw)

    def _head(self, stream: UUID) -> tuple[int, str | None]:
        if stream not in self._heads:
            self._heads[stream] = self._read_head(stream)
        return self._heads[stream]

    def _read_head(self, stream: UUID) -> tuple[int, str | None]:
        row = self.sql.one(
            "SELECT originator_version, state FROM stored_events"
            " WHERE originator_id = ? ORDER BY originator_version DESC LIMIT 1",
            (self._spell(stream),),
        )
        if row is None:
            return 0, None
        return row["originator_version"], event_hash(bytes(row["state"]))

    def _spell(self, stream: UUID) -> object:
        return self._recorder.spell_id(stream)


def last_position(sql: Sql, recorder: Recorder) -> int:
    """The position of the last event of a store (0 when empty)."""
    row = sql.one(f"SELECT MAX({recorder.position_column}) AS last FROM stored_events")
    return (row and row["last"]) or 0


def _stored(event: Recorded) -> StoredEvent:
    envelope = event.envelope
    return StoredEvent(envelope.stream_id, envelope.seq, envelope.type, event.raw)
