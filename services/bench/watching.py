"""Watching the ledger from a process of its own, so that looking does not slow what is seen."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

EVERY = 0.001
"""Seconds between looks."""

_SEEN = (
    "SELECT source, position FROM log WHERE leaf >= ? AND leaf <"
    " (SELECT position FROM tracking WHERE upstream = 'log') ORDER BY leaf"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An event in the committed ledger, and when it was first seen there (CLOCK_MONOTONIC, s)."""

    service: str
    position: int
    at: float


def ready() -> None:
    """Return as soon as the process that watches is there."""


def watch(database: str, first: int, number: int, within: float) -> Sequence[Seen]:
    """Wait until so many events from leaf ``first`` on are folded; those seen by ``within`` s."""
    seen: list[Seen] = []
    deadline = time.monotonic() + within
    with _changes(database) as changed:
        while len(seen) < number and time.monotonic() < deadline:
            rows = changed(first + len(seen))
            now = time.monotonic()
            seen += [Seen(service, position, now) for service, position in rows]
            time.sleep(EVERY)
    return seen
