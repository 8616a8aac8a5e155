"""What a store lies in: the database and its version, and how many bytes it takes."""

from dataclasses import dataclass

from shared.store.recorders import PostgresRecorder, Recorder
from shared.store.sql import Sql

_POSTGRES = (
    "SELECT current_setting('server_version') AS version, CAST(COALESCE((SELECT"
    " SUM(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n"
    " ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'), 0)"
    " AS BIGINT) AS bytes"
)
_SQLITE = (
    "SELECT sqlite_version() AS version, page_count * page_size AS bytes"
    " FROM pragma_page_count(), pragma_page_size()"
)


@dataclass(frozen=True, slots=True)
class About:
    """The database by name and version, and the bytes of one room's tables in it."""

    database: str
    bytes: int


def about(sql: Sql, recorder: Recorder) -> About:
    """Ask the database that holds a store."""
    postgres = isinstance(recorder, PostgresRecorder)
    row = sql.one(_POSTGRES if postgres else _SQLITE)
    assert row is not None
    name = "PostgreSQL" if postgres else "SQLite"
    return About(f"{name} {row['version']}", row["bytes"])
