"""The whole county as reporting's process sees it: rooms over NATS, schemas of one PostgreSQL."""

import asyncio
from collections.abc import Mapping
from functools import partial

from nats.aio.client import Client

from huiyin.embedded.directory import County
from huiyin.embedded.doctor import Report, Seen, examine
from huiyin.embedded.offline import MODELS
from huiyin.embedded.premises import look_around
from huiyin.standalone import far
from huiyin.standalone.place import unknown_room
from services.reporting.log import log
from services.reporting.log.verify import Verified, verify
from services.reporting.rebuild import Compared, compare
from shared.contracts.envelope import Actor
from shared.copies.county import founded_county
from shared.errors import Unavailable
from shared.messaging.barrier import barrier
from shared.messaging.broker import address_of, examined
from shared.messaging.status import RoomStatus, halt, read_status
from shared.messaging.topology import SERVICES
from shared.settings import Settings
from shared.store.failures import translated
from shared.store.recorders import Recorder

TAKEOVER_WITHIN = 10.0
"""Seconds in which a stand-by has surely taken over, so that a room answers again."""


class FarCounty:
    """Answers the operator: what only a running room knows is asked, the rest is read."""

    def __init__(
        self, client: Client, recorders: Mapping[str, Recorder], settings: Settings
    ) -> None:
        self._client = client
        self._recorders = recorders
        self._settings = settings

    async def doctor(self) -> Report:
        """How every room is; of a silent one, what its database says."""
        rooms = await asyncio.gather(*(self._examined(service) for service in SERVICES))
        # The disk looked at is this process's own: PostgreSQL's is for its machine to watch.
        premises = await asyncio.to_thread(look_around, self._settings)
        broker = await examined(self._client, address_of(self._settings.nats_url or ""))
        return examine(Seen(rooms, premises, running=True, broker=broker))

    async def settle(self) -> None:
        """Wait until everything up to here has been applied everywhere."""
        await barrier(self._statuses)

    async def release(self, room: str, matter: str, actor: Actor) -> int:
        """Have a room let through what it set aside of a matter; returns how many events."""
        if room not in SERVICES:
            raise unknown_room(room)
        return await far.release(self._client, room, matter, actor)

    async def verified(self) -> Verified:
        """Whether stores and log hold and agree."""
        return await asyncio.to_thread(verify, self._recorders, self._recorders["reporting"])

    async def rebuilt(self) -> list[Compared]:
        """Every read model folded afresh from the log and compared with the live one."""
        log_of = self._recorders["reporting"]
        return await asyncio.to_thread(compare, MODELS, self._recorders, log_of)

    def founded(self) -> County:
        """Whose data this is, as routing has it on record; raises Unavailable before founding."""
        with translated(), self._recorders["routing"].reading() as sql:
            said = founded_county(sql)
        if said is None:
            raise _not_founded()
        return County(
            code=said.code, name=said.name, root=said.root, demonstration=said.demonstration
        )

    async def _statuses(self) -> list[RoomStatus]:
        ask = partial(far.status, self._client, within=TAKEOVER_WITHIN)
        return list(await asyncio.gather(*(ask(service) for service in SERVICES)))

    async def _examined(self, service: str) -> RoomStatus:
        try:
            return await far.status(self._client, service)
        except Unavailable as problem:
            return await asyncio.to_thread(self._on_record, service, problem)

    def _on_record(self, service: str, problem: Unavailable) -> RoomStatus:
        ends = log.ends if service == "reporting" else None
        with translated():
            return read_status(
                service, self._recorders[service], ends=ends, halts=[halt("process", problem)]
            )


def _not_founded() -> Unavailable:
    return Unavailable(
        "county.not-founded",
        "数据库里还没有县域数据。",
        "请先用同一 HUIYIN_DATABASE 运行 huiyin init --code 代码 --name 名称 建库。",
        "HUIYIN_DATABASE",
    )
