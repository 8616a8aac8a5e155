"""Wrapped keys in a SQLite file of their own."""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.errors import HuiyinError
from shared.vault import failures

SETTINGS = (
    "PRAGMA secure_delete=ON",  # overwrite what is deleted
    "PRAGMA synchronous=FULL",  # a key is on disk before its ciphertext is
    "PRAGMA temp_store=MEMORY",  # statement journals would copy keys into temporary files
)

# An ordinary rowid table: rows are appended, and pages split without leaving copies of other rows
# behind. WITHOUT ROWID was tried and left wrapped keys in unused page space.
SCHEMA = "CREATE TABLE IF NOT EXISTS data_key (key_id TEXT PRIMARY KEY, wrapped BLOB) STRICT"

FAILURES: dict[int, Callable[[], HuiyinError]] = {
    sqlite3.SQLITE_BUSY: failures.busy,
    sqlite3.SQLITE_LOCKED: failures.busy,
    sqlite3.SQLITE_FULL: failures.full,
    sqlite3.SQLITE_CORRUPT: failures.damaged,
    sqlite3.SQLITE_NOTADB: failures.damaged,
}


class SqliteKeyTable:
    """The key table in the file at ``path``, over one connection. The vault's lock guards it.

    After ``scrub`` the erased bytes are in none of the database's files. What file system and
    disk keep of overwritten blocks is beyond it; rotate the wrapping key for that.
    ``patience`` is how many seconds to wait for other connections.
    """

    def __init__(self, path: Path, *, patience: float = 5.0) -> None:
        self._patience = patience
        with _told():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite itself would ask 0644
            self.connection = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """A write transaction; it holds the database's only write lock from its start."""
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # a full disk may have rolled back already
                self._run("ROLLBACK")
            raise

    def read(self, key_ids: Collection[str]) -> dict[str, bytes | None]:
        """The rows of those ids that exist; a tombstone reads as None."""
        query = (
            "SELECT key_id, wrapped FROM data_key WHERE key_id IN (SELECT value FROM json_each(?))"
        )
        return dict(self._run(query, json.dumps(list(key_ids))))

    def live(self) -> dict[str, bytes]:
        """Every row that is no tombstone."""
        return dict(self._run("SELECT key_id, wrapped FROM data_key WHERE wrapped IS NOT NULL"))

    def add(self, rows: Mapping[str, bytes]) -> None:
        """New rows; rows that exist stay as they are."""
        statement = "INSERT INTO data_key (key_id, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING"
        with _told():
            self.connection.executemany(statement, rows.items())

    def replace(self, rows: Mapping[str, bytes]) -> None:
        """New wrapped bytes for existing rows."""
        statement = "UPDATE data_key SET wrapped = ?2 WHERE key_id = ?1"
        with _told():
            self.connection.executemany(statement, rows.items())

    def erase(self, incident: str) -> tuple[str, ...]:
        """Turns the incident's rows into tombstones; returns their ids, sorted."""
        own = (f"{incident}/", f"{incident}0")  # "0" follows "/": every id under the incident
        self._run("UPDATE data_key SET wrapped = NULL WHERE key_id > ? AND key_id < ?", *own)
        rows = self._run(
            "SELECT key_id FROM data_key WHERE key_id > ? AND key_id < ? ORDER BY key_id", *own
        )
        return tuple(key_id for (key_id,) in rows)

    def scrub(self) -> None:
        """Moves everything from the write-ahead log into the database and empties the log.

        Raises ``Unavailable`` ("vault.busy") while another connection goes on reading.
        """
        self._patiently(self._emptied_log, failures.not_scrubbed)

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()

    def _prepare(self) -> None:
        for setting in SETTINGS:
            self._run(setting)
        self._patiently(self._write_ahead, failures.busy)
        self._run(SCHEMA)

    def _write_ahead(self) -> bool:
        # SQLite does not wait here by itself when two processes make the file at once.
        try:
            self.connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise _in_our_words(problem) from problem
            return False
        return True

    def _emptied_log(self) -> bool:
        [(busy, _, _)] = self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    def _patiently(self, attempt: Callable[[], bool], failure: Callable[[], HuiyinError]) -> None:
        deadline = time.monotonic() + self._patience
        while not attempt():
            if time.monotonic() > deadline:
                raise failure()
            time.sleep(0.02)

    def _run(self, statement: str, *values: str) -> list[Any]:
        with _told():
            return self.connection.execute(statement, values).fetchall()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as problem:
        raise _in_our_words(problem) from problem


def _in_our_words(problem: Exception) -> HuiyinError:
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF  # extended codes keep theirs above
    return FAILURES.get(code, failures.unreachable)()
