"""``latency``: how long an event takes from being appended to standing in the committed ledger.

Events come at a steady rate, whether or not the one before is done; each counts from the moment it
was due, so that a system that is late to take it cannot hide that. A process beside this one reads
the ledger's database every millisecond and notes when it first sees each event.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

from bench.county import running
from bench.effort import Effort
from bench.figures import Figure, Goal, percentile
from bench.measured import Measured
from bench.probe import Probe
from bench.progress import folded
from bench.stories import STAGES, Story, provide_keys, stories, tell
from bench.watching import Seen, ready, watch
from huiyin.host.host import Host
from shared.errors import Unavailable

GOAL = Goal(floor=50.0, aim=25.0, at_most=True)

SIDE_BY_SIDE = 25
"""Incidents told in turns: as many events lie between one event of an incident and its next."""

PATIENCE = 30.0
"""Seconds to wait for the last event after the last was due."""

NOTE = (
    "时延从应追加的时刻算起（{rate} 条/秒均匀到来）, 到另一个进程每 1 毫秒读一次"
    "台账数据库时第一次看见为止。"
)

Key = tuple[str, int]
"""Service and position."""


@dataclass(frozen=True, slots=True)
class _Due:
    """An event to come: of which incident, which one, and when (CLOCK_MONOTONIC, s)."""

    story: Story
    stage: int
    at: float


async def measure(effort: Effort, probe: Probe) -> Measured:
    """Rounds at the steady rate."""
    rounds: list[list[float]] = []
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
        beside.submit(ready).result()
        async with running() as system:
            told = stories()
            for _ in range(effort.latency_rounds):
                async with probe.watching(system.rooms["reporting"].store):
                    rounds.append(await _round(system, told, effort, beside))
    return Measured(_figures(rounds, effort), (NOTE.format(rate=effort.latency_rate),))


async def _round(
    system: Host, told: Iterator[Story], effort: Effort, beside: Executor
) -> list[float]:
    """The milliseconds that each event took."""
    number = round(effort.latency_rate * effort.latency_seconds)
    events = list(islice(_in_turns(told), number))
    await provide_keys(system, list({story.incident: story for story, _ in events}.values()))
    first = await folded(system)
    database = f"{system.around.location}/reporting.db"
    within = effort.latency_seconds + PATIENCE
    watching = asyncio.get_running_loop().run_in_executor(
        beside, watch, database, first, number, within
    )
    due = await _tell_on_time(system, _due(events, effort.latency_rate))
    return _taken(due, await watching)


async def _tell_on_time(system: Host, events: Sequence[_Due]) -> dict[Key, float]:
    """Append each event when it is due; returns when each was, by its position."""
    telling: list[asyncio.Task[Key]] = []
    for event in events:
        await asyncio.sleep(max(event.at - time.monotonic(), 0))
        telling.append(asyncio.create_task(tell(system, event.story, event.stage)))
    keys = await asyncio.gather(*telling)
    return {key: event.at for key, event in zip(keys, events, strict=True)}


def _due(events: Sequence[tuple[Story, int]], rate: int) -> list[_Due]:
    start = time.monotonic() + 0.1
    return [_Due(story, stage, start + at / rate) for at, (story, stage) in enumerate(events)]


def _in_turns(told: Iterator[Story]) -> Iterator[tuple[Story, int]]:
    """Incidents and stages without end: a group's registrations, then its gradings, and so on."""
    while group := list(islice(told, SIDE_BY_SIDE)):
        yield from ((story, stage) for stage in range(len(STAGES)) for story in group)


def _taken(due: dict[Key, float], seen: Sequence[Seen]) -> list[float]:
    taken = [(each.at - due[each.service, each.position]) * 1000 for each in seen]
    if len(taken) < len(due):
        raise Unavailable(
            "bench.not-seen",
            f"{len(due)} 条中有 {len(due) - len(taken)} 条没有在时限内进入台账。",
            "请在空闲的机器上重试。",
        )
    return taken


def _figures(rounds: Sequence[Sequence[float]], effort: Effort) -> tuple[Figure, ...]:
    title = f"追加 → 台账可见, {effort.latency_rate} 条/秒"
    return tuple(
        Figure(
            f"latency.p{percent}",
            f"{title}, p{percent}",
            "毫秒",
            tuple(percentile(taken, percent) for taken in rounds),
            GOAL if percent == 99 else None,
        )
        for percent in (50, 95, 99)
    )
