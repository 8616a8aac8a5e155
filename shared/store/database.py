"""Tables in a SQLite file or a PostgreSQL schema, opened to transactions of our own.

Event tables are those of the ``eventsourcing`` library's recorders: an event's bytes go into
``state`` unchanged, and ``topic`` is its stable name, never a Python path.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
)

from shared.store.failures import translated
from shared.store.sql import Sql

BUSY_SECONDS = 5.0
"""How long to wait for another process's write."""

_ONE_MAKER = "SELECT pg_advisory_xact_lock(hashtext('huiyin.schema'))"


class Tables(Protocol):
    """What it takes to work with tables, whatever database holds them."""

    def writing(self) -> AbstractContextManager[Sql]:
        """A transaction; committed at the end unless something is raised."""

    def making(self) -> AbstractContextManager[Sql]:
        """A transaction that makes tables where they are missing, one process at a time."""

    def reading(self) -> AbstractContextManager[Sql]:
        """A consistent view of what is committed."""

    def close(self) -> None:
        """Give the connections back."""


class SqliteTables:
    """Tables in one SQLite file (WAL, synchronous FULL)."""

    datastore: SQLiteDatastore

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.datastore = sqlite_datastore(path, read_only=read_only)

    @contextmanager
    def writing(self) -> Iterator[Sql]:
        """A transaction; its first statement must write, or two processes meet "locked"."""
        with self.datastore.transaction(commit=True) as cursor:
            yield Sql(cursor, postgres=False)

    def making(self) -> AbstractContextManager[Sql]:
        return self.writing()

    @contextmanager
    def reading(self) -> Iterator[Sql]:
        with self.datastore.transaction(commit=False) as cursor:
            yield Sql(cursor, postgres=False)

    def close(self) -> None:
        self.datastore.close()


class PostgresTables:
    """Tables in one schema of a PostgreSQL database."""

    datastore: PostgresDatastore

    def __init__(self, url: str, schema: str) -> None:
        self.datastore = postgres_datastore(url, schema)

    def writing(self) -> AbstractContextManager[Sql]:
        return self._beginning()

    def making(self) -> AbstractContextManager[Sql]:
        return self._beginning(_ONE_MAKER)

    def reading(self) -> AbstractContextManager[Sql]:
        return self._beginning("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @contextmanager
    def _beginning(self, first: str | None = None) -> Iterator[Sql]:
        with self.datastore.transaction(commit=True) as cursor:
            if first is not None:
                cursor.execute(first)
            yield Sql(cursor, postgres=True)

    def close(self) -> None:
        self.datastore.close()


def open_tables(location: str, name: str) -> Tables:
    """The tables called ``name``: a file in the directory, or a schema at a postgresql:// URL."""
    if location.startswith("postgresql://"):
        return PostgresTables(location, name)
    return SqliteTables(Path(location) / f"{name}.db")


def sqlite_datastore(path: Path, *, read_only: bool) -> SQLiteDatastore:
    """Connections to one SQLite file."""
    mode = "ro" if read_only else "rwc"
    datastore = SQLiteDatastore(f"file:{quote(str(path))}?mode={mode}")
    datastore.pool = _Pool(db_name=datastore.pool.db_name)
    return datastore


class _Pool(SQLiteConnectionPool):
    """The library's pool with room for prepared statements.

    The library's own connections keep a single one, so that nearly every statement is prepared
    again; and they do not wait when two processes turn a new file to write-ahead logging at once.
    """

    def _create_connection(self) -> SQLiteConnection:
        connection = sqlite3.connect(
            self.db_name,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            cached_statements=256,
        )
        connection.row_factory = sqlite3.Row
        _log_ahead(connection)
        return SQLiteConnection(connection, max_age=self.max_age)


def _log_ahead(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def postgres_datastore(url: str, schema: str) -> PostgresDatastore:
    """Connections to a PostgreSQL database that see one schema, which is made if missing."""
    parts = urlsplit(url)
    datastore = PostgresDatastore(
        dbname=parts.path.lstrip("/"),
        host=parts.hostname or "127.0.0.1",
        port=str(parts.port or 5432),
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or ""),
        schema=schema,
        pool_size=1,
        max_overflow=8,
        pre_ping=True,  # else a restarted database fails one request for each old connection
    )
    # Our own tables live in the same schema; the pool has not been opened yet.
    datastore.pool.kwargs["options"] = f"-c search_path={schema}"  # type: ignore[index]
    with datastore.transaction(commit=True) as cursor:
        cursor.execute(_ONE_MAKER)
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    return datastore


class Recorder(Tables, Protocol):
    """What a store needs of a database; ``writing()`` excludes every other writer."""

    position_column: str

    def spell_id(self, stream: UUID) -> object:
        """A stream's id as this database keeps it."""

    def insert(self, sql: Sql, events: Sequence[StoredEvent]) -> Sequence[int]:
        """Insert events inside ``writing()``; returns their positions in commit order."""

    def notifications(self, after: int, limit: int) -> Sequence[Notification]:
        """The events behind position ``after``, in order."""


class SqliteRecorder(SqliteTables, SQLiteApplicationRecorder):
    """A store in one SQLite file."""

    position_column = "rowid"

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        SQLiteApplicationRecorder.__init__(self, sqlite_datastore(path, read_only=read_only))
        if not read_only:
            self.create_table()

    def spell_id(self, stream: UUID) -> object:
        return stream.hex

    def insert(self, sql: Sql, events: Sequence[StoredEvent]) -> Sequence[int]:
        return self._insert_events(sql.cursor, events) or ()

    def notifications(self, after: int, limit: int) -> Sequence[Notification]:
        return self.select_notifications(after, limit, inclusive_of_start=False)


class PostgresRecorder(PostgresTables, PostgresApplicationRecorder):
    """A store in one schema of a PostgreSQL database.

    Database functions stay off: with them the library skips the table lock that keeps the order of
    positions the order of commits.
    """

    position_column = "notification_id"

    def __init__(self, url: str, schema: str) -> None:
        PostgresApplicationRecorder.__init__(self, postgres_datastore(url, schema))
        with self.making():  # one process at a time
            self.create_table()

    def spell_id(self, stream: UUID) -> object:
        return stream

    @contextmanager
    def writing(self) -> Iterator[Sql]:
        with self.datastore.transaction(commit=True) as cursor:
            self._lock_table(cursor)
            yield Sql(cursor, postgres=True)

    def insert(self, sql: Sql, events: Sequence[StoredEvent]) -> Sequence[int]:
        self._insert_stored_events(sql.cursor, events)
        return self._fetch_ids_after_insert_events(sql.cursor, events) or ()

    def notifications(self, after: int, limit: int) -> Sequence[Notification]:
        return list(self.select_notifications(after, limit, inclusive_of_start=False))


def open_recorder(location: str, service: str) -> Recorder:
    """A service's event tables: a file in the directory, or a schema at a postgresql:// URL.

    Raises Unavailable ``store.*`` when they cannot be opened.
    """
    with translated():
        if location.startswith("postgresql://"):
            return PostgresRecorder(location, service)
        return SqliteRecorder(Path(location) / f"{service}.db")
