"""``rebuild``: folding the ledger afresh from a long log, as ``huiyin rebuild --compare`` does."""

import asyncio
import tempfile
import time
from contextlib import closing
from functools import partial
from math import ceil
from pathlib import Path

from bench.county import running
from bench.effort import Effort
from bench.figures import Figure, Goal
from bench.measured import Measured
from bench.probe import Probe
from bench.progress import folded
from bench.stories import STAGES, TOGETHER, some, tell_all
from huiyin.host.host import Host
from services.reporting.rebuild import refold
from shared.room import Room
from shared.store.database import SqliteTables

GOAL = Goal(floor=20_000, aim=40_000)


async def measure(effort: Effort, probe: Probe) -> Measured:
    """Fill a log through the running system, then fold it again and again."""
    async with running() as system:
        length = await _fill(system, effort.rebuild_events)
        reporting = system.rooms["reporting"]
        rounds: list[float] = []
        for _ in range(effort.rounds):
            work = partial(probe.call, "重建线程", partial(_rate, reporting))
            rounds.append(await asyncio.to_thread(work))
    title = "台账重建"
    figure = Figure("rebuild", title, "条/秒", tuple(rounds), GOAL)
    return Measured((figure,), (f"{title}：日志共 {length} 条, 只计折入台账的。",))


async def _fill(system: Host, events: int) -> int:
    """Append until the log is that long; returns how long it is."""
    length, first = await folded(system), 1
    while length < events:
        incidents = max(ceil((events - length) / (len(STAGES) + 2)), TOGETHER)
        await tell_all(system, some(incidents, first))
        first += incidents
        length = await folded(system)
    return length


def _rate(reporting: Room) -> float:
    with (
        tempfile.TemporaryDirectory(prefix="huiyin-bench-") as directory,
        closing(SqliteTables(Path(directory) / "fresh.db")) as fresh,
    ):
        began = time.perf_counter()
        events = refold(fresh, reporting.model, reporting.store.recorder)
        return events / (time.perf_counter() - began)
