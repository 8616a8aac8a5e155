"""Tables that another release made, made anew (整理) from a room's own events and those it heard.

Every sequence is folded again up to where it had been applied, and nobody reacts to anything in
it: what followed from an event is on record since it was heard first. Until all of them are there
the room takes nothing new, does nothing by itself, and its door says that it is busy.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from eventsourcing.persistence import Notification
from fastapi import APIRouter

from shared.contracts.envelope import decode
from shared.errors import Unavailable, Untrusted
from shared.messaging.streams import Incoming
from shared.messaging.taking import PASSING, follow, other_history
from shared.store.failures import translated
from shared.store.parking import parked
from shared.store.readmodel import Placed, ReadModel, is_current, make
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import Tracking, all_tracked, track, tracked
from shared.store.transaction import Transaction, last_position
from shared.web import LateRoute

PAGE = 1000
"""Own events folded in one transaction."""

log = structlog.get_logger("renewal")


class Renewal:
    """The read model of a room: made with a new store, made anew over an older release's.

    ``resume`` puts right, when all is folded, what rests on the tables and is no fold of events.
    """

    def __init__(
        self, store: Store, model: ReadModel, resume: Callable[[Sql], None] = lambda _: None
    ) -> None:
        self.store = store
        self.model = model
        self._resume = resume
        self._done = asyncio.Event()

    @classmethod
    def opened(
        cls, store: Store, model: ReadModel, resume: Callable[[Sql], None] = lambda _: None
    ) -> "Renewal":
        """Make the tables of a store in which nothing is yet; older ones are left to ``begin``."""
        with translated(), store.recorder.making() as sql:
            sql.execute("DELETE FROM tracking WHERE upstream = ''")  # writes first: wait for others
            if last_position(sql, store.recorder) == 0 and not all_tracked(sql):
                make(sql, model, store.source.service)
        return cls(store, model, resume)

    async def begin(self) -> bool:
        """Drop tables of another shape and note how far all had been applied; true if that was so.

        Only the process that does the room's work may.
        """
        current = await self.store.read(lambda sql: is_current(sql, self.model, self._room))
        began = not current and await self.store.write(self._begin)
        await self._note()
        return began

    async def run(self) -> None:
        """Fold the room's own events again, a page at a time, if that is to be done."""
        while not self._done.is_set() and await self._fold_own_page():
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
            raise _renewing(self._room)

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
        return is_current(sql, self.model, self._room) and not _marks(sql)

    def _begin(self, tx: Transaction) -> bool:
        if is_current(tx.sql, self.model, self._room):
            return False
        make(tx.sql, self.model, self._room)
        for upstream, at in all_tracked(tx.sql).items():
            if upstream != self._room:  # else it is how far a renewal before this one had come
                _mark(tx.sql, upstream, at)
        if tx.position():
            _mark(tx.sql, self._room, Tracking(tx.source.epoch, tx.position(), 0, ""))
            track(tx.sql, self._room, Tracking(tx.source.epoch, 0, 0, ""))  # shows as a lag
        log.info("tables of another release, made anew", room=self._room)
        return True

    async def _fold_own_page(self) -> bool:
        at = await self.store.read(lambda sql: tracked(sql, self._room))
        page = await self.store.notifications(at.position, PAGE)
        going_on = await self.store.write(lambda tx: self._fold_own(tx, page))
        await self._note()
        return going_on

    def _fold_own(self, tx: Transaction, page: Sequence[Notification]) -> bool:
        mark = _marks(tx.sql).get(self._room)
        if mark is None:
            return False
        again = [event for event in page if event.id <= mark.position]
        self._fold(tx, [Placed(e.id, decode(e.state)) for e in again if self.model.wants(e.topic)])
        track(tx.sql, self._room, Tracking(mark.epoch, again[-1].id, 0, ""))
        if again[-1].id < mark.position:
            return True
        self._reached(tx.sql, self._room)
        tx.sql.execute("DELETE FROM tracking WHERE upstream = ?", (self._room,))
        return False

    def _hear(self, tx: Transaction, upstream: str, batch: Sequence[Incoming]) -> int:
        mark = _marks(tx.sql).get(upstream)
        if mark is None:
            return 0
        fresh = follow(tracked(tx.sql, upstream), batch)
        again = [event for event in fresh if event.position <= mark.position]
        if not again:
            return mark.position
        aside = {event.position for event in parked(tx.sql) if event.upstream == upstream}
        wanted = [e for e in again if self.model.wants(e.type) and e.position not in aside]
        self._fold(tx, [Placed(e.position, decode(e.raw)) for e in wanted])
        end = again[-1]
        track(tx.sql, upstream, Tracking(end.epoch, end.position, end.seq, end.hash))
        if end.position == mark.position:
            if (end.epoch, end.hash) != (mark.epoch, mark.hash):
                raise other_history(end.position, "与已接收的不同")
            self._reached(tx.sql, upstream)
        return mark.position

    def _fold(self, tx: Transaction, events: Sequence[Placed]) -> None:
        try:
            self.model.apply(tx.sql, events)
        except PASSING:
            raise
        except Exception as problem:
            raise _not_made(self._room, problem) from problem

    def _reached(self, sql: Sql, upstream: str) -> None:
        sql.execute("DELETE FROM renewing WHERE upstream = ?", (upstream,))
        if not _marks(sql):
            self._resume(sql)
            log.info("tables made anew", room=self._room)


def _marks(sql: Sql) -> dict[str, Tracking]:
    """Up to where each sequence is still to be folded again."""
    rows = sql.all("SELECT * FROM renewing")
    return {r["upstream"]: Tracking(r["epoch"], r["position"], r["seq"], r["hash"]) for r in rows}


def _mark(sql: Sql, upstream: str, at: Tracking) -> None:
    """Note how far it had been applied, and follow it from its beginning again.

    A mark that is there already says it better: the release before did not come so far.
    """
    sql.execute(
        "INSERT INTO renewing VALUES (?, ?, ?, ?, ?) ON CONFLICT (upstream) DO NOTHING",
        (upstream, at.epoch, at.position, at.seq, at.hash),
    )
    sql.execute("DELETE FROM tracking WHERE upstream = ?", (upstream,))


def _renewing(room: str) -> Unavailable:
    return Unavailable(
        "read-model.renewing",
        f"{room} 正在按本版本重新整理数据, 暂时不能办理。",
        "请稍候再试；进度见 huiyin doctor 的“落后”, 整理完自动恢复。",
    )


def _not_made(room: str, problem: Exception) -> Untrusted:
    return Untrusted(
        "read-model.not-made",
        f"{room} 的数据不能按本版本整理（{type(problem).__name__}: {problem}）, 已停止。",
        "记录没有改变；请换回原来的版本, 并把日志交给开发者。",
        "read_models",
    )
