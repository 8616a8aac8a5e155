"""How many events of each type a store holds, counted on from where the last count ended."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from shared.store.recorders import Recorder
from shared.store.transaction import last_position


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
