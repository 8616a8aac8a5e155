"""A service's store: one writer with group commit, any number of readers.

Work is handed to a single writer thread. It takes what is waiting, does all of it in one
transaction, and answers everybody only after the commit: many commands, one fsync. When a piece of
work refuses, the group is done again with each piece in a savepoint of its own, so that it does not
touch its neighbours; work must therefore bear being done twice. When the commit fails, nothing of
any of them was done.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Never, TypeVar

from eventsourcing.persistence import Notification

from shared.clock import Clock, from_micros, system_clock, to_micros
from shared.logs import note, noting
from shared.store.database import Recorder
from shared.store.failures import BROKEN, clock_behind, translated
from shared.store.figures import Commits
from shared.store.sql import Sql
from shared.store.transaction import SealFor, Source, Transaction, last_position

T = TypeVar("T")

LARGEST_GROUP = 500
"""Pieces of work in one commit."""

TOLERATED_STEP_BACK = timedelta(seconds=2)
"""How far the clock may stand behind the record before writing is refused."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS store (one BIGINT PRIMARY KEY, epoch TEXT, recorded_until BIGINT)",
    "CREATE TABLE IF NOT EXISTS tracking (upstream TEXT PRIMARY KEY, epoch TEXT, position BIGINT,"
    " seq BIGINT, hash TEXT)",
    "CREATE TABLE IF NOT EXISTS parked (upstream TEXT, position BIGINT, matter TEXT, type TEXT,"
    " raw BYTEA, reason TEXT, parked_at BIGINT, PRIMARY KEY (upstream, position))",
    "CREATE TABLE IF NOT EXISTS watermarks (upstream TEXT PRIMARY KEY, complete_to BIGINT,"
    " position BIGINT)",
    "CREATE TABLE IF NOT EXISTS requests (key TEXT PRIMARY KEY, fingerprint TEXT, answer TEXT)",
    "CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, holder TEXT, until BIGINT)",
    "CREATE TABLE IF NOT EXISTS read_models (upstream TEXT PRIMARY KEY, shape TEXT)",
    "CREATE TABLE IF NOT EXISTS made_tables (name TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS renewing (upstream TEXT PRIMARY KEY, epoch TEXT, position BIGINT,"
    " seq BIGINT, hash TEXT)",
)

_TICK = (
    "UPDATE store SET recorded_until ="
    " CASE WHEN recorded_until >= ? THEN recorded_until + 1 ELSE ? END"
    " RETURNING recorded_until"
)


@dataclass(slots=True)
class _Work:
    do: Callable[[Transaction], Any]
    answer: asyncio.Future[Any]
    done_in: Transaction | None = None


class Store:
    """The events and read models of one service. Open it with ``Store.open``."""

    def __init__(
        self,
        recorder: Recorder,
        source: Source,
        clock: Clock,
        seal_for: SealFor,
        writer: Executor,
    ) -> None:
        self.source = source
        self.clock = clock
        self.recorder = recorder
        self.commits = Commits()
        self._seal_for = seal_for
        self._writer = writer
        self._owns_writer = True
        self._waiting: deque[_Work] = deque()
        self._draining = False
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def open(
        cls,
        recorder: Recorder,
        *,
        service: str,
        node: str,
        clock: Clock,
        seal_for: SealFor,
        schema: Sequence[str] = (),
        writer: Executor | None = None,
    ) -> "Store":
        """Open or create a store; a new one gets a random epoch.

        Raises Unavailable ``store.*`` when the database cannot be used.
        """
        with translated(), recorder.making() as sql:
            for statement in (*_SCHEMA, *schema):
                sql.execute(statement)
        with translated(), recorder.writing() as sql:
            epoch = _epoch(sql)  # writes first, so that another process is waited for
        source = Source(service, node, epoch)
        store = cls(recorder, source, clock, seal_for, writer or ThreadPoolExecutor(1, service))
        store._owns_writer = writer is None
        return store

    @classmethod
    def for_reading(cls, recorder: Recorder, service: str) -> "Store":
        """A store that only answers questions; it makes nothing and cannot write."""

        def refuse(*_: object) -> Never:
            raise TypeError("this store is open for reading")

        source = Source(service, "", "")
        return cls(recorder, source, system_clock, refuse, ThreadPoolExecutor(1, service))

    async def write(self, do: Callable[[Transaction], T]) -> T:
        """Do ``do`` in the next transaction; returns its result once that is durable.

        Raises what ``do`` raises (nothing of it is then stored), or Unavailable ``store.*`` or
        ``clock.*`` when the transaction as a whole failed.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        work = _Work(do, answer)
        self._waiting.append(work)
        if not self._draining:
            self._draining = True
            self._writer.submit(self._drain, asyncio.get_running_loop())
        result = await answer
        if work.done_in is not None and noting():
            note(**work.done_in.about)
        return result

    async def read(self, ask: Callable[[Sql], T]) -> T:
        """Answer a question from one consistent view of what is committed."""
        return await asyncio.to_thread(self.read_now, ask)

    def read_now(self, ask: Callable[[Sql], T]) -> T:
        """As ``read``, in the calling thread."""
        with translated(), self.recorder.reading() as sql:
            return ask(sql)

    def write_now(self, do: Callable[[Transaction], T]) -> T:
        """As ``write``, in the calling thread and in a transaction of its own."""
        with translated(), self.recorder.writing() as sql:
            return do(self._transaction(sql, self._tick(sql)))

    async def notifications(self, after: int, limit: int) -> Sequence[Notification]:
        """The events behind position ``after``, in order."""
        return await asyncio.to_thread(self._notifications, after, limit)

    def position(self) -> int:
        """The position of the last event."""
        return self.read_now(lambda sql: last_position(sql, self.recorder))

    def on_append(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` in the event loop after events were committed here."""
        self._listeners.append(listener)

    async def close(self) -> None:
        """Finish what is waiting and give the connections back.

        A writer that was given goes on: others may still be using it.
        """
        while self._waiting or self._draining:
            await asyncio.sleep(0.001)
        if self._owns_writer:
            self._writer.shutdown(wait=True)
        self.recorder.close()

    def _notifications(self, after: int, limit: int) -> Sequence[Notification]:
        with translated():
            return self.recorder.notifications(after, limit)

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        group, began = self._take(), time.perf_counter()
        results, appended = self._commit(group)
        self.commits.note(len(group), time.perf_counter() - began)
        with suppress(RuntimeError):  # the loop may be gone when the process is stopping
            loop.call_soon_threadsafe(self._answer, group, results, appended)

    def _take(self) -> list[_Work]:
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_GROUP))]

    def _answer(self, group: list[_Work], results: list[Any], appended: int) -> None:
        if self._waiting:
            self._writer.submit(self._drain, asyncio.get_running_loop())
        else:
            self._draining = False
        for work, result in zip(group, results, strict=True):
            _settle(work.answer, result)
        if appended:
            for listener in self._listeners:
                listener()

    def _commit(self, group: list[_Work]) -> tuple[list[Any], int]:
        try:
            with translated():
                return self._commit_together(group) or self._commit_guarded(group)
        except BaseException as problem:  # nothing was done, and nobody must wait for ever
            return [_Failure(problem)] * len(group), 0

    def _commit_together(self, group: list[_Work]) -> tuple[list[Any], int] | None:
        """Do the group without savepoints; none, and nothing done, if any work refuses."""
        try:
            with self.recorder.writing() as sql:
                now, results, appended = self._tick(sql), [], 0
                for work in group:
                    transaction = self._transaction(sql, now)
                    results.append(work.do(transaction))
                    work.done_in = transaction
                    appended += transaction.appended
                return results, appended
        except BROKEN:
            raise
        except Exception:
            return None

    def _commit_guarded(self, group: list[_Work]) -> tuple[list[Any], int]:
        """Do the group again, each work in a savepoint: what refuses does not touch the others."""
        with self.recorder.writing() as sql:
            now = self._tick(sql)
            done = [self._attempt(sql, now, work) for work in group]
        return [result for result, _ in done], sum(appended for _, appended in done)

    def _attempt(self, sql: Sql, now: datetime, work: _Work) -> tuple[Any, int]:
        transaction = self._transaction(sql, now)
        try:
            with transaction.savepoint():
                result = work.do(transaction)
                work.done_in = transaction
                return result, transaction.appended
        except BROKEN:
            raise
        except Exception as problem:
            return _Failure(problem), 0

    def _transaction(self, sql: Sql, now: datetime) -> Transaction:
        return Transaction(sql, self.recorder, self.source, now, self._seal_for)

    def _tick(self, sql: Sql) -> datetime:
        """Take the write lock and the moment to record, strictly after the last one."""
        now = self.clock()
        row = sql.one(_TICK, (to_micros(now), to_micros(now)))
        assert row is not None
        moment = from_micros(row["recorded_until"])
        if moment - now > TOLERATED_STEP_BACK:
            raise clock_behind(now, moment)
        return moment


@dataclass(slots=True)
class _Failure:
    problem: BaseException


def _settle(answer: "asyncio.Future[Any]", result: Any) -> None:
    if answer.done():
        return  # the caller gave up waiting; the work is done all the same
    if isinstance(result, _Failure):
        answer.set_exception(result.problem)
    else:
        answer.set_result(result)


def _epoch(sql: Sql) -> str:
    sql.execute(
        "INSERT INTO store VALUES (1, ?, 0) ON CONFLICT (one) DO NOTHING", (secrets.token_hex(8),)
    )
    row = sql.one("SELECT epoch FROM store")
    assert row is not None
    return str(row["epoch"])
