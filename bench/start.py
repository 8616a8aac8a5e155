"""``start``: from starting ``huiyin up`` on a founded directory to the first page answered."""

import tempfile
import time
from pathlib import Path

import httpx2

from bench.child import address, launched
from bench.county import founded
from bench.effort import Effort
from bench.figures import Figure, Goal
from bench.measured import Measured
from bench.probe import Probe
from shared.settings import Settings

GOAL = Goal(floor=3.0, at_most=True)


async def measure(effort: Effort, probe: Probe) -> Measured:
    """Rounds of starting and stopping; one before them warms the disk's cache."""
    async with founded() as settings:
        if probe.on:
            _look(settings, probe)
        _seconds(settings)
        rounds = tuple(_seconds(settings) for _ in range(effort.rounds))
    return Measured((Figure("start", "启动 → 首页应答", "秒", rounds, GOAL),))


def _seconds(settings: Settings, profile: Path | None = None) -> float:
    began = time.perf_counter()
    with launched(settings, profile) as process:
        url = address(process)
        httpx2.get(f"{url}/", timeout=30.0).raise_for_status()
        return time.perf_counter() - began


def _look(settings: Settings, probe: Probe) -> None:
    with tempfile.TemporaryDirectory(prefix="huiyin-bench-") as directory:
        file = Path(directory) / "profile"
        _seconds(settings, file)
        probe.take("huiyin up 主线程", file)
