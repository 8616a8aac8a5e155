"""What a measurement hands back."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.effort import Effort
from bench.figures import Figure
from bench.probe import Probe


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures, and what a reader must know of them (in Chinese)."""

    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


Measure = Callable[[Effort, Probe], Coroutine[Any, Any, Measured]]
"""Measures; with a probe that is on it is a look at where the time goes, and counts for nothing."""
