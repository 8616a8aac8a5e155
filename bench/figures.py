"""What a measurement says: rounds, their median and range, and the goal they are held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """What must hold (the floor) and what is wished for (the aim), in the figure's unit."""

    floor: float
    aim: float | None = None
    at_most: bool = False

    def allows(self, value: float, limit: float) -> bool:
        """Whether a value is on the right side of a limit."""
        return value <= limit if self.at_most else value >= limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured in several rounds; without a goal it is told for comparison."""

    name: str
    title: str
    unit: str
    rounds: tuple[float, ...]
    goal: Goal | None = None

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def holds(self) -> bool | None:
        """Whether the median reaches the floor; none without a goal."""
        return None if self.goal is None else self.goal.allows(self.median, self.goal.floor)

    @property
    def reaches_aim(self) -> bool | None:
        """Whether the median reaches the aim; none without one."""
        if self.goal is None or self.goal.aim is None:
            return None
        return self.goal.allows(self.median, self.goal.aim)

    def as_row(self) -> dict[str, Any]:
        """The figure as one JSON object."""
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.rounds),
            "max": max(self.rounds),
            "floor": self.goal.floor if self.goal else None,
            "aim": self.goal.aim if self.goal else None,
            "holds": self.holds,
            "reaches_aim": self.reaches_aim,
            "rounds": list(self.rounds),
        }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is not below ``percent`` of all values (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(ceil(len(ranked) * percent / 100), 1) - 1]


def ratios(of: Sequence[float], to: Sequence[float]) -> tuple[float, ...]:
    """Round by round, how many times the one is the other."""
    return tuple(one / other for one, other in zip(of, to, strict=True))
