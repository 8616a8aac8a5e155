"""Chance that ends the own process: a checkpoint that answers with SIGKILL now and then."""

import os
import random
import signal
from collections import Counter
from pathlib import Path


class Fate:
    """Called with the name of a point in the work; with some probability nothing follows it.

    Where it strikes is noted in ``record`` first, one line each, by any number of processes.
    """

    def __init__(self, seed: str, probability: float, record: Path) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chance, not a secret
        self._probability = probability
        self._record = record

    def __call__(self, point: str) -> None:
        if self._random.random() < self._probability:
            with self._record.open("a") as record:
                record.write(f"{point}\n")
            os.kill(os.getpid(), signal.SIGKILL)


def struck(record: Path) -> Counter[str]:
    """How often it struck at each point."""
    return Counter(record.read_text().split() if record.exists() else ())
