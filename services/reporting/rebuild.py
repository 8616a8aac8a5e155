"""Read models made afresh from the log, and compared with the live ones row by row (重建核对)."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from pydantic import BaseModel

from services.reporting.log.log import Leaf, every_leaf
from shared.errors import Unavailable
from shared.store.database import Recorder, SqliteTables
from shared.store.readmodel import ReadModel, is_current
from shared.store.sql import Sql
from shared.store.tracking import all_tracked, parked
from shared.store.transaction import last_position

PAGE = 2000

Rows = dict[tuple[Any, ...], dict[str, Any]]
"""The rows of a table by what identifies each."""


class Compared(BaseModel):
    """One table: how many rows are live and rebuilt, and the first that differs, if any."""

    service: str
    table: str
    live: int
    rebuilt: int
    holds: bool
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a live database has applied: up to where of each upstream, and what is set aside."""

    up_to: dict[str, int]
    aside: set[tuple[str, int]]

    def covers(self, leaf: Leaf) -> bool:
        if (leaf.source, leaf.position) in self.aside or ("log", leaf.leaf + 1) in self.aside:
            return False
        if "log" in self.up_to:
            return leaf.leaf < self.up_to["log"]
        return leaf.position <= self.up_to.get(leaf.source, 0)


def compare(
    models: Mapping[str, ReadModel], stores: Mapping[str, Recorder], log: Recorder
) -> list[Compared]:
    """Fold every service's read model afresh and compare it with what the service has.

    Raises Unavailable ``read-model.older`` for tables that this release has not made yet.
    """
    results: list[Compared] = []
    for service, model in models.items():
        with stores[service].reading() as live:
            if not is_current(live, model):
                raise _older(service)
            seen = _seen(live, service, stores[service])
            results.extend(_compare_model(service, model, live, seen, log))
    return results


def _compare_model(
    service: str, model: ReadModel, live: Sql, seen: _Seen, log: Recorder
) -> list[Compared]:
    with tempfile.TemporaryDirectory() as directory:
        fresh = SqliteTables(Path(directory) / "fresh.db")
        with closing(fresh):
            refold(fresh, model, log, seen)
            with fresh.reading() as rebuilt:
                compare_table = partial(_compare_table, service, model, live, rebuilt)
                return [compare_table(table) for table in model.tables]


def refold(fresh: SqliteTables, model: ReadModel, log: Recorder, seen: _Seen | None = None) -> int:
    """Fold a read model from the whole log into empty tables; returns how many events it took."""
    folded = 0
    with fresh.writing() as sql, log.reading() as source:
        for statement in model.schema:
            sql.execute(statement)
        wanted = (
            (leaf.leaf + 1, leaf.type, leaf.raw)
            for leaf in every_leaf(source, PAGE)
            if model.wants(leaf.type) and (seen is None or seen.covers(leaf))
        )
        while page := list(islice(wanted, PAGE)):
            model.fold_raw(sql, page)
            folded += len(page)
    return folded


def _seen(live: Sql, service: str, recorder: Recorder) -> _Seen:
    tracked = {upstream: at.position for upstream, at in all_tracked(live).items()}
    up_to = {"log": tracked["log"]} if "log" in tracked else tracked
    own = {} if "log" in tracked else {service: last_position(live, recorder)}
    return _Seen(own | up_to, {(e.upstream, e.position) for e in parked(live)})


def _compare_table(service: str, model: ReadModel, live: Sql, rebuilt: Sql, table: str) -> Compared:
    there, afresh = (_rows(sql, table, model) for sql in (live, rebuilt))
    difference = next(_differences(there, afresh), None)
    return Compared(
        service=service,
        table=table,
        live=len(there),
        rebuilt=len(afresh),
        holds=difference is None,
        difference=difference,
    )


def _rows(sql: Sql, table: str, model: ReadModel) -> Rows:
    try:
        rows = [dict(row) for row in sql.all(f"SELECT * FROM {table}")]
    except (sqlite3.OperationalError, psycopg.errors.UndefinedTable) as problem:
        raise _older(table) from problem
    for row in rows:
        for column in model.moving.get(table, ()):
            del row[column]
    return {tuple(row[column] for column in model.tables[table]): row for row in rows}


def _differences(there: Rows, afresh: Rows) -> Iterator[str]:
    for key in sorted(there.keys() | afresh.keys(), key=str):
        if key not in afresh:
            yield f"{key}：现有而重建没有"
        elif key not in there:
            yield f"{key}：重建有而现有没有"
        elif there[key] != afresh[key]:
            both = ((name, there[key][name], afresh[key][name]) for name in there[key])
            said = (f"{name} 现有 {a!r}, 重建 {b!r}" for name, a, b in both if a != b)
            yield f"{key}：{'; '.join(said)}"


def _older(table: str) -> Unavailable:
    return Unavailable(
        "read-model.older",
        f"{table} 的读模型还没有按本版本整理。",
        "请用本版本启动一次（huiyin up）, 它会从日志自动整理, 然后再核对。",
        "table",
    )
