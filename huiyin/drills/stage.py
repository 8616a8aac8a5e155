"""Where a drill is played: a county of its own in a temporary directory, on the real services.

Its clock stands still until it is moved. A step is put on record just before its moment, so that
what is done at the last moment of a limit is recorded in time too; a registration at it.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from huiyin.drills.script import SUPERVISING, Drill, Post, UnitPlanned, judges, posts
from huiyin.host.app import create_app
from huiyin.host.directory import County, DataDirectory
from huiyin.host.embedded import booted
from huiyin.host.founding import establish
from huiyin.host.host import Host
from services.deadlines import agenda, scheduler
from services.deadlines import tables as duties
from services.reporting.log.log import ends
from services.routing.administration import Administration
from services.routing.appointments import Appointments
from services.routing.orders import Appointment
from shared.clock import SimulatedClock, from_micros
from shared.copies.units import Unit
from shared.errors import Untrusted, answered_error
from shared.identity.officer import Officer
from shared.messaging.status import read_status
from shared.policy.language.pack import Pack
from shared.room import Room
from shared.settings import Settings
from shared.store.sql import Sql
from shared.store.tracking import all_tracked
from shared.store.transaction import last_position
from shared.words import ADMINISTRATOR

MARGIN = timedelta(milliseconds=100)
"""So long before its moment a step is recorded: room for a hundred thousand events."""

MEMORY = Path("/dev/shm")  # noqa: S108 - a directory in it is made safely
ENOUGH = 2 * 1024**3
"""Bytes that must be free there."""

PAST = timedelta(microseconds=1)
"""So long after a limit it is observed that it passed."""

POLL = 0.002
"""Seconds between looks."""

LOOKS = 20
"""So many times without a commit, and the databases are looked at all the same."""

SOON = 3.0
"""Seconds; what takes longer has probably halted."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who acts (角色): the officer and the token that says so."""

    officer: Officer
    token: str


Marks = dict[datetime, int]
"""How long the log was when a moment of the drill was over; in their order."""


class DrillStage:
    """The running county of one drill."""

    def __init__(
        self, drill: Drill, system: Host, client: httpx2.AsyncClient, clock: SimulatedClock
    ) -> None:
        self.drill = drill
        self.system = system
        self.marks: Marks = {}
        self.cast: dict[Post, Acting] = {}
        self._client = client
        self._clock = clock
        self._deadlines = system.rooms["deadlines"].store
        self._moment = clock()
        self._dirty = True

    def code(self, unit: str) -> str:
        """The code of a unit by its key in the drill."""
        units = (*self.drill.units, _supervising(self.drill))
        return next(each.code for each in units if each.key == unit)

    async def post(self, path: str, body: Mapping[str, Any], by: Post) -> dict[str, Any]:
        """Do something; raises the error that the system answers with."""
        self._dirty = True
        headers = {"Authorization": f"Bearer {self.cast[by].token}"}
        response = await self._client.post(path, headers=headers, json=dict(body))
        if not response.is_success:
            raise answered_error(response.status_code, response.content)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    async def appoint(self, name: str, unit: str, post: str, by: Officer) -> Acting:
        """Somebody new in a post of a unit (its code), who can act at once."""
        system = self.system
        routing = system.rooms["routing"]
        appointments = Appointments(routing.store, system.officers, system.vault)
        _, token = await appointments.appoint(Appointment(name=name, unit=unit, post=post), by)
        return self.acting(token)

    def acting(self, token: str) -> Acting:
        """Whoever has that token."""
        return Acting(self.system.officers.by_token(token), token)

    async def settled(self) -> None:
        """Wait until everything done at this moment has been applied, and mark its end."""
        if self._dirty:
            await settle(self.system)
            self._dirty = False
        # It is over, unless something else happens at the same moment.
        self.marks[self._moment] = self.system.rooms["reporting"].store.read_now(ends)["log"]

    async def pass_to(self, moment: datetime, *, exactly: bool = False) -> None:
        """Let time pass; what falls due or begins meanwhile is seen at its own moment."""
        if moment > self._moment:
            await self.settled()
            while (coming := self._deadlines.read_now(_coming)) and coming < moment:
                await self._look(coming)
        self._clock.move_to(moment if exactly else moment - MARGIN)
        self._moment = max(self._moment, moment)

    async def _look(self, moment: datetime) -> None:
        self._moment = max(self._moment, moment)
        self._clock.move_to(self._moment)
        await scheduler.look(self._deadlines, self._clock)
        self._dirty = True
        await self.settled()


def _coming(sql: Sql) -> datetime | None:
    """When deadlines has something to see next: a limit that has just passed, or a period."""
    due, opening = duties.next_due(sql), agenda.next_opening(sql)
    moments = [from_micros(due) + PAST] if due is not None else []
    moments += [from_micros(opening)] if opening is not None else []
    return min(moments, default=None)


@asynccontextmanager
async def staged(drill: Drill, pack: Pack) -> AsyncIterator[DrillStage]:
    """The county, founded under its pack, while the block lasts; nothing of it is kept."""
    clock = SimulatedClock(drill.founded)
    with tempfile.TemporaryDirectory(prefix="huiyin-drill-", dir=_room()) as directory:
        settings = Settings.from_environment({"HUIYIN_DATA": directory, "HUIYIN_HTTP_PORT": "0"})
        root = drill.institution
        county = County(code=root.code, name=root.name, root=root.code, demonstration=True)
        async with opened(drill, settings, county, clock) as stage:
            await _found(stage, county, pack)
            yield stage


@asynccontextmanager
async def opened(
    drill: Drill, settings: Settings, county: County, clock: SimulatedClock
) -> AsyncIterator[DrillStage]:
    """A county in a directory as the stage of a drill, with nobody there yet."""
    with DataDirectory(settings.data).held():
        async with booted(settings, county.code, clock=clock) as system:
            door = httpx2.ASGITransport(create_app(system, county.name, settings))
            async with httpx2.AsyncClient(
                transport=door, base_url="http://huiyin", timeout=60
            ) as client:
                yield DrillStage(drill, system, client, clock)


def _room() -> Path | None:
    """Memory, where there is plenty: what is thrown away need not wait for a disk."""
    if not os.access(MEMORY, os.W_OK) or "TMPDIR" in os.environ:
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > ENOUGH else None


async def _found(stage: DrillStage, county: County, pack: Pack) -> None:
    """Set up the county under the drill's pack and no other, and appoint everybody who acts."""
    drill, codes = stage.drill, {each.key: each.code for each in stage.drill.units}
    units = [
        Unit(each.code, each.name, (), codes.get(each.parent or "")) for each in drill.units[1:]
    ]
    name = f"演练 {ADMINISTRATOR}"
    first, token = await establish(
        stage.system, county, county.name, units, first_name=name, rules=pack
    )
    stage.cast[drill.institution.key, ADMINISTRATOR] = Acting(first, token)
    if judges(drill):
        above = _supervising(drill)
        administration = Administration(stage.system.rooms["routing"].store)
        await administration.name_supervisor(above.code, above.name, first)
    for unit, role in (*posts(drill), *judges(drill)):
        if (unit, role) not in stage.cast:
            held = drill.stand_ins.get(role, role)
            appointed = await stage.appoint(f"演练 {role}", stage.code(unit), held, first)
            stage.cast[unit, role] = appointed
    await stage.settled()


def _supervising(drill: Drill) -> UnitPlanned:
    """The unit above the institution, from outside it."""
    return UnitPlanned(SUPERVISING, "演练监督单位", None, drill.institution.place)


async def settle(system: Host) -> None:
    """Wait until it is quiet, everything done so far being applied everywhere.

    It is the system's barrier with a shorter question: a drill asks after every moment, so it looks
    into the databases itself. When that takes long, the barrier itself is asked, which knows why:
    raises Unavailable with the reason when it does not become quiet.
    """
    deadline = time.monotonic() + SOON
    while not _quiet(system.rooms):
        if time.monotonic() > deadline:
            await system.settle()
            deadline = time.monotonic() + SOON
        await _something_written(system.rooms)


async def _something_written(rooms: Mapping[str, Room]) -> None:
    """Wait for a commit in any room; without one there is nothing new to look for."""
    before = _written(rooms)
    for _ in range(LOOKS):
        await asyncio.sleep(POLL)
        if _written(rooms) != before:
            return


def _written(rooms: Mapping[str, Room]) -> float:
    return sum(room.store.commits.sizes.total for room in rooms.values())


def check_nothing_parked(system: Host) -> None:
    """Raises Untrusted if an event could not be applied: what a drill shows would be incomplete."""
    for name, room in system.rooms.items():
        for matter in read_status(name, room.store.recorder).parked:
            raise Untrusted(
                code="drill.parked",
                message=f"{name} 搁置了事件 {matter.type}：{matter.reason}",
                remedy="这是程序的错误, 请连同演练脚本一起报告。",
                field=matter.matter,
            )


def _quiet(rooms: Mapping[str, Room]) -> bool:
    before = _ends(rooms)
    return all(_applied(room, before) for room in rooms.values()) and _ends(rooms) == before


def _ends(rooms: Mapping[str, Room]) -> dict[str, int]:
    ends: dict[str, int] = {}
    for name, room in rooms.items():
        ends |= room.store.read_now(partial(_ends_of, room=room, name=name))
    return ends


def _ends_of(sql: Sql, room: Room, name: str) -> dict[str, int]:
    return {name: last_position(sql, room.store.recorder), **(room.ends(sql) if room.ends else {})}


def _applied(room: Room, ends: Mapping[str, int]) -> bool:
    tracked = room.store.read_now(all_tracked)
    followed = {each.upstream for each in room.followers}
    return all(
        (tracked[name].position if name in tracked else 0) >= ends.get(name, 0) for name in followed
    )
