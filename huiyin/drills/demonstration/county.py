"""Makes the demonstration county: invented units, officers and messages, told in invented time.

Times, limits and the log's order come out as if the county had worked with the system for weeks.
"""

import csv
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from huiyin.drills.acting import Players
from huiyin.drills.demonstration.script import drill
from huiyin.drills.script import Post
from huiyin.drills.stage import Acting, DrillStage, appointments_of, opened
from huiyin.host.directory import County, DataDirectory
from huiyin.host.founding import found, founded_directory, read_units
from services.routing.orders import Appointment
from shared.clock import SimulatedClock
from shared.copies.packs import baseline
from shared.errors import Refused
from shared.identity.officers import Officer
from shared.settings import Settings

HERE = Path(__file__).parent
COUNTY = County(code="QINGHE", name="青禾县（演示）", root="QH-JYJ", demonstration=True)
ROOT_NAME = "青禾县教育局"
HISTORY = timedelta(days=30)


async def provide(settings: Settings, say: Callable[[str], None]) -> None:
    """Make the demonstration in an empty directory; one that is there already stays as it is.

    Raises Refused ``data.not-demonstration`` for a directory with real data.
    """
    directory = DataDirectory(settings.data)
    if not directory.is_empty:
        if not directory.county().demonstration:
            raise _real_data(settings.data)
        return
    say(f"正在 {settings.data} 建立演示数据（约十秒）……")
    with founded_directory(settings) as draft:
        await make(draft, datetime.now(UTC))


async def make(settings: Settings, now: datetime) -> None:
    """Found the county a month before ``now`` (UTC) and play everything up to then."""
    clock = SimulatedClock(now - HISTORY)
    units = read_units(HERE / "units.csv", COUNTY.root)
    first, _ = await found(settings, COUNTY, units, ROOT_NAME, clock)
    incidents = tomllib.loads((HERE / "incidents.toml").read_text(encoding="utf-8"))["incident"]
    names = {COUNTY.root: ROOT_NAME} | {unit.code: unit.name for unit in units}
    async with opened(drill(incidents, names, now), settings, COUNTY, clock) as stage:
        stage.cast |= await _appoint(stage, first)
        await _play(stage, now)
        _keep_tokens(settings.data / "officers.csv", stage.cast)


async def _appoint(stage: DrillStage, first: Officer) -> dict[Post, Acting]:
    appointments = appointments_of(stage.system)
    cast: dict[Post, Acting] = {}
    with open(HERE / "officers.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            order = Appointment(name=row["name"], unit=row["unit"], post=row["post"])
            _, token = await appointments.appoint(order, first)
            officer = stage.system.officers.by_token(token)
            cast[row["unit"], row["post"]] = Acting(officer, token)
    return cast


async def _play(stage: DrillStage, now: datetime) -> None:
    await stage.settled()
    players = Players(stage, baseline())
    for step in stage.drill.steps:
        for taken in await players.take_all([step]):
            if taken.problem is not None:
                raise taken.problem
    await stage.pass_to(now, exactly=True)
    await stage.settled()


def _keep_tokens(path: Path, cast: Mapping[Post, Acting]) -> None:
    path.touch(mode=0o600)
    lines = [f"{unit},{post},{acting.token}" for (unit, post), acting in cast.items()]
    path.write_text("unit,post,token\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _real_data(path: Path) -> Refused:
    said = f"数据目录 {path} 里是真实数据, 不会放入演示内容。"
    remedy = "看演示请用 HUIYIN_DATA 指定另一个目录；启动真实系统用 huiyin up。"
    return Refused("data.not-demonstration", said, remedy, "HUIYIN_DATA")
