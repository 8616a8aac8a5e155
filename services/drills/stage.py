"""Where a drill is played: a county of its own in a temporary directory, on the real services.

Its clock stands still until it is moved. A step is put on record just before its moment, so that
what is done at the last moment of a limit is recorded in time too; a registration at it.
"""

import asyncio
import tempfile
from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from services.deadlines import tables as duties
from services.deadlines.scheduler import observe_due
from services.drills.cast import Acting, Post, posts
from services.drills.rulebook import Loaded
from services.drills.script import LEAD, Drill
from services.drills.settling import settle
from services.embedded.app import create_app
from services.embedded.directory import County, DataDirectory
from services.embedded.system import System, booted
from services.reporting.log import ends
from services.routing.administration import Administration
from shared.clock import SimulatedClock
from shared.errors import HuiyinError, Invalid, Refused, Unavailable, Unknown
from shared.identity.officers import ADMINISTRATOR, Officer, new_officer_id
from shared.settings import Settings
from shared.store.micros import from_micros
from shared.units import unit_id

MARGIN = timedelta(milliseconds=100)
"""So long before its moment a step is recorded: room for a hundred thousand events."""

PAST = timedelta(microseconds=1)
"""So long after a limit it is observed that it passed."""

_KINDS: Mapping[int, type[HuiyinError]] = {404: Unknown, 422: Invalid, 503: Unavailable}


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


class Stage:
    """The running county of one drill."""

    def __init__(
        self,
        drill: Drill,
        system: System,
        client: httpx2.AsyncClient,
        clock: SimulatedClock,
        cast: Mapping[Post, Acting],
    ) -> None:
        self.drill = drill
        self.system = system
        self.marks = Marks()
        self.cast = dict(cast)
        self._client = client
        self._clock = clock
        self._moment = clock()
        self._dirty = True

    @property
    def now(self) -> datetime:
        """The drill's present moment (UTC)."""
        return self._moment

    def code(self, unit: str) -> str:
        """The code of a unit by its key in the drill."""
        return next(each.code for each in self.drill.units if each.key == unit)

    async def post(self, path: str, body: Mapping[str, Any], by: Post) -> dict[str, Any]:
        """Do something; raises the error that the system answers with."""
        self._dirty = True
        return await self._send("POST", path, by, json=dict(body))

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
        """Let time pass; every limit on the way is seen to pass at its own moment, in order."""
        if moment > self._moment:
            await self.settled()
            while (due := await self._next_due()) is not None and due < moment:
                await self._see(due)
        self._clock.move_to(moment if exactly else moment - MARGIN)
        self._moment = max(self._moment, moment)

    async def _next_due(self) -> datetime | None:
        store = self.system.rooms["deadlines"].store
        due = store.read_now(duties.next_due)
        return None if due is None else from_micros(due)

    async def _see(self, due: datetime) -> None:
        """Look at the clock right after a limit."""
        self._moment = max(self._moment, due + PAST)
        self._clock.move_to(self._moment)
        now = self._moment
        await self.system.rooms["deadlines"].store.write(lambda tx: observe_due(tx, now))
        self._dirty = True
        await self.settled()

    async def _send(self, method: str, path: str, by: Post, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.cast[by].token}"}
        response = await self._client.request(method, path, headers=headers, **given)
        if response.is_success:
            return response.json() if response.content else {}
        raise problem_of(response)


@asynccontextmanager
async def staged(drill: Drill, loaded: Loaded) -> AsyncIterator[Stage]:
    """The county, founded under its pack, while the block lasts; nothing of it is kept."""
    assert drill.begins is not None
    clock = SimulatedClock(drill.begins - LEAD)
    with tempfile.TemporaryDirectory(prefix="huiyin-drill-") as directory:
        settings = Settings.from_environment({"HUIYIN_DATA": directory, "HUIYIN_HTTP_PORT": "0"})
        root = drill.institution
        county = County(code=root.code, name=root.name, root=root.code, demonstration=True)
        with DataDirectory(Path(directory)).held():
            async with booted(settings, county.code, clock=clock) as system:
                cast = await _found(drill, system, county)
                transport = httpx2.ASGITransport(create_app(system, county, settings))
                async with httpx2.AsyncClient(
                    transport=transport, base_url="http://huiyin"
                ) as client:
                    stage = Stage(drill, system, client, clock, cast)
                    await adopt(stage, loaded)
                    await stage.settled()
                    yield stage


async def adopt(stage: Stage, loaded: Loaded) -> None:
    """Bind the institution, and all under it, by the drill's pack."""
    assert loaded.pack is not None
    told: dict[str, Any] = (
        {"pack": loaded.shipped} if loaded.shipped else {"text": loaded.pack.texts[0]}
    )
    body = {"unit": stage.drill.institution.code, "reason": "演练", "params": loaded.pack.chosen}
    await stage.post("/routing/packs/adopt", body | told, stage.administrator)


async def _found(drill: Drill, system: System, county: County) -> dict[Post, Acting]:
    administration = Administration(system.rooms["routing"].store, system.officers)
    first = Officer(new_officer_id(), "系统管理员", county.root, ADMINISTRATOR)
    await administration.found_county(
        county.code, county.name, county.root, county.name, county.demonstration, first
    )
    for unit in drill.units[1:]:
        parent = next((each.code for each in drill.units if each.key == unit.parent), county.root)
        await administration.establish_unit(unit.code, unit.name, (), parent, first)
    wanted = [(drill.institution.key, ADMINISTRATOR), *posts(drill)]
    codes = {unit.key: unit.code for unit in drill.units}
    return {
        (unit, role): await _entered(system, codes[unit], role, first)
        for unit, role in dict.fromkeys(wanted)
    }


async def _entered(system: System, unit: str, role: str, first: Officer) -> Acting:
    officer = Officer(new_officer_id(), f"演练 {role}", unit, role)
    token = await asyncio.to_thread(system.officers.enter, officer)
    return Acting(officer, token)


def problem_of(response: httpx2.Response) -> HuiyinError:
    """The error that the system answered with."""
    try:
        said = response.json()
        kind = _KINDS.get(response.status_code, Refused)
        return kind(said["code"], said["message"], said["remedy"], said["field"])
    except (ValueError, KeyError, TypeError):
        return Unavailable(
            "http.failed",
            f"服务出错（{response.status_code}）：{response.text[:200]}",
            "请查看运行日志。",
        )


def day_of_unit(code: str) -> UUID:
    """What acts of a unit's own day belong to."""
    return unit_id(code)
