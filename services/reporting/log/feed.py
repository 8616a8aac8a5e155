"""The log as other programs read it: line by line, the very bytes, and news as it comes.

A line is one JSON object whose last member is the event as it is stored: what stands between
``"event":`` and the closing brace has the SHA-256 that the line names as ``hash``.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.reporting.ledger import table as ledger_table
from services.reporting.log import log
from services.reporting.log.log import Leaf
from services.reporting.reach import check_seen, seen
from shared.contracts.envelope import decode_envelope, event_hash, split
from shared.copies.reach import Reach, reach_of
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

    unit: Annotated[str | None, Query(description="单位代码")] = None
    type: Annotated[str | None, Query(description="事件类型, 可不写版本")] = None
    incident: Annotated[str | None, Query(description="事件编号或标识")] = None

    def has(self, leaf: Leaf) -> bool:
        """Whether an entry is wanted."""
        return (
            self.type in (None, leaf.type, leaf.type.rpartition(".")[0])
            and self.incident in (None, leaf.correlation)
            and (self.unit is None or b',"unit":"%b",' % self.unit.encode() in split(leaf.raw)[0])
        )


Page = tuple[Sequence[Leaf], int]
"""Wanted entries, and the leaf to go on from."""


def read_page(sql: Sql, start: int, limit: int, wanted: Wanted, reach: Reach) -> Page:
    """The next wanted entries within reach from a leaf on; looks at a bounded number of them."""
    found: list[Leaf] = []
    at, everything = start, reach.units is None
    looked_at = log.leaves(sql, start, limit if wanted == Wanted() and everything else LOOKED_AT)
    upto = {} if everything else seen(sql, reach, {leaf.correlation for leaf in looked_at})
    for leaf in looked_at:
        at = leaf.leaf + 1
        if wanted.has(leaf) and (everything or _is_within(leaf, reach, upto)):
            found.append(leaf)
        if len(found) == limit:
            break
    return found, at


def _is_within(leaf: Leaf, reach: Reach, upto: Mapping[str, int]) -> bool:
    """Whether a unit within reach says so, or the matter may be read so far."""
    return leaf.leaf < upto.get(leaf.correlation, 0) or reach.has(decode_envelope(leaf.raw).unit)


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
        officer: Asking,
        given: Annotated[Wanted, Depends()],
        from_: Annotated[int, Query(alias="from", ge=0, description="从这个册号起")] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE, description="最多几条")] = PAGE,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="没有新的就等几秒")] = 0,
    ) -> Response:
        """按册号顺序读本单位和下级单位可见的事件, 每行一个 JSON；密封的文字保持密封。"""
        reach = await store.read(partial(reach_of, officer=officer))
        wanted = await store.read(partial(_meant, given=given, reach=reach))
        ask = partial(read_page, limit=limit, wanted=wanted, reach=reach)
        leaves, next_ = await _awaited(store, ask, from_, wait, request)
        body = b"".join([as_line(leaf) for leaf in leaves])
        return Response(body, media_type=MEDIA_TYPE, headers={NEXT: str(next_)})


def _meant(sql: Sql, given: Wanted, reach: Reach) -> Wanted:
    """What is wanted, with the id of the matter, if one is named; raises as ``check_seen`` does."""
    if given.incident is None:
        return given
    row = ledger_table.known(sql, given.incident)
    check_seen(sql, reach, row, given.incident)
    return replace(given, incident=row.incident)


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
