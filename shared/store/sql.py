"""One small way to speak SQL to SQLite and PostgreSQL alike.

Statements use ``?`` placeholders and the column types TEXT, BIGINT and BYTEA, which mean the same
in both; rows are read by column name.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Protocol

Row = Any
"""A row that answers ``row["column"]``."""

Params = Sequence[Any]


class Sql(Protocol):
    """A cursor inside one transaction."""

    def execute(self, statement: str, params: Params = ()) -> None:
        """Run a statement whose result is not needed."""

    def executemany(self, statement: str, rows: Iterable[Params]) -> None:
        """Run a statement once for each row."""

    def all(self, statement: str, params: Params = ()) -> list[Row]:
        """Every row of the result."""

    def one(self, statement: str, params: Params = ()) -> Row | None:
        """The first row of the result, or none."""

    def has_table(self, name: str) -> bool:
        """Whether there is that table: a database only read may come from an earlier release."""


class CursorSql:
    """Sql over a database cursor; ``postgres`` turns ``?`` into that driver's placeholder."""

    def __init__(self, cursor: Any, *, postgres: bool) -> None:
        self.cursor = cursor
        self._spell = _percent if postgres else _same
        self._find_table = _FIND_TABLE["postgres" if postgres else "sqlite"]

    def execute(self, statement: str, params: Params = ()) -> None:
        self.cursor.execute(self._spell(statement), params)

    def executemany(self, statement: str, rows: Iterable[Params]) -> None:
        self.cursor.executemany(self._spell(statement), rows)

    def all(self, statement: str, params: Params = ()) -> list[Row]:
        self.execute(statement, params)
        return list(self.cursor.fetchall())

    def one(self, statement: str, params: Params = ()) -> Row | None:
        self.execute(statement, params)
        return self.cursor.fetchone()

    def has_table(self, name: str) -> bool:
        found = self.one(self._find_table, (name,))
        return found is not None and found["found"] is not None


_FIND_TABLE = {
    "sqlite": "SELECT name AS found FROM sqlite_master WHERE type = 'table' AND name = ?",
    "postgres": "SELECT to_regclass(?)::TEXT AS found",
}


@cache
def _percent(statement: str) -> str:
    return statement.replace("?", "%s")


def _same(statement: str) -> str:
    return statement
