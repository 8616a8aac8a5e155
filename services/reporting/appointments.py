"""Who held which post in which unit (任职), as the log tells it."""

from collections.abc import Sequence
from datetime import datetime

from shared.clock import to_micros
from shared.contracts.routing import OfficerAppointed
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS appointments (officer TEXT, leaf BIGINT, at BIGINT, unit TEXT,"
    " PRIMARY KEY (officer, leaf))",
)


def _fold(sql: Sql, batch: Sequence[Placed]) -> None:
    for position, event in batch:
        fact = event.fact
        assert isinstance(fact, OfficerAppointed)
        row = (fact.officer, position - 1, to_micros(event.envelope.recorded_at), fact.unit)
        sql.execute("INSERT INTO appointments VALUES (?, ?, ?, ?)", row)


MODEL = ReadModel({"appointments": ("officer", "leaf")}, _SCHEMA, (OfficerAppointed,), _fold)


class UnitsOfOfficers:
    """The units that officers belonged to, each officer looked up once for a question."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._known: dict[str, Sequence[tuple[int, str]]] = {}

    def unit_of(self, officer: str, moment: datetime) -> str | None:
        """The officer's own unit at a moment of the record (UTC), or none of whom nothing is told.

        The post is in the event itself; what the system does is done for no unit of its own.
        """
        if officer not in self._known:
            rows = self._sql.all(
                "SELECT at, unit FROM appointments WHERE officer = ? ORDER BY at, leaf", (officer,)
            )
            self._known[officer] = [(row["at"], row["unit"]) for row in rows]
        held = [unit for at, unit in self._known[officer] if at <= to_micros(moment)]
        return held[-1] if held else None
