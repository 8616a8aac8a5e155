"""Makes the demonstration county: invented units, officers and messages, told in invented time.

Times, limits and the log's order come out as if the county had worked with the system for weeks:
the incidents of a file become the steps of a drill, who does what when, and that is played.
"""

import csv
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huiyin.drills.acting import Players
from huiyin.drills.script import Drill, DrillStep, Post, Ruleset, UnitPlanned, Who
from huiyin.drills.stage import Acting, DrillStage, opened
from huiyin.host.directory import County, DataDirectory
from huiyin.host.founding import found, founded_directory, read_units
from shared.clock import SimulatedClock
from shared.copies.packs import baseline
from shared.documents import Node, Spot
from shared.errors import Refused
from shared.identity.officer import Officer
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
    with open(HERE / "officers.csv", encoding="utf-8", newline="") as file:
        rows = [(row["name"], row["unit"], row["post"]) for row in csv.DictReader(file)]
    return {(unit, post): await stage.appoint(name, unit, post, first) for name, unit, post in rows}


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


PLACE = Spot(1, file="incidents.toml")
STEPS = ("register", "grade", "assign", "draft", "approve", "publish", "close")
STAGES = ("registered", "graded", "assigned", "drafted", "approved", "published", "closed")

POSTS = {"grade": "office_director", "assign": "office_director", "approve": "principal_leader"}
"""The post that takes a step, where it is not the officer for information."""

SAID = {
    "register": ("unit", "channel", "category", "title", "body"),
    "grade": ("grade", "grounds"),
    "assign": ("lead",),
    "void": ("reason",),
}
"""What of an incident is said in each step as it is in the file."""

PACE = timedelta(hours=2)
"""Time between steps, unless the reply came sooner."""


def drill(incidents: Sequence[dict[str, Any]], units: Mapping[str, str], now: datetime) -> Drill:
    """Every step that lies before ``now`` (UTC), earliest first; the first unit is the root."""
    planned = [UnitPlanned(code, name, None, PLACE) for code, name in units.items()]
    steps = [step for each in incidents for step in _steps(each, planned[0].key, now)]
    return Drill(
        file=Path(PLACE.file),
        name="demonstration",
        title="演示",
        proves=(),
        rules=Ruleset(PLACE),
        params={},
        units=planned,
        cast={},
        steps=sorted(steps, key=lambda step: step.at),
        expectations=(),
    )


def _steps(incident: dict[str, Any], root: str, now: datetime) -> Iterator[DrillStep]:
    posted = now - timedelta(days=incident["posted_days_ago"])
    acts = _acts(incident)
    for act, at in zip(acts, _moments(incident, posted, now, len(acts)), strict=True):
        given = {key: Node(value, PLACE) for key, value in _given(incident, act, posted)}
        by = Who(POSTS.get(act, "info_officer"), _unit(incident, act, root))
        yield DrillStep(PLACE, at, act=act, by=by, incident=incident["key"], given=given)


def _acts(incident: dict[str, Any]) -> list[str]:
    match incident["stage"]:
        case "duplicate":
            return ["register", "link"]
        case "voided":
            return ["register", "void"]
        case stage:
            return list(STEPS[: STAGES.index(stage) + 1])


def _moments(
    incident: dict[str, Any], posted: datetime, now: datetime, count: int
) -> list[datetime]:
    replied = incident.get("replied_days_after")
    if replied is None:
        pace = min(PACE, (now - posted) / (count + 1))
        return [posted + pace * (number + 1) for number in range(count)]
    published = posted + timedelta(days=replied)
    before = [posted + (published - posted) * number / 6 for number in range(1, 6)]
    return [*before, published, published + min(PACE, (now - published) / 2)][:count]


def _unit(incident: dict[str, Any], act: str, root: str) -> str:
    if act in ("grade", "assign"):
        return root
    if act in ("register", "link", "void"):
        return str(incident["unit"])
    return str(incident["lead"])


def _given(incident: dict[str, Any], act: str, posted: datetime) -> Iterator[tuple[str, str]]:
    yield from ((key, incident[key]) for key in SAID.get(act, ()))
    match act:
        case "register":
            yield "posted_at", posted.isoformat(timespec="seconds")
        case "assign":
            yield "instruction", "请核实并按时答复"
        case "draft":
            yield "text", incident["reply"]
        case "link":
            yield "to", incident["of"]
