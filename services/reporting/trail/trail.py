"""The audit trail of one incident (审计轨迹): who did what, when, in order, with a running hash."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel

from services.reporting.log.log import Leaf, leaves_of_matter
from services.reporting.packs import Rulings
from services.reporting.trail.wording import TITLES, reader, what
from services.reporting.unshown import mark
from shared.contracts.envelope import Recorded, decode, decode_envelope, event_hash
from shared.errors import Untrusted
from shared.store.sql import Sql
from shared.vault.vault import Vault


class TrailEntry(BaseModel):
    """One event of the trail. ``running`` covers this entry and all before it.

    It is SHA-256 over the running hash before (32 bytes) and the event's own hash (32 bytes),
    beginning with the SHA-256 of nothing.
    """

    leaf: int
    id: str
    type: str
    title: str
    what: str
    officer: str
    name: str | None
    post: str
    unit: str
    occurred_at: datetime
    recorded_at: datetime
    sequenced_at: datetime
    stream: str
    seq: int
    standing: str
    policy: str | None
    hash: str
    running: str


def trail(
    sql: Sql, incident: str, size: int, vault: Vault, names: dict[str, str]
) -> list[TrailEntry]:
    """Everything on record of an incident within the first ``size`` leaves of the log."""
    leaves, rulings = leaves_of_matter(sql, incident, size), Rulings(sql)
    return list(_entries(leaves, vault, names, rulings))


def _entries(
    leaves: list[Leaf], vault: Vault, names: dict[str, str], rulings: Rulings
) -> Iterator[TrailEntry]:
    running = hashlib.sha256(b"")
    for leaf in leaves:
        own = event_hash(leaf.raw)
        running = hashlib.sha256(running.digest() + bytes.fromhex(own.partition(":")[2]))
        title, sentence = _sentence(leaf, vault, rulings)
        yield _entry(leaf, own, running.hexdigest(), title, sentence, names)


def _entry(
    leaf: Leaf, own: str, running: str, title: str, sentence: str, names: dict[str, str]
) -> TrailEntry:
    try:
        envelope = decode_envelope(leaf.raw)
    except Untrusted as problem:
        return _broken(leaf, own, running, title, mark(problem, f"leaf {leaf.leaf}"))
    return TrailEntry(
        leaf=leaf.leaf,
        id=str(envelope.id),
        type=envelope.type,
        title=title,
        what=sentence,
        officer=envelope.actor.officer,
        name=names.get(envelope.actor.officer),
        post=envelope.actor.post,
        unit=envelope.unit,
        occurred_at=envelope.occurred_at,
        recorded_at=envelope.recorded_at,
        sequenced_at=leaf.sequenced_at,
        stream=envelope.stream,
        seq=envelope.seq,
        standing=envelope.standing,
        policy=envelope.policy,
        hash=own,
        running=running,
    )


def _broken(leaf: Leaf, own: str, running: str, title: str, why: str) -> TrailEntry:
    """An entry of which nothing can be read: what the log knows of it beside its bytes."""
    at = leaf.sequenced_at
    return TrailEntry(
        leaf=leaf.leaf,
        id="",
        type=leaf.type,
        title=title,
        what=why,
        officer="",
        name=None,
        post="",
        unit="",
        occurred_at=at,
        recorded_at=at,
        sequenced_at=at,
        stream=leaf.stream,
        seq=0,
        standing="",
        policy=None,
        hash=own,
        running=running,
    )


def _sentence(leaf: Leaf, vault: Vault, rulings: Rulings) -> tuple[str, str]:
    try:
        event: Recorded = decode(leaf.raw)
    except Untrusted as problem:
        return leaf.type, problem.message
    pack = rulings.of(event.envelope.policy) if event.envelope.policy else None
    return TITLES.get(type(event.fact), leaf.type), what(event, reader(vault, event), pack)
