"""Time as a dependency: services take a clock, so that drills can run in simulated time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

Clock = Callable[[], datetime]
"""Returns the present moment as an aware UTC datetime."""

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Where people read time. China has had one zone without summer time since 1992."""


def system_clock() -> datetime:
    """The machine's wall clock, in UTC."""
    return datetime.now(UTC)


def shown(moment: datetime) -> str:
    """A moment as people here read it: ``2026-03-02 14:10:00``, Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
