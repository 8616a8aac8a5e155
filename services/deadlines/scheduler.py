"""The scheduler: periods are opened, and limits that passed with nothing on record observed.

Earliest first. It remembers nothing: tables say what is next, so a restart misses nothing; and the
docket decides, in the transaction that writes, so that two schedulers cannot give two verdicts.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from services.deadlines import agenda, application, periods, tables
from services.deadlines.agenda import Again
from services.deadlines.application import observe
from services.deadlines.tables import FIRST, Place
from shared.clock import Clock
from shared.errors import Unavailable
from shared.logs import told
from shared.messaging.waiting import woken
from shared.store.failures import BROKEN
from shared.store.micros import from_micros, to_micros
from shared.store.sql import Row, Sql
from shared.store.store import Store
from shared.store.transaction import Transaction

T = TypeVar("T")

BATCH = 200
"""Dockets in one transaction."""

LONGEST_REST = 1.0
"""Seconds between looks at the clock, when nothing falls due and nothing wakes us sooner."""

SHORTEST_REST = 0.02
"""Seconds; a burst of new events wakes us once."""

log = structlog.get_logger("scheduler")


@dataclass(frozen=True, slots=True)
class Batch:
    """Which dockets were looked at, how many duties were missed, and what could not be read."""

    seen: Sequence[Place]
    missed: int
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Work:
    """How many things a transaction looked at, and what of them could not be done."""

    seen: int
    problems: Sequence[str]


def observe_due(tx: Transaction, now: datetime, after: Place = FIRST) -> Batch:
    """Look at the next ``BATCH`` dockets that are overdue behind a place.

    A docket that cannot be read stays as it is, is named in ``problems``, and stops no other.
    """
    seen = tables.overdue(tx.sql, now, after, BATCH)
    results = [_observe(tx, place, now) for place in seen]
    missed = sum(result for result in results if isinstance(result, int))
    return Batch(seen, missed, [result for result in results if isinstance(result, str)])


async def run(store: Store, clock: Clock) -> None:
    """Observe until cancelled; wakes when a duty falls due or something was appended."""
    news = asyncio.Event()
    store.on_append(news.set)
    while True:
        news.clear()
        try:
            rest = await look(store, clock)
        except Unavailable as problem:
            log.warning("observation put off", code=problem.code)
            rest = LONGEST_REST
        await asyncio.sleep(SHORTEST_REST)
        await woken(news, rest)


async def look(store: Store, clock: Clock) -> float:
    """Do all that is to be done by now; returns the seconds until there is more."""
    await _open_all(store, clock)
    first = await store.read(tables.next_due)
    if first is not None and first < to_micros(clock()):
        await _observe_all(store, clock)
    now = clock()
    coming = await store.read(partial(_next, now=now))
    if coming is None:
        return LONGEST_REST
    return min(max((from_micros(coming) - now).total_seconds(), 0), LONGEST_REST)


def _next(sql: Sql, now: datetime) -> int | None:
    """When the next duty falls due or the next period opens, or none."""
    coming = (tables.next_due(sql, not_before=now), agenda.next_opening(sql))
    return min((moment for moment in coming if moment is not None), default=None)


def open_periods(tx: Transaction, now: datetime) -> Work:
    """Open the next ``BATCH`` periods that begin by now, one for each unit and rule.

    However long nobody looked, one transaction opens no more; what cannot be opened is named in
    ``problems``, tried again later, and stops no other.
    """
    keys = agenda.opening(tx.sql, now, BATCH)
    return Work(len(keys), [said for key in keys if (said := _open(tx, key, now))])


def look_again(tx: Transaction) -> Work:
    """Look again at the next ``BATCH`` dockets that rest on what has become another."""
    found = agenda.to_look_at(tx.sql, BATCH)
    return Work(len(found), [said for each in found if (said := _look_again(tx, each))])


async def _open_all(store: Store, clock: Clock) -> None:
    for step in (look_again, lambda tx: open_periods(tx, clock())):
        while await store.read(partial(_waits, now=clock(), opening=step is not look_again)):
            done = await store.write(step)
            if done.problems:
                log.error("dockets not brought into line", problems=done.problems)


def _waits(sql: Sql, now: datetime, *, opening: bool) -> bool:
    return bool(agenda.opening(sql, now, 1) if opening else agenda.to_look_at(sql, 1))


async def _observe_all(store: Store, clock: Clock) -> None:
    batch = await _observe_batch(store, clock, FIRST)
    while len(batch.seen) == BATCH:
        batch = await _observe_batch(store, clock, batch.seen[-1])


async def _observe_batch(store: Store, clock: Clock, after: Place) -> Batch:
    batch = await store.write(lambda tx: observe_due(tx, clock(), after))
    if batch.seen:
        late = (to_micros(clock()) - batch.seen[0].due) / 1e6
        log.info("duties observed", missed=batch.missed, seen=len(batch.seen), late_seconds=late)
    if batch.problems:
        log.error("dockets not observed", problems=batch.problems)
    return batch


def _observe(tx: Transaction, place: Place, now: datetime) -> int | str:
    row = tables.period_duty(tx.sql, place.incident) if place.period else None
    look = partial(periods.observe, tx, row, now) if row else None
    return _guarded(tx, place.incident, look or partial(observe, tx, UUID(place.incident), now))


def _open(tx: Transaction, key: Row, now: datetime) -> str | None:
    said = _guarded(tx, f"{key['unit']} {key['rule']}", partial(periods.open_next, tx, key, now))
    if said:
        agenda.put_off(tx.sql, key, now + periods.LATER)
    return said


def _look_again(tx: Transaction, again: Again) -> str | None:
    agenda.looked_at(tx.sql, again.docket)
    look = (
        partial(periods.look_again, tx, again)
        if again.period
        else partial(application.look_again, tx, UUID(again.docket))
    )
    return _guarded(tx, again.docket, look)


def _guarded(tx: Transaction, name: str, do: Callable[[], T]) -> T | str:
    """Do it, or say what the problem was; nothing of it is then done."""
    try:
        with tx.savepoint():
            return do()
    except BROKEN:
        raise  # the whole transaction is gone
    except Exception as problem:
        return f"{name}: {told(problem)}"
