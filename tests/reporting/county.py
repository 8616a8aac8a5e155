"""A county under real rules: units, a pack in force, officers at the door, and what is done."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI

from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyMissed, DutyStarted
from shared.contracts.routing import CountyFounded, PackAdopted, SupervisorNamed, UnitEstablished
from shared.contracts.sealed import Sealed
from shared.copies.units import unit_id
from shared.identity.officer import Officer
from shared.policy import Pack, find_pack, load_pack
from shared.room import SUBJECTS, key_id
from shared.web import prepare
from tests.reporting.console.desk import UNITS
from tests.reporting.world import START, World, registration

TEXT = Sealed.of("答复全文", subject="reply")
DUE = START + timedelta(hours=3)


SUPERVISED = (
    UnitEstablished(code="QH-DCS", name="青禾县督查室", aliases=(), parent=None),
    SupervisorNamed(unit="QINGHE", supervisor="QH-DCS"),
)
"""Who judges the bureau itself."""


class County:
    """The world with units and one adopted pack; whoever asks comes with a token."""

    def __init__(self, world: World, pack: str) -> None:
        self.world = world
        self.pack: Pack = load_pack(find_pack(pack))
        enter = world.officers.enter
        self.leader = enter(Officer("o-leader", "甲一", "QINGHE", "principal_leader"))
        self.clerk = enter(Officer("o-clerk", "己六", "QH-YZ", "info_officer"))
        self.stranger = enter(Officer("o-other", "戊五", "QH-LX", "principal_leader"))
        self.inspector = enter(Officer("o-inspector", "戊五", "QH-DCS", "supervisor"))
        self._app = FastAPI()
        prepare(self._app, world.officers, world.vault)
        self._app.include_router(world.room.router)

    async def found(self) -> None:
        """Routing says whose county it is, names its units, and adopts the pack for all."""
        told = CountyFounded(code="QINGHE", name="青禾县", root="QINGHE", demonstration=False)
        await self.world.say("routing", uuid4(), told, *UNITS, *SUPERVISED, adoption(self.pack))

    async def registered(self, number: str, **sets: str) -> UUID:
        """An incident of the first school under the pack."""
        incident = uuid4()
        keys = [key_id(incident, subject) for subject in SUBJECTS]
        await asyncio.to_thread(self.world.vault.ensure, keys)
        judged = {axis: (value,) for axis, value in sets.items()}
        fact = registration(number).model_copy(update={"sets": judged})
        await self.said("intake", incident, fact)
        return incident

    async def said(self, service: str, incident: UUID, *facts: Fact, **how: Any) -> None:
        """Something said under the pack."""
        await self.world.say(service, incident, *facts, **{"policy": self.pack.pin} | how)

    async def settled(self) -> None:
        """Everything said so far is in the log and in the tables."""
        await self.world.sequence()
        await self.world.folded()

    async def get(self, path: str, **asked: str) -> Any:
        """An answer as JSON."""
        answer = await self._ask("GET", path, self.leader, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, token: str | None = None, **body: Any) -> httpx2.Response:
        """An act asked for."""
        return await self._ask("POST", path, token or self.leader, json=body)

    async def _ask(self, method: str, path: str, token: str, **more: Any) -> httpx2.Response:
        transport = httpx2.ASGITransport(self._app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://huiyin") as client:
            headers = {"Authorization": f"Bearer {token}"}
            return await client.request(method, f"/reporting{path}", headers=headers, **more)


def adoption(pack: Pack) -> PackAdopted:
    """The whole county comes under a pack."""
    return PackAdopted(
        unit="QINGHE",
        pack=pack.id,
        version=pack.version,
        pin=pack.pin,
        texts=pack.texts,
        params={},
        reason="全县适用",
    )


def duty(name: str, stop: str, due: datetime | None = DUE, **changes: Any) -> DutyStarted:
    """A duty of the pack."""
    told: dict[str, Any] = {
        "duty": name,
        "rule": name,
        "each": "",
        "title": "回复",
        "clause": "三小时内回复",
        "party": "handling_unit",
        "stop": stop,
        "clock": "within",
        "start": START,
        "known_at": START,
        "due": due,
        "provisional": False,
        "period": None,
    }
    return DutyStarted(**told | changes)


def missed(duty_: str, due: datetime = DUE, **lacking: int) -> DutyMissed:
    """Nothing, or too little, was seen of it."""
    return DutyMissed(duty=duty_, due=due, observed_at=due, **lacking)


def refusal(answer: httpx2.Response) -> str:
    """The code of a refusal."""
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


YZ_DAY = unit_id("QH-YZ")
"""What acts of the school's own days belong to."""
