"""Folds the log into ledger, duties and units, in leaf order, each leaf once.

New leaves are folded in the transaction that sequences them; whatever was left behind (because an
event could not be folded at once, or tables were made anew meanwhile) is caught up with here.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from services.reporting import packs
from services.reporting.duties import table as duties_table
from services.reporting.findings import review
from services.reporting.ledger import table as ledger_table
from services.reporting.log import log
from shared.contracts.envelope import Actor
from shared.copies import packs as heard_packs
from shared.copies import units
from shared.errors import Unavailable, Untrusted
from shared.messaging.consumer import PATIENCE
from shared.messaging.renewal import Renewal
from shared.messaging.streams import Incoming, about
from shared.messaging.taking import Keeping, Poison, Taken, release, take
from shared.messaging.tasks import woken
from shared.store.failures import BROKEN
from shared.store.readmodel import Raw, joined
from shared.store.store import Store
from shared.store.tracking import Tracking, tracked
from shared.store.transaction import Transaction

PAGE = 1000
UPSTREAM = "log"

MODEL = joined(
    ledger_table.MODEL,
    duties_table.MODEL,
    review.MODEL,
    units.MODEL,
    units.COUNTY,
    heard_packs.MODEL,
    packs.MODEL,
)
"""Reporting's read models together, folded from the log in leaf order."""

logger = structlog.get_logger("projector")


class PastInLog:
    """What reporting's tables are folded again from: its log alone."""

    read = UPSTREAM

    def __init__(self, store: Store) -> None:
        self._store = store

    def applied(self, tx: Transaction) -> Mapping[str, Tracking]:
        """How far the tables had come in the log; those that fill it are followed as before."""
        return {UPSTREAM: tracked(tx.sql, UPSTREAM)}

    async def page(self, after: int) -> Sequence[Raw]:
        """Leaves of the log; their position is the size of the log up to them."""
        leaves = await self._store.read(lambda sql: log.leaves(sql, after, PAGE))
        return [(leaf.leaf + 1, leaf.type, leaf.raw) for leaf in leaves]


class SequencerAndFold:
    """Sequences events and folds them at once when the ledger is up to date."""

    understands_all = True

    def __init__(self, source: str, projector: "Projector") -> None:
        self._source = source
        self._projector = projector

    def apply(self, tx: Transaction, events: Sequence[Incoming]) -> None:
        """The log takes the bytes whatever happens to the fold."""
        entries = log.append(tx, self._source, events)
        try:
            with tx.savepoint():
                self._projector.fold(tx, entries, last_try=False)
        except BROKEN:
            raise
        except Exception as problem:
            self._projector.fall_behind()
            logger.warning("fold put off", problem=problem)


class Projector:
    """The ledger's place in the log, and the loop that keeps it there."""

    def __init__(self, store: Store, renewal: Renewal) -> None:
        self.store = store
        self._renewal = renewal
        self.upstream = UPSTREAM
        self.halted: Untrusted | None = None
        self._behind = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fold = Keeping(MODEL)

    def fold(self, tx: Transaction, entries: Sequence[Incoming], *, last_try: bool) -> Taken:
        """Fold log entries; raises Gap if the ledger is not up to them, Poison if one cannot be."""
        return take(tx, UPSTREAM, entries, self._fold, last_try=last_try)

    def fall_behind(self) -> None:
        """Ask for catching up; called in the writer's thread, where no event may be set."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._behind.set)

    async def run(self) -> None:
        """Catch up now and whenever the fold was left behind; runs until cancelled."""
        self._loop = asyncio.get_running_loop()
        while self.halted is None:
            try:
                await self._catch_up()
            except Unavailable as problem:
                logger.warning("fold put off", code=problem.code)
            await woken(self._behind, 1.0)

    async def release(self, matter: str, actor: Actor) -> int:
        """Fold a matter's parked leaves after what stopped them was mended; returns how many."""
        await self._renewal.check()
        work = partial(release, upstream=UPSTREAM, handler=self._fold)
        return await self.store.write(lambda tx: work(tx, matter=matter, actor=actor))

    async def _catch_up(self) -> None:
        self._behind.clear()
        while self.halted is None and await self._step():
            pass

    async def _step(self) -> bool:
        for pause in PATIENCE:
            try:
                return self._note(await self.store.write(lambda tx: self._moved(tx, False)))
            except Poison as problem:
                logger.warning("leaf not folded, trying again", problem=problem)
                await asyncio.sleep(pause)
        return self._note(await self.store.write(lambda tx: self._moved(tx, True)))

    def _moved(self, tx: Transaction, last_try: bool) -> tuple[Taken, bool]:
        before = tracked(tx.sql, UPSTREAM).position
        page = [leaf.entry() for leaf in log.leaves(tx.sql, before, PAGE)]
        taken = self.fold(tx, page, last_try=last_try)
        return taken, taken.last.position > before

    def _note(self, step: tuple[Taken, bool]) -> bool:
        taken, moved = step
        for leaf in taken.aside:
            logger.error("leaf set aside", room="reporting", **about(leaf))
        if taken.stop:
            self.halted = taken.stop
            logger.error("fold halted", code=taken.stop.code, place=taken.stop.field)
        return moved
