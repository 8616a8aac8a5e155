"""The scheduler: periods are opened, and limits that passed with nothing on record observed.

Earliest first. It remembers nothing: tables say what is next, so a restart misses nothing; and the
docket decides, in the transaction that writes, so that two schedulers cannot give two verdicts.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog

from services.deadlines import agenda, application, periods, tables
from services.deadlines.agenda import PendingDocket
from services.deadlines.tables import FIRST, Overdue
from shared.clock import Clock, from_micros, to_micros
from shared.errors import Unavailable
from shared.logs import told
from shared.messaging.tasks import woken
from shared.store.failures import BROKEN
from shared.store.sql import Sql
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
class Observed(Generic[T]):
    """What a transaction looked at, what of it could not be done, how many duties were missed."""

    seen: Sequence[T]
    problems: Sequence[str]
    missed: int = 0


def observe_due(tx: Transaction, now: datetime, after: Overdue = FIRST) -> Observed[Overdue]:
    """Look at the next ``BATCH`` dockets that are overdue behind a place.

    A docket that cannot be read stays as it is, is named in ``problems``, and stops no other.
    """
    seen = tables.overdue(tx.sql, now, after, BATCH)
    results = [_observe(tx, each, now) for each in seen]
    missed = sum(result for result in results if isinstance(result, int))
    return Observed(seen, [result for result in results if isinstance(result, str)], missed)


def open_periods(tx: Transaction, now: datetime) -> Observed[agenda.Key]:
    """Open the next ``BATCH`` periods that begin by now, one for each unit and rule.

    However long nobody looked, one transaction opens no more; what cannot be opened is named in
    ``problems``, tried again later, and stops no other.
    """
    keys = agenda.opening(tx.sql, now, BATCH)
    return Observed(keys, [problem for key in keys if (problem := _open(tx, key, now))])


def look_again(tx: Transaction) -> Observed[PendingDocket]:
    """Look again at the next ``BATCH`` dockets that rest on what has become another."""
    found = agenda.pending(tx.sql, BATCH)
    return Observed(found, [said for each in found if (said := _look_again(tx, each))])


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
    await _attend(store, lambda sql: bool(agenda.pending(sql, 1)), look_again)
    await _attend(
        store,
        lambda sql: bool(agenda.opening(sql, clock(), 1)),
        lambda tx: open_periods(tx, clock()),
    )
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


async def _attend(
    store: Store, waits: Callable[[Sql], bool], work: Callable[[Transaction], Observed[Any]]
) -> None:
    """Take up what waits, a batch in each transaction, until nothing does."""
    while await store.read(waits):
        done = await store.write(work)
        if done.problems:
            log.error("dockets not brought into line", problems=done.problems)


async def _observe_all(store: Store, clock: Clock) -> None:
    after = FIRST
    while True:
        batch = await store.write(partial(observe_due, now=clock(), after=after))
        if batch.seen:
            late = (to_micros(clock()) - batch.seen[0].due) / 1e6
            seen = len(batch.seen)
            log.info("duties observed", missed=batch.missed, seen=seen, late_seconds=late)
        if batch.problems:
            log.error("dockets not observed", problems=batch.problems)
        if len(batch.seen) < BATCH:
            return
        after = batch.seen[-1]


def _observe(tx: Transaction, overdue: Overdue, now: datetime) -> int | str:
    row = tables.period_duty(tx.sql, overdue.incident) if overdue.period else None
    look = (
        partial(periods.look_at_clock, tx, row, now)
        if row
        else partial(application.look_at_clock, tx, UUID(overdue.incident), now)
    )
    return _guarded(tx, overdue.incident, look)


def _open(tx: Transaction, key: agenda.Key, now: datetime) -> str | None:
    unit, rule, _ = key
    problem = _guarded(tx, f"{unit} {rule}", partial(periods.open_next, tx, key, now))
    if problem:
        agenda.rest(tx.sql, key, now + periods.LATER)
    return problem


def _look_again(tx: Transaction, pending: PendingDocket) -> str | None:
    agenda.looked_at(tx.sql, pending.id)
    look = (
        partial(periods.look_again, tx, pending)
        if pending.period
        else partial(application.look_again, tx, pending.id)
    )
    return _guarded(tx, str(pending.id), look)


def _guarded(tx: Transaction, name: str, do: Callable[[], T]) -> T | str:
    """Do it, or say what the problem was; nothing of it is then done."""
    try:
        with tx.savepoint():
            return do()
    except BROKEN:
        raise  # the whole transaction is gone
    except Exception as problem:
        return f"{name}: {told(problem)}"
