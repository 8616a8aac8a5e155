"""What a store tells of itself: its database and size, its events by type, its commits."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from shared.store.database import PostgresRecorder, Recorder
from shared.store.sql import Sql
from shared.store.transaction import last_position

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


class Totals:
    """The running count of one store; the first one reads the whole table, the next only news."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._counted_to = 0
        self._totals: Counter[str] = Counter()
        self._one = Lock()

    def read(self) -> Mapping[str, int]:
        """Events by type, up to now."""
        column = self._recorder.position_column
        with self._one, self._recorder.reading() as sql:
            end = last_position(sql, self._recorder)
            rows = sql.all(
                f"SELECT topic, COUNT(*) AS events FROM stored_events"
                f" WHERE {column} > ? AND {column} <= ? GROUP BY topic",
                (self._counted_to, end),
            )
            self._totals.update({row["topic"]: row["events"] for row in rows})
            self._counted_to = end
            return dict(self._totals)


class Histogram:
    """Counts of values up to each bound, and above; written by one thread, read by any."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.total = 0.0
        self.counts = [0] * (len(bounds) + 1)

    def note(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Commits:
    """What became of the groups of one store: pieces of work in each, and seconds."""

    def __init__(self) -> None:
        self.sizes = Histogram((1, 2, 5, 10, 20, 50, 100, 200, 500))
        self.seconds = Histogram((0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5))

    def note(self, size: int, seconds: float) -> None:
        """Count a commit."""
        self.sizes.note(size)
        self.seconds.note(seconds)
