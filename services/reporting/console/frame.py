"""What stands around every page: whose county, who reads, and which part of the log is shown.

That it grows is told as it happens, by server-sent events: how long the log is, and nothing else.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from services.reporting.console.door import PageReader, form_token
from services.reporting.log.log import EMPTY, head, leaf_at, root_at
from services.reporting.projector import UPSTREAM
from shared.contracts.routing import CountyFounded
from shared.copies.reach import Reach, reach_of
from shared.copies.units import Unit, all_units, founded_county
from shared.errors import Unavailable
from shared.identity.officer import Officer
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.tracking import tracked

POLL = 0.5
"""Seconds between looks at the store, however many listen."""

QUIET = 15.0
"""Seconds without news after which a comment shows that the line still stands."""

LONGEST = 300.0
"""Seconds until a listener must come through the door again."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A page's surroundings.

    ``size`` is how many leaves of the log the page shows, ``held`` how many there are; ``asked``
    is the size if the reader wants to see the past, otherwise none. ``now`` is the moment shown
    (UTC): the past one for the past. ``behind`` counts leaves that are not in the tables yet.
    """

    county: CountyFounded
    units: dict[str, Unit]
    officer: Officer | None
    reach: Reach
    form: str
    size: int
    held: int
    asked: int | None
    behind: int
    now: datetime
    taken_at: datetime | None
    running: str
    root: str
    printed_at: datetime

    @property
    def past(self) -> bool:
        """Whether the page shows what was known once, and not what is known now."""
        return self.asked is not None


def frame(sql: Sql, reader: PageReader, asked: int | None, now: datetime) -> Frame:
    """The surroundings of a page that shows the first ``asked`` leaves, or everything.

    Raises Unavailable ``county.not-founded`` before it is known whose county this is.
    """
    county = founded_county(sql)
    if county is None:
        message = "这里还没有县域数据, 或正在从日志整理。"
        remedy = "请稍候刷新；新系统请先用 huiyin init 建库。"
        raise Unavailable("county.not-founded", message, remedy)
    held, _ = head(sql)
    size = held if asked is None else max(0, min(asked, held))
    last = leaf_at(sql, size - 1) if size else None
    taken_at = last.sequenced_at if last else None
    return Frame(
        county=county,
        units=all_units(sql),
        officer=reader.officer,
        reach=reach_of(sql, reader.officer),
        form=form_token(reader.session) if reader.session else "",
        size=size,
        held=held,
        asked=None if asked is None else size,
        behind=held - folded(sql),
        now=now if asked is None or taken_at is None else taken_at,
        taken_at=taken_at,
        running=last.running if last else EMPTY,
        root=root_at(sql, size).hex(),
        printed_at=now,
    )


class Growth:
    """The number of leaves that the pages show, as it grows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._size = 0
        self._looked = -POLL

    async def follow(self, stopping: asyncio.Event, within: float = LONGEST) -> AsyncGenerator[str]:
        """The stream for one listener; ends when the server stops or after ``within`` seconds."""
        end, last, spoke_at = time.monotonic() + within, -1, time.monotonic()
        yield "retry: 2000\n\n"
        while not stopping.is_set() and time.monotonic() < end:
            try:
                size = await self._now()
            except Unavailable:  # the listener comes back by itself
                return
            if size != last:
                yield f"event: size\ndata: {size}\n\n"
            elif time.monotonic() - spoke_at > QUIET:
                yield ": \n\n"
            if size != last or time.monotonic() - spoke_at > QUIET:
                last, spoke_at = size, time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POLL)

    async def _now(self) -> int:
        async with self._lock:
            if time.monotonic() - self._looked >= POLL:
                self._size = await self._store.read(folded)
                self._looked = time.monotonic()
            return self._size


def folded(sql: Sql) -> int:
    """How many leaves the read models hold."""
    return tracked(sql, UPSTREAM).position
