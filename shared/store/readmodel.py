"""Read models: tables that are nothing but a fold of events, and can be made afresh."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

from shared.contracts.catalogue import Fact, newest
from shared.contracts.envelope import Recorded, decode
from shared.store.sql import Sql
from shared.store.tracking import START, tracked


class Placed(NamedTuple):
    """An event and its position in the upstream it was read from."""

    position: int
    event: Recorded


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

    def take_in(self, sql: Sql, found: Iterable[tuple[int, str, bytes]]) -> None:
        """Fold events given as position, name and bytes; those not wanted are not even read."""
        wanted = [Placed(at, decode(raw)) for at, name, raw in found if self.wants(name)]
        self.apply(sql, wanted)


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


def is_current(sql: Sql, model: ReadModel, upstream: str) -> bool:
    """Whether this release made the tables."""
    try:
        made = sql.one("SELECT shape FROM read_models WHERE upstream = ?", (upstream,))
    except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
        return False  # a release that noted nothing of the kind
    return made is not None and made["shape"] == model.shape


def make(sql: Sql, model: ReadModel, upstream: str) -> None:
    """Make the tables, empty, in place of any that are there, and note whose they are."""
    for table in model.tables:
        sql.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in model.schema:
        sql.execute(statement)
    sql.execute(
        "INSERT INTO read_models VALUES (?, ?)"
        " ON CONFLICT (upstream) DO UPDATE SET shape = excluded.shape",
        (upstream, model.shape),
    )


def renew(sql: Sql, model: ReadModel, upstream: str) -> bool:
    """Make the tables anew, and empty, if another release made them; true if that was so.

    ``upstream`` is then followed from its beginning again, so that they are filled: it must be
    one that can be read from there, and that nothing but this model is made from.
    """
    if is_current(sql, model, upstream):
        return False
    make(sql, model, upstream)
    for forgotten in ("tracking", "parked"):
        sql.execute(f"DELETE FROM {forgotten} WHERE upstream = ?", (upstream,))
    return True


def begin(sql: Sql, model: ReadModel, upstream: str) -> None:
    """Note whose tables these are before anything is in them; older ones are left to ``renew``."""
    sql.execute("DELETE FROM tracking WHERE upstream = ''")  # writes first: others are waited for
    if tracked(sql, upstream) is START:
        renew(sql, model, upstream)
