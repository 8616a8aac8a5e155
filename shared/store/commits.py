"""How many pieces of work a store's commits held and how long they took, for whoever measures."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Counts of values up to each bound, and above; written by one thread, read by any."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.total = 0.0
        self.counts = [0] * (len(bounds) + 1)

    def note(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Commits:
    """What became of the groups of one store: pieces of work in each, and seconds."""

    def __init__(self) -> None:
        self.sizes = Histogram((1, 2, 5, 10, 20, 50, 100, 200, 500))
        self.seconds = Histogram((0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5))

    def note(self, size: int, seconds: float) -> None:
        """Count a commit."""
        self.sizes.note(size)
        self.seconds.note(seconds)
