"""Tables that another release made, made anew (整理) from what is on record (``Past``).

Every sequence is folded again up to where it had been applied, and nobody reacts to anything in
it: what followed from an event is on record since it was heard first. Until all of them are there
the room takes nothing new, does nothing by itself, and its door says that it is busy.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import structlog
from fastapi import APIRouter

from shared.errors import Unavailable, Untrusted
from shared.messaging.streams import Incoming
from shared.messaging.taking import PASSING, follow, other_history
from shared.store.failures import translated
from shared.store.readmodel import Raw, ReadModel, is_current, make
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import Tracking, all_tracked, parked, track, tracked
from shared.store.transaction import Transaction, last_position
from shared.web import LateRoute

PAGE = 1000
"""Events read and folded in one transaction."""

log = structlog.get_logger("renewal")


class Past(Protocol):
    """What a room's tables are folded again from: sequences of events, as tracking names them."""

    read: str
    """The sequence that lies in the room's own database; all others are heard again."""

    def applied(self, tx: Transaction) -> Mapping[str, Tracking]:
        """How far the tables had come in each sequence."""

    async def page(self, after: int) -> Sequence[Raw]:
        """Events of the sequence that is read, behind a position."""


class OwnAndHeard:
    """The past of a room that hears others: its own events, and what it follows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = store.source.service

    def applied(self, tx: Transaction) -> Mapping[str, Tracking]:
        """Its own are applied as they are appended."""
        return all_tracked(tx.sql) | {self.read: Tracking(tx.source.epoch, tx.position(), 0, "")}

    async def page(self, after: int) -> Sequence[Raw]:
        """Its own events."""
        return [(e.id, e.topic, e.state) for e in await self._store.notifications(after, PAGE)]


class Renewal:
    """The read model of a room: made with a new store, made anew over an older release's.

    ``resume`` puts right, when all is folded, what rests on the tables and is no fold of events.
    """

    def __init__(
        self,
        store: Store,
        model: ReadModel,
        resume: Callable[[Sql], None] = lambda _: None,
        past: Past | None = None,
    ) -> None:
        """Make the tables of a store in which nothing is yet; older ones are left to ``begin``."""
        self.store = store
        self.model = model
        self._resume = resume
        self._past = past or OwnAndHeard(store)
        self._done = asyncio.Event()
        with translated(), store.recorder.making() as sql:
            sql.execute("DELETE FROM tracking WHERE upstream = ''")  # writes first: wait for others
            if last_position(sql, store.recorder) == 0 and not all_tracked(sql):
                make(sql, model, self._room)

    async def begin(self) -> bool:
        """Drop tables of another shape and note how far all had been applied; true if that was so.

        Only the process that does the room's work may.
        """
        current = await self.store.read(lambda sql: is_current(sql, self.model))
        began = not current and await self.store.write(self._begin)
        await self._note()
        return began

    async def run(self) -> None:
        """Fold again what lies in the room's own database, if that is to be done."""
        while not self._done.is_set() and await self._fold_page():
            pass

    async def hear(self, upstream: str, batch: Sequence[Incoming]) -> None:
        """Fold what of a batch was heard before; what is new waits until all is folded.

        Raises Gap, or Untrusted ``consumer.other-history`` or ``read-model.not-made``.
        """
        if self._done.is_set():
            return
        mark = await self.store.write(lambda tx: self._hear(tx, upstream, batch))
        await self._note()
        if batch[-1].position > mark:
            await self._done.wait()

    async def finished(self) -> None:
        """Wait until the tables are whole."""
        await self._done.wait()

    async def check(self) -> None:
        """Raises Unavailable ``read-model.renewing`` as long as the tables are not whole."""
        if not self._done.is_set():
            await self._note()
        if not self._done.is_set():
            said = f"{self._room} 正在按本版本重新整理数据, 暂时不能办理。"
            remedy = "请稍候再试；进度见 huiyin doctor 的“落后”, 整理完自动恢复。"
            raise Unavailable("read-model.renewing", said, remedy)

    def guarding(self, door: APIRouter) -> APIRouter:
        """The door, open only while the tables are whole."""
        for route in door.routes:
            assert isinstance(route, LateRoute)
            route.needs(self.check)
        return door

    @property
    def _room(self) -> str:
        return self.store.source.service

    async def _note(self) -> None:
        if await self.store.read(self._is_whole):
            self._done.set()
        else:
            self._done.clear()

    def _is_whole(self, sql: Sql) -> bool:
        return is_current(sql, self.model) and not _marks(sql)

    def _begin(self, tx: Transaction) -> bool:
        if is_current(tx.sql, self.model):
            return False
        make(tx.sql, self.model, self._room)
        for name, at in self._past.applied(tx).items():
            _mark(tx.sql, name, at)
        read = _marks(tx.sql).get(self._past.read)
        if read:
            track(tx.sql, self._past.read, Tracking(read.epoch, 0, 0, ""))  # shows as a lag
        log.info("tables of another release, made anew", room=self._room)
        return True

    async def _fold_page(self) -> bool:
        at = await self.store.read(lambda sql: tracked(sql, self._past.read))
        page = await self._past.page(at.position)
        going_on = await self.store.write(lambda tx: self._fold_read(tx, page))
        await self._note()
        return going_on

    def _fold_read(self, tx: Transaction, page: Sequence[Raw]) -> bool:
        name = self._past.read
        mark = _marks(tx.sql).get(name)
        if mark is None:
            return False
        again = [event for event in page if event[0] <= mark.position]
        self._fold(tx, name, again)
        end = again[-1][0]
        track(tx.sql, name, Tracking(mark.epoch, end, 0, "") if end < mark.position else mark)
        if end < mark.position:
            return True
        if name == self._room:
            tx.sql.execute("DELETE FROM tracking WHERE upstream = ?", (name,))
        self._reached(tx.sql, name)
        return False

    def _hear(self, tx: Transaction, upstream: str, batch: Sequence[Incoming]) -> int:
        mark = _marks(tx.sql).get(upstream)
        if mark is None:
            return 0
        fresh = follow(tracked(tx.sql, upstream), batch)
        again = [event for event in fresh if event.position <= mark.position]
        if not again:
            return mark.position
        self._fold(tx, upstream, [(e.position, e.type, e.raw) for e in again])
        end = again[-1]
        track(tx.sql, upstream, Tracking(end.epoch, end.position, end.seq, end.hash))
        if end.position == mark.position:
            if (end.epoch, end.hash) != (mark.epoch, mark.hash):
                raise other_history(end.position, "与已接收的不同")
            self._reached(tx.sql, upstream)
        return mark.position

    def _fold(self, tx: Transaction, upstream: str, events: Iterable[Raw]) -> None:
        """What is set aside stays aside."""
        aside = {event.position for event in parked(tx.sql) if event.upstream == upstream}
        try:
            self.model.fold_raw(tx.sql, (event for event in events if event[0] not in aside))
        except PASSING:
            raise
        except Exception as problem:
            why = f"{type(problem).__name__}: {problem}"
            said = f"{self._room} 的数据不能按本版本整理（{why}）, 已停止。"
            remedy = "记录没有改变；请换回原来的版本, 并把日志交给开发者。"
            raise Untrusted("read-model.not-made", said, remedy, "read_models") from problem

    def _reached(self, sql: Sql, upstream: str) -> None:
        sql.execute("DELETE FROM renewing WHERE upstream = ?", (upstream,))
        if not _marks(sql):
            self._resume(sql)
            log.info("tables made anew", room=self._room)


def _marks(sql: Sql) -> dict[str, Tracking]:
    """Up to where each sequence is still to be folded again."""
    return all_tracked(sql, "renewing")


def _mark(sql: Sql, upstream: str, at: Tracking) -> None:
    """Note how far it had been applied, and follow it from its beginning again.

    A mark that is there already says it better: the release before did not come so far.
    """
    if not at.position:
        return
    sql.execute(
        "INSERT INTO renewing VALUES (?, ?, ?, ?, ?) ON CONFLICT (upstream) DO NOTHING",
        (upstream, at.epoch, at.position, at.seq, at.hash),
    )
    sql.execute("DELETE FROM tracking WHERE upstream = ?", (upstream,))
