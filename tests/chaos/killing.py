"""Who kills the county while its clients work, and starts it again."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.chaos.county import CountyProcess
from tests.chaos.fate import struck
from tests.chaos.serving import SERVING
from tests.support.sizes import sized

Kill = Literal["process", "boot", "broker", "wipe", "rewind"]
"""Everything; everything while it starts; the nats-server alone; everything, and then the streams
are gone, or as they were at an earlier kill (as when a disk had not really written them)."""

PLANNED: dict[Kill, int] = {
    "process": sized(7, 35),
    "boot": sized(3, 15),
    "broker": sized(8, 40),
    "wipe": sized(1, 5),
    "rewind": sized(1, 5),
}

FATED = 0.002
"""Probability of dying at a checkpoint, in the lives that have a fate."""


@dataclass(slots=True)
class Killer:
    """Kills as planned when so many commands are acknowledged, and starts again whatever died.

    ``progress`` tells how many are, ``commands`` how many there will be: the kills fall at random
    places of the work, whatever time it takes. Half of the lives also have a fate of their own.
    """

    county: CountyProcess
    progress: Callable[[], int]
    commands: int
    chance: random.Random
    record: Path
    done: Counter[str] = field(default_factory=Counter)
    odd_exits: list[int] = field(default_factory=list)
    _plan: list[tuple[int, Kill]] = field(init=False)
    _lives: int = 0
    _earlier: Path = field(init=False)

    def __post_init__(self) -> None:
        self._earlier = self.record.with_name("earlier")
        kills = [kill for kill, times in PLANNED.items() for _ in range(times)]
        self.chance.shuffle(kills)
        self._plan = list(zip(self._places(len(kills)), kills, strict=True))

    async def run(self) -> None:
        """Until cancelled: kill, and bring back to life."""
        while True:
            if self.county.ended:
                self._note_end()
                self._launch()
            elif self._is_due() and self.county.url:
                await self._strike(self._plan.pop(0)[1])
            await asyncio.sleep(0.005)

    def died(self) -> Counter[str]:
        """How often what was killed, and how often a process killed itself where."""
        return Counter(self.done) + struck(self.record)

    def _is_due(self) -> bool:
        return bool(self._plan) and self.progress() >= self._plan[0][0]

    def _places(self, count: int) -> Sequence[int]:
        return sorted(self.chance.sample(range(self.commands), count))

    async def _strike(self, kill: Kill) -> None:
        self.done[kill] += 1
        if kill == "broker":
            self.county.kill_broker()
            return
        self.county.kill()
        if kill == "boot":
            self._launch()
            await asyncio.sleep(self.chance.uniform(0.0, 1.5))
            self.county.kill()
        else:
            self._change_streams(kill)

    def _change_streams(self, kill: Kill) -> None:
        streams = self.county.data / "nats" / "jetstream"
        if not self._earlier.exists():
            shutil.copytree(streams, self._earlier)
        if kill != "process":
            shutil.rmtree(streams)
        if kill == "rewind":
            shutil.copytree(self._earlier, streams)

    def _note_end(self) -> None:
        status = self.county.exit_status
        if status not in (None, -9):
            self.odd_exits.append(status or 0)

    def _launch(self) -> None:
        self._lives += 1
        seed = f"{self.chance.random()}"
        if self._lives % 2:
            self.county.launch(SERVING, seed, str(FATED), str(self.record))
        else:
            self.county.launch()
