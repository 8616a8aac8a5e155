"""Watching the ledger from a process of its own, so that looking does not slow what is seen."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

EVERY = 0.001
"""Seconds between looks."""

_FOLDED = (
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
    """Returns once the process that is to watch is there."""


def watch(database: str, first: int, told: int, within: float) -> Sequence[Seen]:
    """Events of intake and routing from leaf ``first`` on, as they are folded.

    Returns when there are ``told`` of them, or after ``within`` seconds with what there was.
    """
    seen: list[Seen] = []
    deadline = time.monotonic() + within
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        while told > 0 and time.monotonic() < deadline:
            rows = connection.execute(_FOLDED, (first,)).fetchall()
            now = time.monotonic()
            first += len(rows)
            fresh = [Seen(name, position, now) for name, position in rows if name in _TOLD]
            told -= len(fresh)
            seen += fresh
            time.sleep(EVERY)
    return seen


_TOLD = ("intake", "routing")
