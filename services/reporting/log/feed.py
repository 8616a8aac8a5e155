"""The log as other programs read it: line by line, the very bytes, and news as it comes.

A line is one JSON object whose last member is the event as it is stored: what stands between
``"event":`` and the closing brace has the SHA-256 that the line names as ``hash``.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.reporting.ledger import table as ledger_table
from services.reporting.log import log
from services.reporting.log.log import Leaf
from shared.contracts.envelope import event_hash, split
from shared.messaging.tasks import woken
from shared.store.sql import Sql
from shared.store.store import Store
from shared.web import Asking

PAGE = 1000
"""Lines in one answer at most."""

LOOKED_AT = 5000
"""Entries looked at for one answer at most; with a filter, few of them may be in it."""

LONGEST_WAIT = 30.0
"""Seconds for which an answer is held back until there is news."""

POLL = 0.2
"""Seconds between looks for news, whatever process appends it."""

NEXT = "Huiyin-Next"
"""Header of an answer: the leaf to go on from."""

MEDIA_TYPE = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of a unit, of a type (with or without its version), of an incident (id)."""

    unit: str | None = None
    type: str | None = None
    incident: str | None = None

    def has(self, leaf: Leaf) -> bool:
        """Whether an entry is wanted."""
        return (
            self.type in (None, leaf.type, leaf.type.rpartition(".")[0])
            and self.incident in (None, leaf.correlation)
            and (self.unit is None or b',"unit":"%b",' % self.unit.encode() in split(leaf.raw)[0])
        )


Page = tuple[Sequence[Leaf], int]
"""Wanted entries, and the leaf to go on from."""


def read_page(sql: Sql, start: int, limit: int, wanted: Wanted) -> Page:
    """The next wanted entries from a leaf on; looks at a bounded number of them."""
    found: list[Leaf] = []
    at = start
    for leaf in log.leaves(sql, start, limit if wanted == Wanted() else LOOKED_AT):
        at = leaf.leaf + 1
        if wanted.has(leaf):
            found.append(leaf)
        if len(found) == limit:
            break
    return found, at


def as_line(leaf: Leaf) -> bytes:
    """An entry as one line; the event's bytes stand in it unchanged, and hold no line break."""
    at = leaf.sequenced_at.isoformat().replace("+00:00", "Z")
    head = f'{{"leaf":{leaf.leaf},"sequenced_at":"{at}","hash":"{event_hash(leaf.raw)}","event":'
    return head.encode() + leaf.raw + b"}\n"


def add_feed(api: APIRouter, store: Store) -> None:
    """Add ``/events`` to reporting's routes."""

    @api.get("/events", response_class=Response, responses={200: _DESCRIBED})
    async def events(
        request: Request,
        _: Asking,
        from_: Annotated[int, Query(alias="from", ge=0, description="从这个册号起")] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE, description="最多几条")] = PAGE,
        unit: Annotated[str | None, Query(description="单位代码")] = None,
        type_: Annotated[
            str | None, Query(alias="type", description="事件类型, 可不写版本")
        ] = None,
        incident: Annotated[str | None, Query(description="事件编号或标识")] = None,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="没有新的就等几秒")] = 0,
    ) -> Response:
        """按册号顺序读事件, 每行一个 JSON；密封的文字保持密封。"""
        known = partial(ledger_table.known, name=incident or "")
        matter = None if incident is None else (await store.read(known)).incident
        wanted = Wanted(unit, type_, matter)
        ask = partial(read_page, limit=limit, wanted=wanted)
        leaves, next_ = await _awaited(store, ask, from_, wait, request)
        body = b"".join([as_line(leaf) for leaf in leaves])
        return Response(body, media_type=MEDIA_TYPE, headers={NEXT: str(next_)})


async def _awaited(
    store: Store, ask: Callable[..., Page], start: int, wait: float, request: Request
) -> Page:
    """The next page, or an empty one after so many seconds without anything wanted.

    Nobody is kept waiting by a server that stops, nor the server by somebody who has left.
    """
    deadline = time.monotonic() + wait
    stopping = getattr(request.app.state, "stopping", None) or asyncio.Event()
    while True:
        leaves, next_ = await store.read(partial(ask, start=start))
        if leaves or time.monotonic() >= deadline or stopping.is_set():
            return leaves, next_
        if next_ == start and (await woken(stopping, POLL) or await request.is_disconnected()):
            return leaves, next_
        start = next_


_DESCRIBED = {
    "description": f"每行一个 JSON：leaf、sequenced_at、hash、event；{NEXT} 是下一次的 from",
    "content": {MEDIA_TYPE: {}},
    "headers": {NEXT: {"schema": {"type": "integer"}}},
}
