"""The audit trail of one incident (审计轨迹): who did what, when, in order, with a running hash."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel

from services.reporting.appointments import Appointments
from services.reporting.log.log import Leaf, leaves_of_matter
from services.reporting.packs import Rulings
from services.reporting.trail.wording import TITLES, reader, what
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Recorded, decode, decode_envelope, event_hash
from shared.errors import Untrusted
from shared.store.sql import Sql
from shared.vault.vault import Vault


class TrailEntry(BaseModel):
    """One event of the trail. ``running`` covers this entry and all before it.

    ``unit`` is the own unit, as of then, of whoever did it in ``post``; ``matter_unit`` the one
    that the event belongs to. The two are one for what the system does.

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
    matter_unit: str
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
    leaves = leaves_of_matter(sql, incident, size)
    return list(_entries(leaves, vault, names, Rulings(sql), Appointments(sql)))


def _entries(
    leaves: list[Leaf],
    vault: Vault,
    names: dict[str, str],
    rulings: Rulings,
    appointments: Appointments,
) -> Iterator[TrailEntry]:
    told: dict[str, str] = {}
    running = hashlib.sha256(b"")
    for leaf in leaves:
        own = event_hash(leaf.raw)
        running = hashlib.sha256(running.digest() + bytes.fromhex(own.partition(":")[2]))
        title, sentence = _sentence(leaf, vault, rulings, told)
        entry = _entry(leaf, own, running.hexdigest(), title, sentence, names)
        unit = appointments.unit_of(entry.officer, entry.recorded_at)
        yield entry.model_copy(update={"unit": unit or entry.unit})


def _entry(
    leaf: Leaf, own: str, running: str, title: str, sentence: str, names: dict[str, str]
) -> TrailEntry:
    envelope = decode_envelope(leaf.raw)
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
        matter_unit=envelope.unit,
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


def _sentence(leaf: Leaf, vault: Vault, rulings: Rulings, told: dict[str, str]) -> tuple[str, str]:
    """The event's title and what it says; ``told`` are the duties begun so far, by name."""
    try:
        event: Recorded = decode(leaf.raw)
    except Untrusted as problem:
        return leaf.type, problem.message
    pack = rulings.of(event.envelope.policy) if event.envelope.policy else None
    sentence = what(event, reader(vault, event), pack)
    if isinstance(event.fact, DutyStarted):
        told[event.fact.duty] = event.fact.title
    elif duty := getattr(event.fact, "duty", None):
        sentence = f"{told.get(duty, '')}（{duty}）：{sentence}"
    return TITLES.get(type(event.fact), leaf.type), sentence
