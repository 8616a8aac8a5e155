"""The scheduler: limits that passed with nothing on record are observed, earliest first.

It remembers nothing: the table says what is next, so a restart misses nothing; and the docket
decides, in the transaction that writes, so that two schedulers cannot give two verdicts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from services.deadlines import tables
from services.deadlines.application import observe
from services.deadlines.tables import FIRST, Place
from shared.clock import Clock
from shared.errors import Unavailable
from shared.logs import told
from shared.messaging.waiting import woken
from shared.store.failures import BROKEN
from shared.store.micros import from_micros, to_micros
from shared.store.store import Store
from shared.store.transaction import Transaction

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


def observe_due(tx: Transaction, now: datetime, after: Place = FIRST) -> Batch:
    """Look at the next ``BATCH`` dockets that are overdue behind a place.

    A docket that cannot be read stays as it is, is named in ``problems``, and stops no other.
    """
    seen = tables.overdue(tx.sql, now, after, BATCH)
    results = [_observe(tx, UUID(place.incident), now) for place in seen]
    missed = sum(result for result in results if isinstance(result, int))
    return Batch(seen, missed, [result for result in results if isinstance(result, str)])


async def run(store: Store, clock: Clock) -> None:
    """Observe until cancelled; wakes when a duty falls due or something was appended."""
    news = asyncio.Event()
    store.on_append(news.set)
    while True:
        news.clear()
        try:
            rest = await _round(store, clock)
        except Unavailable as problem:
            log.warning("observation put off", code=problem.code)
            rest = LONGEST_REST
        await asyncio.sleep(SHORTEST_REST)
        await woken(news, rest)


async def _round(store: Store, clock: Clock) -> float:
    """Observe all that is overdue; returns the seconds until the next duty falls due."""
    first = await store.read(tables.next_due)
    if first is not None and first < to_micros(clock()):
        await _observe_all(store, clock)
    now = clock()
    coming = await store.read(partial(tables.next_due, not_before=now))
    if coming is None:
        return LONGEST_REST
    return min((from_micros(coming) - now).total_seconds(), LONGEST_REST)


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


def _observe(tx: Transaction, incident: UUID, now: datetime) -> int | str:
    try:
        with tx.savepoint():
            return observe(tx, incident, now)
    except BROKEN:
        raise  # the whole transaction is gone
    except Exception as problem:
        return f"{incident}: {told(problem)}"
