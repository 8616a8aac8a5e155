"""Makes the demonstration county: invented units, officers and messages, told in invented time.

The clock is moved through the script, so that times, deadlines and the log's order come out as if
the county had worked with the system for three weeks.
"""

import csv
import tomllib
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from huiyin.demonstration.script import Step, script
from huiyin.host.app import create_app
from huiyin.host.directory import County, DataDirectory
from huiyin.host.embedded import booted
from huiyin.host.founding import found, founded_directory, read_units
from huiyin.host.host import Host
from services.deadlines.scheduler import observe_due
from services.routing.administration import Administration
from shared.clock import SimulatedClock
from shared.errors import Refused
from shared.identity.officers import Officer
from shared.settings import Settings

HERE = Path(__file__).parent
COUNTY = County(code="QINGHE", name="青禾县（演示）", root="QH-JYJ", demonstration=True)
ROOT_NAME = "青禾县教育局"
HISTORY = timedelta(days=30)

Post = tuple[str, str]
"""A unit's code and a post in it."""


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
        await _make(draft, datetime.now(UTC))


async def _make(settings: Settings, now: datetime) -> None:
    clock = SimulatedClock(now - HISTORY)
    units = read_units(HERE / "units.csv", COUNTY.root)
    first, _ = await found(settings, COUNTY, units, ROOT_NAME, clock)
    directory = DataDirectory(settings.data)
    with directory.held():
        async with booted(settings, COUNTY.code, clock=clock) as system:
            tokens = await _appoint(system, first)
            await _play(system, settings, tokens, clock, now)
            clock.move_to(now)
            await _observe(system)
            await system.settle()
    _keep_tokens(settings.data / "officers.csv", tokens)


async def _appoint(system: Host, first: Officer) -> dict[Post, str]:
    administration = Administration(system.rooms["routing"].store, system.officers)
    tokens: dict[Post, str] = {}
    with open(HERE / "officers.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            _, token = await administration.appoint(row["name"], row["unit"], row["post"], first)
            tokens[row["unit"], row["post"]] = token
    await system.settle()
    return tokens


async def _play(
    system: Host,
    settings: Settings,
    tokens: Mapping[Post, str],
    clock: SimulatedClock,
    now: datetime,
) -> None:
    incidents = tomllib.loads((HERE / "incidents.toml").read_text(encoding="utf-8"))["incident"]
    numbers: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        transport = httpx2.ASGITransport(create_app(system, COUNTY.name, settings))
        client = await stack.enter_async_context(
            httpx2.AsyncClient(transport=transport, base_url="http://huiyin")
        )
        for step in script(incidents, COUNTY.root, now):
            clock.move_to(step.at)
            await _observe(system)
            await _take(client, step, tokens, numbers)
            await system.settle()


async def _take(
    client: httpx2.AsyncClient, step: Step, tokens: Mapping[Post, str], numbers: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens[step.unit, step.post]}"}
    body = step.body | ({"to": numbers[step.body["to"]]} if step.act == "link" else {})
    response = await client.post(_path(step, numbers), json=body, headers=headers)
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    numbers[step.key] = answer["number"]


def _path(step: Step, numbers: Mapping[str, str]) -> str:
    if step.act == "register":
        return "/intake/incidents"
    room = "intake" if step.act in ("link", "void") else "routing"
    return f"/{room}/incidents/{numbers[step.key]}/{step.act}"


async def _observe(system: Host) -> None:
    """Let the limits that passed meanwhile be seen now: nobody waits for real time here."""
    now = system.clock()
    await system.rooms["deadlines"].store.write(lambda tx: observe_due(tx, now))


def _keep_tokens(path: Path, tokens: Mapping[Post, str]) -> None:
    path.touch(mode=0o600)
    lines = [f"{unit},{post},{token}" for (unit, post), token in tokens.items()]
    path.write_text("unit,post,token\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _real_data(path: Path) -> Refused:
    return Refused(
        "data.not-demonstration",
        f"数据目录 {path} 里是真实数据, 不会放入演示内容。",
        "看演示请用 HUIYIN_DATA 指定另一个目录；启动真实系统用 huiyin up。",
        "HUIYIN_DATA",
    )
