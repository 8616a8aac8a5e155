"""Durations as packs write them: read, added to a moment, spoken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.days import day_of, end_of, in_shanghai
from shared.calendar.durations import Duration, read_duration
from shared.errors import Invalid
from tests.calendar.moments import moments, shanghai

DURATIONS = st.builds(
    Duration,
    years=st.integers(0, 5),
    months=st.integers(0, 30),
    weeks=st.integers(0, 9),
    days=st.integers(0, 400),
    hours=st.integers(0, 100),
    minutes=st.integers(1, 200),
)


@pytest.mark.parametrize(
    ("text", "duration", "spoken"),
    [
        ("PT2H", Duration(hours=2), "2小时"),
        ("PT30M", Duration(minutes=30), "30分钟"),
        ("P1D", Duration(days=1), "1天"),
        ("P3D", Duration(days=3), "3天"),
        ("P1W", Duration(weeks=1), "1周"),
        ("P1M", Duration(months=1), "1个月"),
        ("P3M", Duration(months=3), "3个月"),
        ("P1Y", Duration(years=1), "1年"),
        ("PT24H", Duration(hours=24), "24小时"),
        ("P1DT12H", Duration(days=1, hours=12), "1天12小时"),
        ("PT1H30M", Duration(hours=1, minutes=30), "1小时30分钟"),
        ("P1Y6M", Duration(years=1, months=6), "1年6个月"),
    ],
)
def test_a_duration_is_read_and_spoken(text: str, duration: Duration, spoken: str) -> None:
    assert read_duration(text) == duration
    assert duration.spoken() == spoken
    assert str(duration) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1DT", "3H", "P3", "PT3", "PT3D", "P1H", "P-1D", "P1.5D", "pt3h"),
        *(" PT3H", "PT3H ", "PT3H\n", "P1M1Y", "PT30M2H", "PT90S", "P１D", "P1000000D", "3小时"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(Invalid) as problem:
        read_duration(text, field="duty.x.within")

    assert problem.value.code == "duration.malformed"
    assert problem.value.field == "duty.x.within"
    assert f"“{text}”" in problem.value.message
    assert "PT3H" in problem.value.remedy


@pytest.mark.parametrize("text", ["P0D", "PT0H", "P0Y0M"])
def test_no_time_at_all_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as problem:
        read_duration(text)

    assert problem.value.code == "duration.not-positive"
    assert "same_day" in problem.value.remedy


def test_a_negative_duration_cannot_be_made() -> None:
    with pytest.raises(Invalid):
        Duration(days=2, hours=-1)


@pytest.mark.parametrize("text", ["P101Y", "P999999W", "P1200M"])
def test_more_than_a_hundred_years_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as problem:
        read_duration(text)

    assert problem.value.code == "duration.too-long"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("PT3H", shanghai(2026, 3, 2, 23, 20), shanghai(2026, 3, 3, 2, 20)),
        ("P1D", shanghai(2026, 3, 2, 15), shanghai(2026, 3, 3, 15)),
        ("P1M", shanghai(2026, 1, 15, 9, 30), shanghai(2026, 2, 15, 9, 30)),
        ("P1M", shanghai(2026, 1, 31, 9), shanghai(2026, 3, 1)),  # 24:00 of 02-28
        ("P1M", shanghai(2028, 1, 31, 9), shanghai(2028, 3, 1)),  # 24:00 of 02-29
        ("P1M", shanghai(2028, 1, 29, 9), shanghai(2028, 2, 29, 9)),
        ("P1Y", shanghai(2028, 2, 29, 9), shanghai(2029, 3, 1)),
        ("P3M", shanghai(2026, 11, 30, 9), shanghai(2027, 3, 1)),
        ("P1M", datetime(2026, 1, 30, 16, 0, tzinfo=UTC), shanghai(2026, 3, 1)),  # 01-31 here
        ("P1M", datetime(2026, 1, 30, 15, 59, tzinfo=UTC), shanghai(2026, 3, 1)),  # 01-30 23:59
        ("P1M1D", shanghai(2026, 1, 31, 9), shanghai(2026, 3, 2)),
    ],
)
def test_so_long_after_a_moment(text: str, start: datetime, end: datetime) -> None:
    assert read_duration(text).after(start) == end


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("PT3H", shanghai(2026, 3, 2, 2), shanghai(2026, 3, 1, 23)),
        ("P14D", shanghai(2026, 9, 1), shanghai(2026, 8, 18)),
        ("P1M", shanghai(2026, 3, 31, 9), shanghai(2026, 3, 1)),  # 24:00 of 02-28
        ("P2M", shanghai(2026, 1, 5, 9), shanghai(2025, 11, 5, 9)),
    ],
)
def test_so_long_before_a_moment(text: str, start: datetime, end: datetime) -> None:
    assert read_duration(text).before(start) == end


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Duration(hours=1).after(datetime(2026, 3, 2))  # noqa: DTZ001 -- that is the point


@given(DURATIONS)
def test_what_is_written_is_read_again(duration: Duration) -> None:
    assert read_duration(str(duration)) == duration


@given(moments(), moments(), DURATIONS)
def test_a_later_start_never_ends_earlier(one: datetime, other: datetime, so: Duration) -> None:
    earlier, later = sorted([one, other])

    assert so.after(earlier) <= so.after(later)
    assert so.before(earlier) <= so.before(later)


@given(moments(), st.integers(1, 200), st.integers(0, 24))
def test_more_months_never_end_earlier(start: datetime, months: int, more: int) -> None:
    longer = Duration(months=months + more)

    assert Duration(months=months).after(start) <= longer.after(start)
    assert longer.before(start) <= Duration(months=months).before(start)


@given(moments(), st.integers(1, 400), st.integers(0, 500))
def test_elapsed_time_is_elapsed_whatever_the_zone(
    start: datetime, hours: int, minutes: int
) -> None:
    so = Duration(hours=hours, minutes=minutes)

    assert so.after(start) - start == timedelta(hours=hours, minutes=minutes)
    assert so.before(so.after(start)) == start
    assert so.after(start).utcoffset() == timedelta()


@given(moments(), st.integers(1, 200))
def test_months_keep_day_and_time_or_end_with_the_month(start: datetime, months: int) -> None:
    end, local = Duration(months=months).after(start), in_shanghai(start)

    last = day_of(end - timedelta(microseconds=1))
    if in_shanghai(end).day != local.day:
        assert end == end_of(last)
        assert last.day < local.day
    else:
        assert in_shanghai(end).time() == local.time()


@given(moments(), st.integers(1, 300), DURATIONS)
def test_a_duration_moves_forward(start: datetime, minutes: int, so: Duration) -> None:
    assert so.before(start) < start < so.after(start)
    assert Duration(minutes=minutes).after(start) > start
