"""Where a drill is played: a county of its own in a temporary directory, on the real services.

Its clock stands still until it is moved. A step is put on record just before its moment, so that
what is done at the last moment of a limit is recorded in time too; a registration at it.
"""

import asyncio
import os
import shutil
import tempfile
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from huiyin.drills.rulebook import Loaded
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
from shared.clock import SimulatedClock, from_micros
from shared.copies.units import Unit
from shared.errors import Untrusted, answered_error
from shared.identity.officers import Officer
from shared.messaging.status import read_status
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


@dataclass(slots=True)
class Marks:
    """How long the log was when a moment of the drill was over."""

    moments: list[datetime] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def note(self, moment: datetime, size: int) -> None:
        """It is over, unless something else happens at the same moment."""
        if self.moments and self.moments[-1] == moment:
            self.sizes[-1] = size
        else:
            self.moments.append(moment)
            self.sizes.append(size)

    def size_at(self, moment: datetime) -> int:
        """The length of the log when the last moment up to then was over."""
        found = bisect_right(self.moments, moment)
        return self.sizes[found - 1] if found else 0


class DrillStage:
    """The running county of one drill."""

    def __init__(
        self, drill: Drill, system: Host, client: httpx2.AsyncClient, clock: SimulatedClock
    ) -> None:
        self.drill = drill
        self.system = system
        self.marks = Marks()
        self.cast: dict[Post, Acting] = {}
        self._client = client
        self._clock = clock
        self._deadlines = system.rooms["deadlines"].store
        self._moment = clock()
        self._dirty = True

    @property
    def now(self) -> datetime:
        """The drill's present moment (UTC)."""
        return self._moment

    def code(self, unit: str) -> str:
        """The code of a unit by its key in the drill."""
        units = (*self.drill.units, _supervising(self.drill))
        return next(each.code for each in units if each.key == unit)

    async def post(self, path: str, body: Mapping[str, Any], by: Post) -> dict[str, Any]:
        """Do something; raises the error that the system answers with."""
        self._dirty = True
        answer: dict[str, Any] = await self._send("POST", path, by, json=dict(body))
        return answer

    async def get(self, path: str, **params: str) -> Any:
        """Ask as the administrator; raises the error that the system answers with."""
        return await self._send("GET", path, self.administrator, params=params)

    @property
    def administrator(self) -> Post:
        """Who sets the county up."""
        return self.drill.institution.key, ADMINISTRATOR

    async def settled(self) -> None:
        """Wait until everything done at this moment has been applied, and mark its end."""
        if self._dirty:
            await settle(self.system)
            self._dirty = False
        size = self.system.rooms["reporting"].store.read_now(ends)["log"]
        self.marks.note(self._moment, size)

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

    async def _send(self, method: str, path: str, by: Post, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.cast[by].token}"}
        response = await self._client.request(method, path, headers=headers, **given)
        if response.is_success:
            return response.json() if response.content else {}
        raise answered_error(response.status_code, response.content)


def _coming(sql: Sql) -> datetime | None:
    """When deadlines has something to see next: a limit that has just passed, or a period."""
    due, opening = duties.next_due(sql), agenda.next_opening(sql)
    moments = [from_micros(due) + PAST] if due is not None else []
    moments += [from_micros(opening)] if opening is not None else []
    return min(moments, default=None)


@asynccontextmanager
async def staged(drill: Drill, loaded: Loaded) -> AsyncIterator[DrillStage]:
    """The county, founded under its pack, while the block lasts; nothing of it is kept."""
    assert drill.founded is not None
    clock = SimulatedClock(drill.founded)
    with tempfile.TemporaryDirectory(prefix="huiyin-drill-", dir=_room()) as directory:
        settings = Settings.from_environment({"HUIYIN_DATA": directory, "HUIYIN_HTTP_PORT": "0"})
        root = drill.institution
        county = County(code=root.code, name=root.name, root=root.code, demonstration=True)
        async with opened(drill, settings, county, clock) as stage:
            await _found(stage, county, loaded)
            yield stage


@asynccontextmanager
async def opened(
    drill: Drill, settings: Settings, county: County, clock: SimulatedClock
) -> AsyncIterator[DrillStage]:
    """A county in a directory as the stage of a drill, with nobody there yet."""
    with DataDirectory(settings.data).held():
        async with (
            booted(settings, county.code, clock=clock) as system,
            _client(create_app(system, county.name, settings)) as client,
        ):
            yield DrillStage(drill, system, client, clock)


def _room() -> Path | None:
    """Memory, where there is plenty: what is thrown away need not wait for a disk."""
    if not os.access(MEMORY, os.W_OK) or "TMPDIR" in os.environ:
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > ENOUGH else None


def _client(app: Any) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app)
    return httpx2.AsyncClient(transport=transport, base_url="http://huiyin", timeout=60)


async def _found(stage: DrillStage, county: County, loaded: Loaded) -> None:
    """Set up the county under the drill's pack and no other, and appoint everybody who acts."""
    drill, codes = stage.drill, {each.key: each.code for each in stage.drill.units}
    units = [
        Unit(each.code, each.name, (), codes.get(each.parent or "")) for each in drill.units[1:]
    ]
    first, token = await establish(
        stage.system,
        county,
        county.name,
        units,
        first_name=f"演练 {ADMINISTRATOR}",
        rules=loaded.pack,
    )
    stage.cast[stage.administrator] = Acting(first, token)
    administration = Administration(stage.system.rooms["routing"].store, stage.system.officers)
    if judges(drill):
        above = _supervising(drill)
        await administration.name_supervisor(above.code, above.name, first)
    for post in (*posts(drill), *judges(drill)):
        if post != stage.administrator:
            await _appoint(stage, administration, post, first)
    await stage.settled()


def _supervising(drill: Drill) -> UnitPlanned:
    """The unit above the institution, from outside it."""
    return UnitPlanned(SUPERVISING, "演练监督单位", None, drill.institution.place)


async def _appoint(
    stage: DrillStage, administration: Administration, post: Post, first: Officer
) -> None:
    unit, role = post
    held = stage.drill.stand_ins.get(role, role)
    name, code = f"演练 {role}", stage.code(unit)
    officer_id, token = await administration.appoint(name, code, held, first)
    stage.cast[post] = Acting(Officer(officer_id, name, code, held), token)


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
