"""Titles to search in, opened in memory only and forgotten again: no table holds words.

Built when somebody first searches and brought up to the log's end before each search, so that what
was erased meanwhile is gone. At most ``LARGEST`` titles are held, the newest.
"""

import threading
from contextlib import suppress

from services.reporting.log.log import head
from services.reporting.trail.wording import ERASED, reader
from shared.contracts.catalogue import names, newest
from shared.contracts.envelope import decode
from shared.contracts.intake import IncidentRegistered
from shared.contracts.reporting import IncidentErased
from shared.errors import Untrusted
from shared.store.sql import Row, Sql
from shared.vault.vault import Vault

LARGEST = 50_000
"""Titles held."""

MOST = 5_000
"""Incidents that one search by title finds, the newest."""

_TELLING = (IncidentRegistered.TYPE, IncidentErased.TYPE)

_STEP = 2_000
"""Leaves looked at in one go."""


class Titles:
    """The titles of incidents by the words in them; for all threads of a process."""

    def __init__(self, vault: Vault, largest: int = LARGEST) -> None:
        self._vault = vault
        self._largest = largest
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._size = 0

    def matching(self, sql: Sql, words: str) -> list[str]:
        """The incidents whose title contains the words, upper and lower case alike."""
        wanted = words.casefold()
        with self._lock:
            self._catch_up(sql)
            found = [incident for incident, title in self._held.items() if wanted in title]
        return found[-MOST:]

    def warm(self, sql: Sql) -> bool:
        """Open some of what is not open yet, before somebody searches; whether there is more."""
        with self._lock:
            size, _ = head(sql)
            self._open(sql, min(self._size + _STEP, size))
            return self._size < size

    def clear(self) -> None:
        """Forget everything; the next search opens what can still be opened."""
        with self._lock:
            self._held.clear()
            self._size = 0

    def _catch_up(self, sql: Sql) -> None:
        size, _ = head(sql)
        while self._size < size:
            self._open(sql, min(self._size + _STEP, size))

    def _open(self, sql: Sql, end: int) -> None:
        for row in _telling(sql, self._size, end):
            with suppress(Untrusted):  # what cannot be read cannot be found; the trail says so
                self._note(row)
        self._size = max(self._size, end)

    def _note(self, row: Row) -> None:
        incident = row["correlation"]
        if newest(row["type"]) == IncidentErased.TYPE:
            self._held.pop(incident, None)
            return
        title = reader(self._vault, decode(bytes(row["raw"])))("title")
        if title != ERASED:
            self._held[incident] = title.casefold()
        if len(self._held) > self._largest:
            del self._held[next(iter(self._held))]


def _telling(sql: Sql, start: int, end: int) -> list[Row]:
    """Registrations and erasures between two leaves, in order."""
    kinds = [name for name in names() if newest(name) in _TELLING]
    either = " OR ".join("type = ?" for _ in kinds)
    return sql.all(
        "SELECT type, correlation, raw FROM log WHERE leaf >= ? AND leaf < ?"
        f" AND ({either}) ORDER BY leaf",
        (start, end, *kinds),
    )
