"""Days end at 24:00 in Shanghai, whatever day it is in UTC."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.days import day_of, end_of, end_of_day
from shared.clock import SHANGHAI

MOMENTS = st.datetimes(
    min_value=datetime(1992, 1, 1),  # noqa: DTZ001 -- Hypothesis adds the zone
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, SHANGHAI]),
)
COUNTS = st.integers(0, 800)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (shanghai(2026, 3, 2, 14, 10), 3, shanghai(2026, 3, 6)),
        (shanghai(2028, 2, 27, 9, 0), 3, shanghai(2028, 3, 2)),  # a leap year has 02-29
        (shanghai(2026, 2, 26, 9, 0), 3, shanghai(2026, 3, 2)),  # this one has not
        (shanghai(2026, 12, 30, 9, 0), 3, shanghai(2027, 1, 3)),
        (shanghai(2026, 3, 2), 1, shanghai(2026, 3, 4)),  # 00:00 belongs to the day it begins
        (shanghai(2026, 3, 2, 23, 59, 59, 999_999), 1, shanghai(2026, 3, 4)),
    ],
)
def test_the_start_day_is_not_counted_and_the_last_day_ends_at_24(
    start: datetime, days: int, end: datetime
) -> None:
    assert end_of_day(start, days) == end


def test_a_moment_in_the_evening_of_utc_belongs_to_the_next_day_in_shanghai() -> None:
    assert day_of(datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 2)
    assert day_of(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == date(2026, 3, 3)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        end_of_day(datetime(2026, 3, 2, 14, 10), 3)  # noqa: DTZ001 -- that is the point


@given(MOMENTS, COUNTS)
def test_the_end_is_midnight_in_shanghai_and_told_in_utc(start: datetime, days: int) -> None:
    end = end_of_day(start, days)

    local = end.astimezone(SHANGHAI)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert end.utcoffset() == timedelta()


@given(MOMENTS, COUNTS)
def test_there_are_more_than_so_many_days_and_at_most_one_more(start: datetime, days: int) -> None:
    left = end_of_day(start, days) - start

    assert timedelta(days) < left <= timedelta(days + 1)


@given(MOMENTS, COUNTS)
def test_every_moment_of_a_day_has_the_same_end(start: datetime, days: int) -> None:
    last_of_the_day = end_of(day_of(start)) - timedelta(microseconds=1)

    assert end_of_day(last_of_the_day, days) == end_of_day(start, days)
    assert end_of_day(end_of(day_of(start)), days) == end_of_day(start, days + 1)


@given(MOMENTS, COUNTS)
def test_the_time_zone_in_which_a_moment_is_told_does_not_matter(
    start: datetime, days: int
) -> None:
    assert end_of_day(start.astimezone(UTC), days) == end_of_day(start, days)
