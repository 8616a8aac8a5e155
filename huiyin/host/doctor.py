"""The doctor (体检): how every room is, what is wrong, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from huiyin.host import findings
from huiyin.host.findings import Symptom
from huiyin.host.premises import Premises, versions
from shared.contracts.catalogue import Contract
from shared.messaging.broker import Broker
from shared.messaging.status import Halt, RoomStatus


class Report(Contract):
    """How the county is; ``healthy`` unless something is an error.

    ``versions`` are those of the process that reports; each room tells its own. ``sizes`` are
    bytes: of each room's database, of the vault and others, of the nats directory. ``key_print``
    begins the SHA-256 of the wrapping key's file.
    """

    healthy: bool
    running: bool
    free_bytes: int
    rooms: tuple[RoomStatus, ...]
    findings: tuple[Symptom, ...]
    versions: dict[str, str]
    sizes: dict[str, int]
    nats: Broker | None
    key_print: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """What the doctor is shown; ``broker`` is none while nothing runs.

    ``halts`` are the process's own, ``moved_from`` is a port that nats-server had to give up.
    """

    rooms: Sequence[RoomStatus]
    premises: Premises
    running: bool
    broker: Broker | None = None
    halts: Sequence[Halt] = ()
    moved_from: int | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def examine(seen: Examined) -> Report:
    """Look at everything and say what to do, what is worst first."""
    found = [
        *findings.of_process(seen.halts),
        *findings.of_broker(seen.broker, seen.moved_from, seen.rooms, seen.premises),
        *findings.of_rooms(seen.rooms, seen.now, running=seen.running),
        *findings.of_premises(seen.premises),
    ]
    found.sort(key=lambda finding: finding.level != "error")
    return Report(
        healthy=all(finding.level != "error" for finding in found),
        running=seen.running,
        free_bytes=seen.premises.free_bytes,
        rooms=tuple(seen.rooms),
        findings=tuple(found),
        versions=_versions(seen),
        sizes={room.service: room.stored_bytes for room in seen.rooms} | seen.premises.sizes,
        nats=seen.broker,
        key_print=seen.premises.key_print,
    )


def _versions(seen: Examined) -> dict[str, str]:
    """With the database and the nats-server that are really there."""
    databases = {room.database for room in seen.rooms if room.database}
    said = versions() | ({"database": "、".join(sorted(databases))} if databases else {})
    if seen.broker and seen.broker.version:
        said["nats-server"] = seen.broker.version
    return said
