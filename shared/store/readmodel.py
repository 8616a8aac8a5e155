"""Read models: tables that are nothing but a fold of events, and can be made afresh."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.contracts.catalogue import Fact, newest
from shared.contracts.envelope import Recorded, decode
from shared.store.sql import Sql


class Placed(NamedTuple):
    """An event and its position in the upstream it was read from."""

    position: int
    event: Recorded


Raw = tuple[int, str, bytes]
"""An event not read yet: position, name and bytes."""


@dataclass(frozen=True, slots=True)
class ReadModel:
    """Tables, how to make them, which facts matter to them, and how those change them.

    ``apply`` must give the same rows whatever the order of events from different services, for
    that order is not the same here and in the audit log. ``tables`` maps each table to the columns
    that identify its rows. ``version`` rises when ``apply`` gives other rows for the same events.
    ``moving`` names columns that tell where somebody stands, which no event does.
    """

    tables: dict[str, tuple[str, ...]]
    schema: Sequence[str]
    facts: Sequence[type[Fact]]
    apply: Callable[[Sql, Sequence[Placed]], None]
    version: int = 1
    moving: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for every event: put together once.
        object.__setattr__(self, "_names", frozenset(fact.TYPE for fact in self.facts))

    @property
    def shape(self) -> str:
        """What tells these tables from those that another release made."""
        return hashlib.sha256("\n".join((str(self.version), *self.schema)).encode()).hexdigest()

    def wants(self, name: str) -> bool:
        """Whether events of that name change these tables."""
        return newest(name) in self._names

    def note(self, sql: Sql, events: Sequence[Recorded]) -> None:
        """Fold events whose position does not matter to these tables."""
        self.apply(sql, [Placed(0, event) for event in events])

    def fold_raw(self, sql: Sql, events: Iterable[Raw]) -> None:
        """Fold events of which those that change nothing here are not even read."""
        self.apply(sql, [Placed(at, decode(raw)) for at, name, raw in events if self.wants(name)])


def each(learn: Callable[[Sql, Any], None]) -> Callable[[Sql, Sequence[Placed]], None]:
    """A fold of one fact after another, for tables to which nothing else of an event matters."""

    def fold(sql: Sql, batch: Sequence[Placed]) -> None:
        for _, event in batch:
            learn(sql, event.fact)

    return fold


def joined(*models: ReadModel) -> ReadModel:
    """Several read models as one; each is handed only what it wants."""

    def apply(sql: Sql, events: Sequence[Placed]) -> None:
        for model in models:
            wanted = [placed for placed in events if model.wants(placed.event.envelope.type)]
            if wanted:
                model.apply(sql, wanted)

    return ReadModel(
        tables={table: key for model in models for table, key in model.tables.items()},
        schema=[statement for model in models for statement in model.schema],
        facts=list(dict.fromkeys(fact for model in models for fact in model.facts)),
        apply=apply,
        version=sum(model.version for model in models),
        moving={table: names for model in models for table, names in model.moving.items()},
    )


def is_current(sql: Sql, model: ReadModel) -> bool:
    """Whether this release made the tables."""
    if not sql.has_table("read_models"):
        return False  # a release that noted nothing of the kind
    made = sql.one("SELECT shape FROM read_models")
    return made is not None and made["shape"] == model.shape


def make(sql: Sql, model: ReadModel, room: str) -> None:
    """Make the tables, empty, in place of all that are there, and note whose they are."""
    before = [row["name"] for row in sql.all("SELECT name FROM made_tables")]
    for table in dict.fromkeys((*before, *model.tables, *_LEFT_BEHIND)):
        sql.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in model.schema:
        sql.execute(statement)
    for noted in ("made_tables", "read_models"):
        sql.execute(f"DELETE FROM {noted}")
    sql.executemany("INSERT INTO made_tables VALUES (?)", [(table,) for table in model.tables])
    sql.execute("INSERT INTO read_models VALUES (?, ?)", (room, model.shape))


_LEFT_BEHIND = ("early",)
"""Tables of releases that noted no names, which no room keeps any more."""
