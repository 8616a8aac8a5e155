"""A close look at where the time goes: profiles of the loop's thread and of the writer's.

Python 3.11 profiles each thread by itself; from 3.12 on there can be one profile for the whole
process only, and it is taken from the loop's thread.
"""

import cProfile
import pstats
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from shared.store.store import Store

T = TypeVar("T")

SHOWN = 15
"""Functions shown of each thread, by own time."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A function's own time in a thread."""

    seconds: float
    share: float
    calls: int
    function: str


@dataclass(slots=True)
class Probe:
    """Takes profiles if it is ``on``; otherwise it touches nothing."""

    on: bool = False
    profiles: dict[str, list[Spent]] = field(default_factory=dict)

    @asynccontextmanager
    async def watching(self, store: Store) -> AsyncIterator[None]:
        """Profile the running loop's thread and the store's writer while the block lasts."""
        if not self.on:
            yield
            return
        loop, writer = cProfile.Profile(), cProfile.Profile()
        both = sys.version_info < (3, 12)
        if both:
            await store.write(lambda _: writer.enable())
        loop.enable()
        try:
            yield
        finally:
            loop.disable()
            self.profiles["事件循环线程"] = most_spent(loop)
            if both:
                await store.write(lambda _: writer.disable())
                self.profiles["写入线程"] = most_spent(writer)

    def call(self, thread: str, function: Callable[[], T]) -> T:
        """Call a function, profiled, in the present thread."""
        if not self.on:
            return function()
        profile = cProfile.Profile()
        result = profile.runcall(function)
        self.profiles[thread] = most_spent(profile)
        return result

    def take(self, thread: str, file: Path) -> None:
        """Keep a profile that another process left in a file."""
        self.profiles[thread] = most_spent(str(file))


def most_spent(profile: cProfile.Profile | str) -> list[Spent]:
    """The functions with the most own time; waiting shows as epoll, select or acquire."""
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in the stubs
    total = sum(own for _, _, own, _, _ in stats.values()) or 1.0
    spent = [
        Spent(own, own / total, calls, _named(*function))
        for function, (_, calls, own, _, _) in stats.items()
    ]
    return sorted(spent, key=lambda each: each.seconds, reverse=True)[:SHOWN]


def _named(file: str, line: int, function: str) -> str:
    return function if file == "~" else f"{'/'.join(Path(file).parts[-3:])}:{line} {function}"
