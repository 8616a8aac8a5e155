"""Clients that want something done and ask until they are told that it is: over HTTP, by key."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from shared.contracts.intake import IncidentRegistered
from shared.contracts.routing import (
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
)

Body = dict[str, Any]

ACTS: dict[str, tuple[str, str, Body]] = {
    "grade": (IncidentGraded.TYPE, "clerk", {"grade": "ordinary", "grounds": "影响小"}),
    "assign": (IncidentAssigned.TYPE, "clerk", {"lead": "QH-YZ"}),
    "draft": (ReplyDrafted.TYPE, "clerk", {"kind": "result", "text": "已送达, 请查收。"}),
    "approve": (ReplyApproved.TYPE, "head", {}),
    "publish": (ReplyPublished.TYPE, "clerk", {"channel": "留言板"}),
    "close": (IncidentClosed.TYPE, "clerk", {}),
}
"""What is done to an incident, in order: the event it makes, who does it, and the request."""

REGISTERED = IncidentRegistered.TYPE


@dataclass(slots=True)
class Case:
    """An incident as its clients were told: its number, and the hash of each act by its event."""

    incident: str
    number: str
    hashes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Wish:
    """One incident to register and the acts to do to it then."""

    key: str
    acts: Sequence[str]

    @property
    def commands(self) -> int:
        return 1 + len(self.acts)


def wishes(count: int, chance: random.Random) -> list[Wish]:
    """So many incidents, a quarter of which go some way or all the way through their handling."""
    return [Wish(f"wish-{number}", _some_acts(chance)) for number in range(count)]


def _some_acts(chance: random.Random) -> Sequence[str]:
    if chance.random() > 0.25:
        return ()
    return tuple(ACTS)[: chance.randint(1, len(ACTS))]


class Clients:
    """Several clients at once; every command carries its key and is repeated until acknowledged.

    ``where`` tells the address (none while nothing serves), ``tokens`` are those of a clerk and
    of a head who approves.
    """

    def __init__(
        self, where: Callable[[], str | None], tokens: dict[str, str], within: float
    ) -> None:
        self.acknowledged = 0
        self.repeated = 0
        self.cases: list[Case] = []
        self._where, self._tokens, self._within = where, tokens, within

    async def drive(self, wanted: Sequence[Wish], clients: int = 8) -> None:
        """Have all of it done; raises ``TimeoutError`` when that takes too long."""
        queue = iter(wanted)
        async with asyncio.timeout(self._within), httpx2.AsyncClient(timeout=10.0) as client:
            await asyncio.gather(*(self._work(client, queue) for _ in range(clients)))

    async def _work(self, client: httpx2.AsyncClient, queue: Iterator[Wish]) -> None:
        for wish in queue:
            await self._fulfil(client, wish)

    async def _fulfil(self, client: httpx2.AsyncClient, wish: Wish) -> None:
        body = {"title": f"课本还差两本没有发（{wish.key}）", "category": "教材"}
        body |= {"channel": "message_board", "unit": "QH-YZ"}
        done = await self._ask(client, "/intake/incidents", "clerk", body, wish.key)
        case = Case(done["incident"], done["number"], {REGISTERED: done["hash"]})
        self.cases.append(case)
        paper: Body = {}
        for act in wish.acts:
            event, who, order = ACTS[act]
            order = order | (paper if act in ("approve", "publish") else {})
            path = f"/routing/incidents/{case.number}/{act}?after={done['position']}"
            answer = await self._ask(client, path, who, order, f"{wish.key}/{act}")
            assert answer["events"] == [event], answer
            case.hashes[event] = answer["hash"]
            paper = {"draft": answer["draft"]} if act == "draft" else paper

    async def _ask(
        self, client: httpx2.AsyncClient, path: str, who: str, body: Body, key: str
    ) -> Body:
        """Repeat one request until it is acknowledged; a refusal is a failure of the test."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}", "Idempotency-Key": key}
        while True:
            answer = await self._try(client, path, body, headers)
            if answer is not None and answer.status_code != 503:
                assert answer.is_success, (path, answer.status_code, answer.text)
                self.acknowledged += 1
                return dict(answer.json())
            self.repeated += 1
            await asyncio.sleep(0.02)

    async def _try(
        self, client: httpx2.AsyncClient, path: str, body: Body, headers: dict[str, str]
    ) -> httpx2.Response | None:
        url = self._where()
        if url is None:
            return None
        try:
            return await client.post(url + path, json=body, headers=headers)
        except httpx2.TransportError:
            return None
