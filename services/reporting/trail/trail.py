"""The audit trail of one incident (审计轨迹): who did what, when, in order, with a running hash."""

import hashlib
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.reporting.appointments import UnitsOfOfficers
from services.reporting.log.log import Leaf, leaves_of_matter
from services.reporting.packs import Rulings, rulings
from services.reporting.trail.wording import TITLES, reader, what
from services.reporting.unshown import mark
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Envelope, decode, decode_envelope, event_hash
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
    entries, running, ruling = [], hashlib.sha256(b""), rulings(sql)
    units, duties = UnitsOfOfficers(sql), dict[str, str]()
    for leaf in leaves_of_matter(sql, incident, size):
        own = event_hash(leaf.raw)
        running = hashlib.sha256(running.digest() + bytes.fromhex(own.partition(":")[2]))
        title, sentence = _sentence(leaf, vault, ruling, duties)
        known = {"leaf": leaf.leaf, "sequenced_at": leaf.sequenced_at, "title": title}
        hashes = {"hash": own, "running": running.hexdigest()}
        entries.append(TrailEntry(**_told(leaf, sentence, names, units), **known, **hashes))
    return entries


def _told(
    leaf: Leaf, sentence: str, names: dict[str, str], units: UnitsOfOfficers
) -> dict[str, Any]:
    """What the envelope tells; where it cannot be read, what the log knows beside the bytes."""
    try:
        told = decode_envelope(leaf.raw)
    except Untrusted as problem:
        at, why = leaf.sequenced_at, mark(problem, f"leaf {leaf.leaf}")
        nobody = dict.fromkeys(("id", "officer", "post", "unit", "matter_unit", "standing"), "")
        moments = {"occurred_at": at, "recorded_at": at}
        stream = {"type": leaf.type, "stream": leaf.stream, "seq": 0}
        return {**nobody, **moments, **stream, "what": why, "name": None, "policy": None}
    return {
        **{name: getattr(told, name) for name in _AS_TOLD},
        "id": str(told.id),
        "what": sentence,
        "officer": told.actor.officer,
        "name": names.get(told.actor.officer),
        "post": told.actor.post,
        "unit": units.unit_of(told.actor.officer, told.recorded_at) or told.unit,
        "matter_unit": told.unit,
    }


_AS_TOLD = TrailEntry.model_fields.keys() & Envelope.model_fields.keys() - {"id", "unit"}
"""What an entry has as its event's envelope has it."""


def _sentence(leaf: Leaf, vault: Vault, ruling: Rulings, duties: dict[str, str]) -> tuple[str, str]:
    """The event's title and what it says; ``duties`` are those begun so far, by name."""
    try:
        event = decode(leaf.raw)
    except Untrusted as problem:
        return leaf.type, problem.message
    pack = ruling(event.envelope.policy) if event.envelope.policy else None
    sentence = what(event, reader(vault, event), pack)
    if isinstance(event.fact, DutyStarted):
        duties[event.fact.duty] = event.fact.title
    elif duty := getattr(event.fact, "duty", None):
        sentence = f"{duties.get(duty, '')}（{duty}）：{sentence}"
    return TITLES.get(type(event.fact), leaf.type), sentence
