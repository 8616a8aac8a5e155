"""``append``: from appending to log and ledger, all of it in one process on SQLite.

All four rooms work: their relays, their consumers, deadlines' own events in answer. A round is
over when reporting's ledger has folded the last event there is. The library's own way over the
same events takes turns with it (``yardstick``).
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice

from bench.county import running
from bench.effort import Effort
from bench.figures import Figure, Goal, ratios
from bench.measured import Measured
from bench.probe import Probe
from bench.progress import folded
from bench.stories import STAGES, TOGETHER, Story, stories, tell_all
from bench.yardstick import Yardstick, available
from huiyin.host.host import Host
from services.reporting.log.log import leaves

GOAL = Goal(floor=4_000, aim=10_000)


NOTE = (
    "追加：每条事件是一次单独的写入（如同一条命令）, 含密封、各服务读模型与各自的反应；"
    "不含 HTTP 与命令的判定。对照只算投影, 不含追加、转发与日志。"
)


@dataclass(frozen=True, slots=True)
class Round:
    """Events appended by commands, all events there were then, and the seconds all took."""

    told: int
    events: int
    seconds: float


@dataclass(slots=True)
class _Course:
    """What came out so far, round by round."""

    rounds: list[Round] = field(default_factory=list)
    beside: dict[str, list[float]] = field(default_factory=dict)


async def measure(effort: Effort, probe: Probe) -> Measured:
    """Rounds of appending, each followed by a round of every yardstick."""
    with ExitStack() as stack:
        yardsticks, notes = ((), ()) if probe.on else available(stack)
        async with running() as system:
            course = await _run(system, effort, probe, yardsticks)
    return Measured((*_own(course), *_beside(course, yardsticks)), (NOTE, *notes))


async def _run(
    system: Host, effort: Effort, probe: Probe, yardsticks: Sequence[Yardstick]
) -> _Course:
    course, told = _Course(), stories()
    await _round(system, told, TOGETHER)  # nothing is warm the first time
    for _ in range(effort.rounds):
        async with probe.watching(system.rooms["reporting"].store):
            course.rounds.append(await _round(system, told, effort.append_incidents))
        events = _last_events(system, effort.yardstick_events)
        for yardstick in yardsticks:
            rate = await asyncio.to_thread(yardstick.rate, events)
            course.beside.setdefault(yardstick.name, []).append(rate)
    return course


async def _round(system: Host, told: Iterator[Story], incidents: int) -> Round:
    batch, before = list(islice(told, incidents)), await folded(system)
    began = time.perf_counter()
    await tell_all(system, batch)
    after = await folded(system)
    return Round(incidents * len(STAGES), after - before, time.perf_counter() - began)


def _own(course: _Course) -> tuple[Figure, ...]:
    every = tuple(each.events / each.seconds for each in course.rounds)
    told = tuple(each.told / each.seconds for each in course.rounds)
    answers = tuple((each.events - each.told) / each.seconds for each in course.rounds)
    return (
        Figure("append", "追加 → 日志与台账可见（全部事件）", "条/秒", every, GOAL),
        Figure("append.commands", "　其中由命令追加的", "条/秒", told),
        Figure("append.reactions", "　其中各服务随之产生的", "条/秒", answers),
    )


def _beside(course: _Course, yardsticks: Sequence[Yardstick]) -> tuple[Figure, ...]:
    every = [each.events / each.seconds for each in course.rounds]
    figures: list[Figure] = []
    for each in yardsticks:
        rates = course.beside[each.name]
        figures += [
            Figure(each.name, each.title, "条/秒", tuple(rates)),
            Figure(f"append/{each.name}", "　追加是它的几倍", "倍", ratios(every, rates)),
        ]
    return tuple(figures)


def _last_events(system: Host, limit: int) -> list[bytes]:
    store = system.rooms["reporting"].store
    size = sum(room.store.position() for room in system.rooms.values())
    page = store.read_now(lambda sql: leaves(sql, max(size - limit, 0), limit))
    return [leaf.raw for leaf in page]
