"""Wrapped keys in PostgreSQL, in a schema of their own."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import errors

from shared.errors import HuiyinError
from shared.vault import failures

# Advisory, so that it holds nobody's VACUUM up; the number only has to be the same everywhere.
LOCK = "SELECT pg_advisory_xact_lock(7261548093)"

# Bytewise order ("C") so that the ids of one incident form one range.
SCHEMA: tuple[LiteralString, ...] = (
    "CREATE SCHEMA IF NOT EXISTS vault",
    """CREATE TABLE IF NOT EXISTS vault.data_key (
           key_id text COLLATE "C" PRIMARY KEY,
           wrapped bytea)""",
)

FAILURES: tuple[tuple[type[psycopg.Error], Callable[[], HuiyinError]], ...] = (
    (errors.LockNotAvailable, failures.busy),
    (errors.DiskFull, failures.full),
)


class PostgresKeyTable:
    """The key table in the database at ``url``, over one connection. The vault's lock guards it.

    ``scrub`` runs VACUUM on the table, which frees erased rows once no older transaction can see
    them. Freed page space, the server's write-ahead log, replicas and backups keep the wrapped
    bytes for a while: those are the operator's side, and rotating the wrapping key covers them.
    A lost connection is told as ``Unavailable`` once and made anew by the next call.
    ``patience`` is how many seconds to wait for other connections.
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
        """A transaction under the vault's lock; it sees all that earlier holders committed."""
        with _told(), self._live_connection().transaction():
            self._run(LOCK)
            yield

    def read(self, key_ids: Collection[str]) -> dict[str, bytes | None]:
        """The rows of those ids that exist; a tombstone reads as None."""
        query: LiteralString = "SELECT key_id, wrapped FROM vault.data_key WHERE key_id = ANY(%s)"
        return dict(self._rows(query, list(key_ids)))

    def live(self) -> dict[str, bytes]:
        """Every row that is no tombstone."""
        return dict(
            self._rows("SELECT key_id, wrapped FROM vault.data_key WHERE wrapped IS NOT NULL")
        )

    def add(self, rows: Mapping[str, bytes]) -> None:
        """New rows; rows that exist stay as they are."""
        self._run(
            """INSERT INTO vault.data_key (key_id, wrapped)
               SELECT * FROM unnest(%s::text[], %s::bytea[]) ON CONFLICT DO NOTHING""",
            list(rows.keys()),
            list(rows.values()),
        )

    def replace(self, rows: Mapping[str, bytes]) -> None:
        """New wrapped bytes for existing rows."""
        self._run(
            """UPDATE vault.data_key AS old SET wrapped = new.wrapped
               FROM unnest(%s::text[], %s::bytea[]) AS new(key_id, wrapped)
               WHERE old.key_id = new.key_id""",
            list(rows.keys()),
            list(rows.values()),
        )

    def erase(self, incident: str) -> tuple[str, ...]:
        """Turns the incident's rows into tombstones; returns their ids, sorted."""
        own = (f"{incident}/", f"{incident}0")  # "0" follows "/": every id under the incident
        self._run(
            """UPDATE vault.data_key SET wrapped = NULL
               WHERE key_id > %s AND key_id < %s AND wrapped IS NOT NULL""",
            *own,
        )
        rows = self._rows(
            "SELECT key_id FROM vault.data_key WHERE key_id > %s AND key_id < %s ORDER BY key_id",
            *own,
        )
        return tuple(key_id for (key_id,) in rows)

    def scrub(self) -> None:
        """VACUUM of the table, outside any transaction."""
        self._run("VACUUM vault.data_key")

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _prepare(self) -> None:
        [(table,)] = self._rows("SELECT to_regclass('vault.data_key')")
        if table is None:  # asked first: the service's role need not be allowed to create schemas
            with self.exclusive():
                for statement in SCHEMA:
                    self._run(statement)

    def _connected(self) -> psycopg.Connection[Any]:
        with _told():
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            # Each statement must see what was committed while we waited for the lock.
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            set_to = "SELECT set_config(%s, %s, false)"
            connection.execute(set_to, ("lock_timeout", f"{int(self._patience * 1000)}ms"))
            # A key must be on disk before its ciphertext is.
            connection.execute(set_to, ("synchronous_commit", "on"))
            return connection

    def _live_connection(self) -> psycopg.Connection[Any]:
        if self._connection.closed:
            self._connection = self._connected()
        return self._connection

    def _run(self, statement: LiteralString, *values: Any) -> None:
        with _told():
            self._live_connection().execute(statement, values)

    def _rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        with _told():
            return self._live_connection().execute(query, values).fetchall()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as problem:
        raise _in_our_words(problem) from problem


def _in_our_words(problem: psycopg.Error) -> HuiyinError:
    for kind, failure in FAILURES:
        if isinstance(problem, kind):
            return failure()
    return failures.unreachable()
