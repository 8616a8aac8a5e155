"""The event tables: the ``eventsourcing`` library's recorders, opened to our own transactions.

An event's bytes go into ``state`` unchanged; ``topic`` is its stable name, never a Python path.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.sqlite import SQLiteApplicationRecorder

from shared.store.failures import translated
from shared.store.sql import CursorSql, Sql
from shared.store.tables import (
    PostgresTables,
    SqliteTables,
    Tables,
    postgres_datastore,
    sqlite_datastore,
)


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
        assert isinstance(sql, CursorSql)
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
            yield CursorSql(cursor, postgres=True)

    def insert(self, sql: Sql, events: Sequence[StoredEvent]) -> Sequence[int]:
        assert isinstance(sql, CursorSql)
        self._insert_stored_events(sql.cursor, events)
        return self._fetch_ids_after_insert_events(sql.cursor, events) or ()

    def notifications(self, after: int, limit: int) -> Sequence[Notification]:
        found: Sequence[Notification] = self.select_notifications(
            after, limit, inclusive_of_start=False
        )
        return found


def open_recorder(location: str, service: str) -> Recorder:
    """A service's event tables: a file in the directory, or a schema at a postgresql:// URL.

    Raises Unavailable ``store.*`` when they cannot be opened.
    """
    with translated():
        if location.startswith("postgresql://"):
            return PostgresRecorder(location, service)
        return SqliteRecorder(Path(location) / f"{service}.db")
