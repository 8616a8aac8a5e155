"""The processes of the component test: started, killed, and started again until all is drained."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from shared.messaging.server import NatsServer
from tests.chaos.fate import struck
from tests.chaos.worker import BROKER_AWAY, WORKER, Acknowledged, Order, Role
from tests.support import starter
from tests.support.sizes import PATIENCE, sized
from tests.support.starter import Started

PROBABILITY: dict[Role, float] = {
    "writer": 0.008,
    "relay": 0.12,
    "routing": 0.12,
    "deadlines": 0.12,
}
"""Of dying at a checkpoint."""

BROKER_LIVES = (2.0, 5.0)
"""Seconds between two deaths of the nats-server, at least and at most."""


class Fleet:
    """A writer, a relay and two consumers, each in a process of its own, and their nats-server."""

    def __init__(self, directory: Path, location: str, seed: int) -> None:
        self.broker = NatsServer(directory / "nats")
        self._broker_deaths = 0
        self.odd_exits: Counter[str] = Counter()
        self._location, self._seed = location, seed
        self._acknowledged = directory / "acknowledged"
        self._struck = directory / "struck"
        self._log = directory / "log"
        self._random = random.Random(seed)  # noqa: S311 - chance, not a secret
        self._lives: Counter[Role] = Counter()
        self._processes: dict[Role, Started] = {}
        self._mortal = True
        self._broker_until = 0.0

    def __enter__(self) -> "Fleet":
        self.broker.start()
        for role in get_args(Role):
            self._start(role)
        self._spare_broker()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self.broker.stop()

    def tend(self, done: Callable[[], bool], within: float = sized(2, 20) * PATIENCE) -> bool:
        """Let them live and die until ``done``, at most ``within`` seconds; whether it was."""
        deadline = time.monotonic() + within
        while not done():
            if time.monotonic() > deadline:
                return False
            self._restart_dead()
            self._kill_broker_in_time()
            time.sleep(0.02)
        return True

    def calm(self) -> None:
        """Nothing is written any more, and nobody dies who does not die yet."""
        writer = self._processes.pop("writer")
        writer.kill()
        writer.wait()
        self._mortal = False
        self._broker_until = float("inf")

    def acknowledged(self) -> list[Acknowledged]:
        """What the writer was told is stored."""
        whole = self._acknowledged.read_text().rpartition("\n")[0]
        return [Acknowledged.model_validate_json(line) for line in whole.splitlines()]

    def died(self) -> Counter[str]:
        """How often a process killed itself where, and how often the nats-server was killed."""
        return struck(self._struck) + Counter(broker=self._broker_deaths)

    def said(self) -> str:
        """The end of what the processes logged."""
        return self._log.read_text()[-4000:]

    def _restart_dead(self) -> None:
        for role, process in self._processes.items():
            status = process.poll()
            if status is not None:
                if status not in (-9, BROKER_AWAY):
                    self.odd_exits[f"{role} {status}"] += 1
                self._start(role)

    def _kill_broker_in_time(self) -> None:
        if time.monotonic() > self._broker_until:
            self.broker.kill()
            self._broker_deaths += 1
            time.sleep(self._random.uniform(0.0, 0.3))
            self.broker.start()
            self._spare_broker()

    def _spare_broker(self) -> None:
        self._broker_until = time.monotonic() + self._random.uniform(*BROKER_LIVES)

    def _start(self, role: Role) -> None:
        self._lives[role] += 1
        order = self._order(role).model_dump_json()
        with self._acknowledged.open("ab") as told, self._log.open("ab") as log:
            out = told if role == "writer" else log
            self._processes[role] = starter.start(
                WORKER, order, environment=os.environ, out=out, err=log
            )

    def _order(self, role: Role) -> Order:
        return Order(
            role=role,
            location=self._location,
            nats=self.broker.url,
            seed=f"{self._seed}/{role}/{self._lives[role]}",
            probability=PROBABILITY[role] if self._mortal else 0.0,
            struck=self._struck,
        )
