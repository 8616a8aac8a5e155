"""Tables that keep every version of every row, so that they can be read as they stood (as of).

A version holds from the leaf that made it up to the leaf that changed it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from shared.contracts.envelope import Recorded
from shared.store.readmodel import Placed
from shared.store.sql import Row, Sql

NOW = 2**62
"""``to_leaf`` of a version that still holds."""


class Versioned(Protocol):
    """A row of an incident."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def incident(self) -> str: ...


R = TypeVar("R", bound=Versioned)

Key = tuple[str, ...]
"""What identifies a row among all versions: its incident, and perhaps more."""


@dataclass(slots=True)
class _Version(Generic[R]):
    row: R
    from_leaf: int
    to_leaf: int = NOW
    stored: bool = False


class Versions(Generic[R]):
    """One such table: a row's class, what identifies it, and how an event changes it.

    ``key`` begins with ``incident``; ``key_of`` tells which row an event changes; ``project``
    gives the row after it, or none while there is nothing to tell yet.
    """

    def __init__(
        self,
        table: str,
        kind: type[R],
        key: Key,
        key_of: Callable[[Recorded], Key],
        project: Callable[[R | None, Recorded, int], R | None],
    ) -> None:
        self.table = table
        self.columns = [field.name for field in fields(kind)]
        numbers = (int, int | None)
        typed = ", ".join(
            f"{f.name} {'BIGINT' if f.type in numbers else 'TEXT'}" for f in fields(kind)
        )
        self.key = (*key, "from_leaf")
        self.schema = (
            f"CREATE TABLE IF NOT EXISTS {table} (from_leaf BIGINT, to_leaf BIGINT, {typed},"
            f" PRIMARY KEY ({', '.join(self.key)}))"
        )
        self._kind = kind
        self._key = key
        self._key_of = key_of
        self._project = project
        self._values = attrgetter(*self.columns)
        marks = ", ".join("?" * (len(self.columns) + 2))
        self._insert = f"INSERT INTO {table} VALUES ({marks})"
        same = " AND ".join(f"{column} = ?" for column in self.key)
        self._end_statement = f"UPDATE {table} SET to_leaf = ? WHERE {same}"

    def apply(self, sql: Sql, batch: Sequence[Placed]) -> None:
        """Write the versions that a batch of events (position = leaf + 1) leads to, at once."""
        latest = self._latest(sql, {str(event.envelope.correlation) for _, event in batch})
        made: list[_Version[R]] = []
        ended: list[tuple[Any, ...]] = []
        for position, event in batch:
            leaf, key = position - 1, self._key_of(event)
            before = latest.get(key)
            after = self._project(before.row if before else None, event, leaf)
            if after is None:
                continue
            if before is not None:
                before.to_leaf = leaf
                if before.stored:
                    ended.append((leaf, *key, before.from_leaf))
            latest[key] = _Version(after, leaf)
            made.append(latest[key])
        sql.executemany(self._end_statement, ended)
        sql.executemany(
            self._insert, [(v.from_leaf, v.to_leaf, *self._values(v.row)) for v in made]
        )

    def row(self, row: Row) -> R:
        """A row as read from the table."""
        return self._kind(*(row[name] for name in self.columns))

    def _latest(self, sql: Sql, incidents: set[str]) -> dict[Key, _Version[R]]:
        """The versions that still hold of those incidents, read at once."""
        if not incidents:
            return {}
        marks = ", ".join("?" * len(incidents))
        rows = sql.all(
            f"SELECT * FROM {self.table} WHERE incident IN ({marks}) AND to_leaf = ?",
            (*incidents, NOW),
        )
        return {
            tuple(row[column] for column in self._key): _Version(
                self.row(row), row["from_leaf"], stored=True
            )
            for row in rows
        }


def changer(kind: type[R]) -> Callable[..., R]:
    """What ``dataclasses.replace`` does, in half the time: for one class, whose fields are known.

    ``changed(row, column=value)`` gives a new row; raises KeyError for a column there is not.
    """
    names = [field.name for field in fields(kind)]
    places = {name: place for place, name in enumerate(names)}
    values_of = attrgetter(*names)

    def changed(row: R, **changes: Any) -> R:
        values = list(values_of(row))
        for name, value in changes.items():
            values[places[name]] = value
        return kind(*values)

    return changed


def holding(size: int | None, alias: str = "") -> str:
    """The condition on versions that held after the first ``size`` leaves, or hold now."""
    if size is None:
        return f"{alias}to_leaf = {NOW}"  # spelt out, so that the index on present rows is used
    return f"{alias}from_leaf < {size:d} AND {alias}to_leaf >= {size:d}"
