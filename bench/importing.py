"""``import``: old messages through the HTTP interface of a running system, until all is settled.

The file is read and sent as ``huiyin import`` does it; the system runs in a process of its own.
For a profile it runs in this one, as it does for that command while no system is running.
"""

import csv
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle, islice
from pathlib import Path

import httpx2

from bench.child import address, launched
from bench.county import COUNTY, environment, founded, running
from bench.effort import Effort
from bench.figures import Figure, Goal
from bench.measured import Measured
from bench.probe import Probe
from bench.stories import SAMPLES
from huiyin.cli.door import Door, opened
from huiyin.host.app import create_app
from huiyin.host.directory import DataDirectory
from huiyin.importing.columns import FIELDS
from huiyin.importing.source import look_through
from huiyin.importing.transfer import Tally, prepare, transfer
from shared.errors import Unavailable
from shared.settings import Settings

GOAL = Goal(floor=500)


async def measure(effort: Effort, probe: Probe) -> Measured:
    """Rounds of importing, each a file of messages that are not there yet."""
    rounds: list[float] = []
    async with AsyncExitStack() as stack:
        way_in = _looked_at(probe) if probe.on else _served()
        directory, door = await stack.enter_async_context(way_in)
        for turn in range(effort.rounds):
            file = directory / f"messages-{turn}.csv"
            write_messages(file, effort.import_messages, turn)
            rounds.append(await _rate(door, file, effort.import_messages))
    return Measured((Figure("import", "导入历史留言 → 处处可见", "条/秒", tuple(rounds), GOAL),))


def write_messages(file: Path, number: int, turn: int) -> None:
    """The demonstration's messages again and again, each time with other ids."""
    with open(SAMPLES, encoding="utf-8-sig", newline="") as samples:
        rows = list(csv.DictReader(samples))
    with open(file, "w", encoding="utf-8", newline="") as copy:
        writer = csv.DictWriter(copy, list(map(str, FIELDS)))
        writer.writeheader()
        for count, row in enumerate(islice(cycle(rows), number)):
            writer.writerow(row | {"message_id": f"{turn}-{count}"})


async def _rate(door: Door, file: Path, number: int) -> float:
    began, tally = time.perf_counter(), Tally()
    order = await prepare(door, look_through(file), COUNTY.root, {})
    await transfer(door, order, tally, None, lambda _: None)
    await door.settle()
    if tally.counts["imported"] != number:
        raise _not_imported(number, tally.counts["imported"])
    return number / (time.perf_counter() - began)


@asynccontextmanager
async def _served() -> AsyncIterator[tuple[Path, Door]]:
    """A directory for files, and the door of a system in another process."""
    async with founded() as settings:
        with launched(settings) as process:
            address(process)
            async with opened(settings) as door:
                yield settings.data.parent, door


@asynccontextmanager
async def _looked_at(probe: Probe) -> AsyncIterator[tuple[Path, Door]]:
    """The same with the system in this process, both of its threads watched."""
    async with running() as system:
        data = Path(system.around.location)
        settings = Settings.from_environment(environment(data))
        transport = httpx2.ASGITransport(create_app(system, COUNTY.name, settings))
        headers = {"Authorization": f"Bearer {DataDirectory(data).token()}"}
        async with (
            httpx2.AsyncClient(
                transport=transport, base_url="http://huiyin", headers=headers
            ) as client,
            probe.watching(system.rooms["reporting"].store),
        ):
            yield data.parent, Door(client)


def _not_imported(number: int, imported: int) -> Unavailable:
    return Unavailable(
        "bench.not-imported",
        f"{number} 条中只导入了 {imported} 条。",
        "请用 huiyin import 查看原因。",
    )
