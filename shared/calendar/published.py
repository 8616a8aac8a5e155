"""The years that the State Council has settled, as shipped; nothing else here reads a file."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pkgutil import get_data
from typing import Any

from shared.calendar.working import Calendar, PublishedYear


@cache
def state_council() -> Calendar:
    """The calendar of ``years.toml``; read once, when it is first asked for."""
    raw = get_data(__package__, "years.toml")
    assert raw is not None  # it is shipped beside this file
    table = tomllib.loads(raw.decode())
    years = (_published(int(year), told) for year, told in table.items())
    return Calendar({year.year: year for year in years})


def _published(year: int, told: dict[str, Any]) -> PublishedYear:
    off_days = frozenset(day for written in told["off"] for day in _break(year, written))
    makeup_days = frozenset(_day(year, written) for written in told["makeup"])
    return PublishedYear(year, told.get("notice", ""), off_days, makeup_days)


def _break(year: int, written: str) -> Iterator[date]:
    days, _festival = written.split(" ")
    first, last = (_day(year, end) for end in days.split("/"))
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _day(year: int, written: str) -> date:
    return date.fromisoformat(f"{year}-{written}")
