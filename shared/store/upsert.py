"""Setting columns of a row that may not be there yet, by one statement."""

from collections.abc import Mapping
from functools import cache

from shared.store.sql import Sql

Values = Mapping[str, str | int | None]


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
