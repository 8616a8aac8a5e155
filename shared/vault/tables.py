"""Wrapped keys in a SQLite file of their own, or in a PostgreSQL schema of their own."""

import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from shared.errors import HuiyinError
from shared.vault import failures

SETTINGS = (
    "PRAGMA secure_delete=ON",  # overwrite what is deleted
    "PRAGMA synchronous=FULL",  # a key is on disk before its ciphertext is
    "PRAGMA temp_store=MEMORY",  # statement journals would copy keys into temporary files
)

# An ordinary rowid table: rows are appended, and pages split without leaving copies of other rows
# behind. WITHOUT ROWID was tried and left wrapped keys in unused page space.
SQLITE_SCHEMA = "CREATE TABLE IF NOT EXISTS data_key (key_id TEXT PRIMARY KEY, wrapped BLOB) STRICT"

# Advisory, so that it holds nobody's VACUUM up; the number only has to be the same everywhere.
LOCK = "SELECT pg_advisory_xact_lock(7261548093)"

# Bytewise order ("C") so that the ids of one incident form one range.
POSTGRES_SCHEMA = (
    "CREATE SCHEMA IF NOT EXISTS vault",
    'CREATE TABLE IF NOT EXISTS vault.data_key (key_id text COLLATE "C" PRIMARY KEY,'
    " wrapped bytea)",
)

FAILURES: Mapping[object, Callable[[], HuiyinError]] = {
    sqlite3.SQLITE_BUSY: failures.busy,
    sqlite3.SQLITE_LOCKED: failures.busy,
    sqlite3.SQLITE_FULL: failures.full,
    sqlite3.SQLITE_CORRUPT: failures.damaged,
    sqlite3.SQLITE_NOTADB: failures.damaged,
    errors.LockNotAvailable: failures.busy,
    errors.DiskFull: failures.full,
}
"""By SQLite's code, or by the class that PostgreSQL's driver gives the error."""


class KeyTable(ABC):
    """Where wrapped keys are kept. A row without key material is a tombstone, read as None.

    It works over one connection, which the vault's lock guards, and waits ``patience`` seconds for
    others. Every method raises ``Unavailable`` when the storage is full, locked too long or out of
    reach.
    """

    def read(self, key_ids: Collection[str]) -> dict[str, bytes | None]:
        """The rows of those ids that exist."""
        marks = ", ".join("?" * len(key_ids))
        return dict(self._run(f"SELECT * FROM data_key WHERE key_id IN ({marks})", *key_ids))

    def live(self) -> dict[str, bytes]:
        """Every row that is no tombstone."""
        return dict(self._run("SELECT * FROM data_key WHERE wrapped IS NOT NULL"))

    def add(self, rows: Mapping[str, bytes]) -> None:
        """New rows; rows that exist, tombstones among them, stay as they are."""
        statement = "INSERT INTO data_key (key_id, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING"
        self._run_each(statement, rows.items())

    def replace(self, rows: Mapping[str, bytes]) -> None:
        """New wrapped bytes for existing rows."""
        values = ((wrapped, key_id) for key_id, wrapped in rows.items())
        self._run_each("UPDATE data_key SET wrapped = ? WHERE key_id = ?", values)

    def erase(self, incident: str) -> tuple[str, ...]:
        """Turns the incident's rows into tombstones; returns all its tombstones' ids, sorted."""
        own = (f"{incident}/", f"{incident}0")  # "0" follows "/": every id under the incident
        which = "key_id > ? AND key_id < ?"
        self._run(f"UPDATE data_key SET wrapped = NULL WHERE {which} AND wrapped IS NOT NULL", *own)
        rows = self._run(f"SELECT key_id FROM data_key WHERE {which} ORDER BY key_id", *own)
        return tuple(key_id for (key_id,) in rows)

    @abstractmethod
    def exclusive(self) -> AbstractContextManager[None]:
        """One durable transaction that no other writer of the vault overlaps.

        It sees all that earlier holders committed.
        """

    @abstractmethod
    def scrub(self) -> None:
        """Removes from the storage what was erased or replaced, as far as it can."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the storage."""

    @abstractmethod
    def _run(self, statement: str, *values: str) -> list[Any]:
        """Run a statement with ``?`` marks; returns its rows, if it has any."""

    @abstractmethod
    def _run_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row."""


class SqliteKeyTable(KeyTable):
    """The key table in the file at ``path``.

    After ``scrub`` the erased bytes are in none of the database's files. What file system and
    disk keep of overwritten blocks is beyond it; rotate the wrapping key for that.
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
        """It holds the database's only write lock from its start."""
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # a full disk may have rolled back already
                self._run("ROLLBACK")
            raise

    def scrub(self) -> None:
        """Moves everything from the write-ahead log into the database and empties the log.

        Raises ``Unavailable`` ("vault.busy") while another connection goes on reading.
        """
        self._patiently(self._emptied_log, failures.not_scrubbed)

    def close(self) -> None:
        self.connection.close()

    def _prepare(self) -> None:
        for setting in SETTINGS:
            self._run(setting)
        self._patiently(self._write_ahead, failures.busy)
        self._run(SQLITE_SCHEMA)

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

    def _run_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with _told():
            self.connection.executemany(statement, rows)


class PostgresKeyTable(KeyTable):
    """The key table in the database at ``url``.

    ``scrub`` runs VACUUM on the table, which frees erased rows once no older transaction can see
    them. Freed page space, the server's write-ahead log, replicas and backups keep the wrapped
    bytes for a while: those are the operator's side, and rotating the wrapping key covers them.
    A lost connection is told as ``Unavailable`` once and made anew by the next call.
    """

    def __init__(self, url: str, *, patience: float = 5.0) -> None:
        self._url = url
        self._patience = patience
        self._connection = self._connected()
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with _told(), self._live_connection().transaction():
            self._run(LOCK)
            yield

    def scrub(self) -> None:
        # Outside any transaction.
        self._run("VACUUM data_key")

    def close(self) -> None:
        self._connection.close()

    def _prepare(self) -> None:
        [(table,)] = self._run("SELECT to_regclass('vault.data_key')")
        if table is None:  # asked first: the service's role need not be allowed to create schemas
            with self.exclusive():
                for statement in POSTGRES_SCHEMA:
                    self._run(statement)

    def _connected(self) -> psycopg.Connection[Any]:
        with _told():
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            # Each statement must see what was committed while we waited for the lock.
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            set_to = "SELECT set_config(%s, %s, false)"
            connection.execute(set_to, ("lock_timeout", f"{int(self._patience * 1000)}ms"))
            connection.execute(set_to, ("search_path", "vault"))
            # A key must be on disk before its ciphertext is.
            connection.execute(set_to, ("synchronous_commit", "on"))
            return connection

    def _live_connection(self) -> psycopg.Connection[Any]:
        if self._connection.closed:
            self._connection = self._connected()
        return self._connection

    def _run(self, statement: str, *values: str) -> list[Any]:
        with _told():
            cursor = self._live_connection().execute(_spelt(statement), values)
            return cursor.fetchall() if cursor.description else []

    def _run_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with _told(), self._live_connection().cursor() as cursor:
            cursor.executemany(_spelt(statement), rows)


def _spelt(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, psycopg.Error, OSError) as problem:
        raise _in_our_words(problem) from problem


def _in_our_words(problem: Exception) -> HuiyinError:
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF  # extended codes keep theirs above
    return FAILURES.get(code or type(problem), failures.unreachable)()
