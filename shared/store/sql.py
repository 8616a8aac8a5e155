"""One small way to speak SQL to SQLite and PostgreSQL alike.

Statements use ``?`` placeholders and the column types TEXT, BIGINT and BYTEA, which mean the same
in both; rows are read by column name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Row = Any
"""A row that answers ``row["column"]``."""

Params = Sequence[Any]

Values = Mapping[str, str | int | None]

T = TypeVar("T")


_FIND_TABLE = {
    "sqlite": "SELECT name AS found FROM sqlite_master WHERE type = 'table' AND name = ?",
    "postgres": "SELECT to_regclass(?)::TEXT AS found",
}


class Sql:
    """A cursor inside one transaction; ``postgres`` turns ``?`` into that driver's placeholder."""

    def __init__(self, cursor: Any, *, postgres: bool) -> None:
        self.cursor = cursor
        self._spell = _percent if postgres else str
        self._find_table = _FIND_TABLE["postgres" if postgres else "sqlite"]

    def execute(self, statement: str, params: Params = ()) -> None:
        """Run a statement whose result is not needed."""
        self.cursor.execute(self._spell(statement), params)

    def executemany(self, statement: str, rows: Iterable[Params]) -> None:
        """Run a statement once for each row."""
        self.cursor.executemany(self._spell(statement), rows)

    def all(self, statement: str, params: Params = ()) -> list[Row]:
        """Every row of the result."""
        self.execute(statement, params)
        return list(self.cursor.fetchall())

    def one(self, statement: str, params: Params = ()) -> Row | None:
        """The first row of the result, or none."""
        self.execute(statement, params)
        return self.cursor.fetchone()

    def has_table(self, name: str) -> bool:
        """Whether there is that table: a database only read may come from an earlier release."""
        found = self.one(self._find_table, (name,))
        return found is not None and found["found"] is not None


@cache
def _percent(statement: str) -> str:
    return statement.replace("?", "%s")


def upsert(sql: Sql, table: str, key: str, columns: Values, opening: Values) -> None:
    """Set ``columns`` of the row whose ``id`` is ``key``; a new row begins with ``opening``."""
    row = {"id": key, **opening, **columns}
    sql.execute(_statement(table, tuple(row), tuple(columns)), tuple(row.values()))


@cache
def _statement(table: str, row: tuple[str, ...], columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        f" ON CONFLICT (id) DO UPDATE SET {changes}"
    )


class OncePerTransaction(Generic[T]):
    """An answer that is read from tables once in each transaction, until it is forgotten."""

    def __init__(self, read: Callable[[Sql], T]) -> None:
        self._read = read
        self._known: WeakKeyDictionary[Sql, T] = WeakKeyDictionary()

    def __call__(self, sql: Sql) -> T:
        if sql not in self._known:
            self._known[sql] = self._read(sql)
        return self._known[sql]

    def forget(self, sql: Sql) -> None:
        """What it is read from has changed; to be called by whoever changed it."""
        self._known.pop(sql, None)
