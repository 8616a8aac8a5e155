"""Tables in a SQLite file or a PostgreSQL schema, opened to transactions of our own."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from eventsourcing.postgres import PostgresDatastore
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteDatastore

from shared.store.sql import CursorSql, Sql

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
            yield CursorSql(cursor, postgres=False)

    def making(self) -> AbstractContextManager[Sql]:
        return self.writing()

    @contextmanager
    def reading(self) -> Iterator[Sql]:
        with self.datastore.transaction(commit=False) as cursor:
            yield CursorSql(cursor, postgres=False)

    def close(self) -> None:
        self.datastore.close()


class PostgresTables:
    """Tables in one schema of a PostgreSQL database."""

    datastore: PostgresDatastore

    def __init__(self, url: str, schema: str) -> None:
        self.datastore = postgres_datastore(url, schema)

    @contextmanager
    def writing(self) -> Iterator[Sql]:
        with self.datastore.transaction(commit=True) as cursor:
            yield CursorSql(cursor, postgres=True)

    @contextmanager
    def making(self) -> Iterator[Sql]:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(_ONE_MAKER)
            yield CursorSql(cursor, postgres=True)

    @contextmanager
    def reading(self) -> Iterator[Sql]:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield CursorSql(cursor, postgres=True)

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
