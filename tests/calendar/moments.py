"""Moments as the tests of the calendar name and draw them."""

from datetime import UTC, date, datetime, time
from functools import partial

from hypothesis import strategies as st

from shared.clock import SHANGHAI

SHIPPED = range(2004, 2027)


def shanghai(*parts: int) -> datetime:
    """A moment in Shanghai from year, month, day, hour …"""
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


def moments(first: int = 2003, last: int = 2028) -> st.SearchStrategy[datetime]:
    """Moments of those years, with the edges of a day among them."""
    days = st.dates(date(first, 1, 1), date(last, 12, 31))
    edges = [time(), time(0, 0, 0, 1), time(17, 30), time(23, 59, 59, 999_999)]
    times = st.sampled_from(edges) | st.times()
    local = st.builds(partial(datetime.combine, tzinfo=SHANGHAI), days, times)
    return st.builds(datetime.astimezone, local, st.sampled_from([UTC, SHANGHAI]))
