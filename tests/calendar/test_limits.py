"""By when: one function for each clock, checked at the edges of days, months and years."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import limits
from shared.calendar.durations import Duration, read_duration
from shared.calendar.working import Limit, state_council
from shared.errors import Invalid
from tests.calendar.moments import moments, shanghai

MORNING = shanghai(2026, 3, 2, 10)
LAST_INSTANT = shanghai(2026, 3, 2, 23, 59, 59, 999_999)
CALENDAR = state_council()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (shanghai(2026, 3, 2), shanghai(2026, 3, 3)),
        (LAST_INSTANT, shanghai(2026, 3, 3)),
        (shanghai(2026, 12, 31, 12), shanghai(2027, 1, 1)),
        (datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC), shanghai(2026, 3, 3)),
        (datetime(2026, 3, 2, 16, tzinfo=UTC), shanghai(2026, 3, 4)),
    ],
)
def test_the_same_day_ends_at_24(start: datetime, end: datetime) -> None:
    assert limits.same_day(start) == Limit(end)


def test_elapsed_time_runs_over_midnight_and_rest_days() -> None:
    friday = shanghai(2026, 3, 6, 23, 20)

    assert limits.within(friday, read_duration("PT48H")) == Limit(shanghai(2026, 3, 8, 23, 20))


@pytest.mark.parametrize(("start_counted", "end"), [(False, (2026, 3, 6)), (True, (2026, 3, 5))])
def test_days_end_at_24_with_the_start_day_counted_or_not(
    start_counted: bool, end: tuple[int, int, int]
) -> None:
    assert limits.days(MORNING, 3, start_counted=start_counted) == Limit(shanghai(*end))


@pytest.mark.parametrize("count", [0, -3, 3661])
def test_a_count_of_days_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(Invalid) as problem:
        limits.days(MORNING, count)
    assert problem.value.code == "limit.days-out-of-range"


def test_working_days_follow_the_calendar() -> None:
    assert CALENDAR.end_of_working_day(MORNING, 20) == Limit(shanghai(2026, 3, 31))
    assert CALENDAR.end_of_working_day(shanghai(2027, 3, 1), 1).provisional


@pytest.mark.parametrize(
    ("start", "at", "end"),
    [
        (MORNING, "17:30", shanghai(2026, 3, 2, 17, 30)),
        (shanghai(2026, 3, 2, 17, 30), "17:30", shanghai(2026, 3, 2, 17, 30)),
        (shanghai(2026, 3, 2, 17, 30, 1), "17:30", shanghai(2026, 3, 3, 17, 30)),
        (MORNING, "24:00", shanghai(2026, 3, 3)),
        (LAST_INSTANT, "24:00", shanghai(2026, 3, 3)),
        (shanghai(2026, 12, 31, 18), "08:00", shanghai(2027, 1, 1, 8)),
    ],
)
def test_at_a_time_of_this_day_or_the_next(start: datetime, at: str, end: datetime) -> None:
    assert limits.at_time(start, at) == Limit(end)


@pytest.mark.parametrize("at", ["", "5pm", "8:00", "24:01", "25:00", "17:60", "17:30:00", "１7:30"])
def test_what_is_no_time_of_the_day_is_refused(at: str) -> None:
    with pytest.raises(Invalid) as problem:
        limits.at_time(MORNING, at)

    assert problem.value.code == "calendar.time-malformed"
    assert problem.value.field == "at"


@pytest.mark.parametrize(
    ("start", "on", "end"),
    [
        (MORNING, "12-11", shanghai(2026, 12, 12)),
        (shanghai(2026, 12, 11, 23), "12-11", shanghai(2026, 12, 12)),
        (shanghai(2026, 12, 12), "12-11", shanghai(2027, 12, 12)),
        (MORNING, "12-31", shanghai(2027, 1, 1)),
        (MORNING, "last", shanghai(2026, 4, 1)),
        (shanghai(2026, 2, 28, 23, 59), "last", shanghai(2026, 3, 1)),
        (shanghai(2028, 2, 28, 23, 59), "last", shanghai(2028, 3, 1)),
        (shanghai(2026, 1, 1), "02-29", shanghai(2026, 3, 1)),  # 02-28: a common year
        (shanghai(2026, 3, 1), "02-29", shanghai(2027, 3, 1)),
        (shanghai(2027, 3, 1), "02-29", shanghai(2028, 3, 1)),
    ],
)
def test_on_a_named_day(start: datetime, on: str, end: datetime) -> None:
    assert limits.on_date(start, on) == Limit(end)


@pytest.mark.parametrize("on", ["", "13-01", "02-30", "00-10", "1-1", "--12-11", "2026-12-11"])
def test_what_is_no_day_is_refused(on: str) -> None:
    with pytest.raises(Invalid) as problem:
        limits.on_date(MORNING, on)

    assert problem.value.code == "calendar.day-malformed"
    assert problem.value.field == "on"


def test_a_promised_moment_is_itself() -> None:
    assert limits.promised(shanghai(2026, 3, 5, 12)) == Limit(shanghai(2026, 3, 5, 12))


@pytest.mark.parametrize(
    ("planned", "ahead", "end"),
    [
        (shanghai(2026, 9, 1, 8), None, shanghai(2026, 9, 1, 8)),
        (shanghai(2026, 9, 1, 8), Duration(hours=2), shanghai(2026, 9, 1, 6)),
        (shanghai(2026, 9, 1), Duration(days=14), shanghai(2026, 8, 18)),
        (shanghai(2028, 3, 1), Duration(days=1), shanghai(2028, 2, 29)),
    ],
)
def test_backward_from_what_is_planned(
    planned: datetime, ahead: Duration | None, end: datetime
) -> None:
    assert limits.before(planned, ahead) == Limit(end)


@pytest.mark.parametrize(
    ("start", "opens", "closes", "window"),
    [
        (shanghai(2026, 1, 5), "02-26", "03-10", (shanghai(2026, 2, 26), shanghai(2026, 3, 11))),
        (MORNING, "02-26", "03-10", (shanghai(2026, 2, 26), shanghai(2026, 3, 11))),
        (shanghai(2026, 3, 11), "02-26", "03-10", (shanghai(2027, 2, 26), shanghai(2027, 3, 11))),
        (shanghai(2026, 1, 5), "12-20", "01-10", (shanghai(2025, 12, 20), shanghai(2026, 1, 11))),
    ],
)
def test_a_window_has_two_ends(
    start: datetime, opens: str, closes: str, window: tuple[datetime, datetime]
) -> None:
    assert limits.window(start, opens, closes) == Limit(window[1], opens=window[0])


def test_a_window_is_of_every_year() -> None:
    with pytest.raises(Invalid) as problem:
        limits.window(MORNING, "08-01", "2026-08-31")

    assert problem.value.code == "calendar.day-malformed"
    assert problem.value.field == "window"


CLOCKS: dict[str, Callable[[datetime], Limit]] = {
    "within": lambda start: limits.within(start, Duration(months=1, hours=3)),
    "same day": limits.same_day,
    "days": lambda start: limits.days(start, 3),
    "days, start counted": lambda start: limits.days(start, 3, start_counted=True),
    "working days": lambda start: CALENDAR.end_of_working_day(start, 5),
    "at a time": lambda start: limits.at_time(start, "17:30"),
    "on a date": lambda start: limits.on_date(start, "12-11"),
    "on a leap day": lambda start: limits.on_date(start, "02-29"),
    "at the month's end": lambda start: limits.on_date(start, "last"),
    "promised": limits.promised,
    "before": lambda start: limits.before(start, Duration(days=14)),
    "window": lambda start: limits.window(start, "02-26", "03-10"),
    "window over the year": lambda start: limits.window(start, "12-20", "01-10"),
}


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
@given(one=moments(), other=moments())
def test_a_later_start_never_gives_an_earlier_limit(
    clock: Callable[[datetime], Limit], one: datetime, other: datetime
) -> None:
    earlier, later = sorted([one, other])

    assert clock(earlier).due <= clock(later).due


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
@given(start=moments())
def test_every_limit_is_told_in_utc_whatever_the_zone_of_the_start(
    clock: Callable[[datetime], Limit], start: datetime
) -> None:
    assert clock(start).due.utcoffset() == timedelta()
    assert clock(start) == clock(start.astimezone(UTC))


@pytest.mark.parametrize("name", sorted(CLOCKS.keys() - {"before"}))
@given(start=moments())
def test_no_limit_lies_before_its_start(name: str, start: datetime) -> None:
    assert CLOCKS[name](start).due >= start


@given(moments(), st.integers(1, 400), st.integers(0, 400))
def test_more_days_never_give_an_earlier_limit(start: datetime, count: int, more: int) -> None:
    assert limits.days(start, count).due <= limits.days(start, count + more).due
    fewer, most = Duration(days=count), Duration(days=count + more)
    assert limits.before(start, most).due <= limits.before(start, fewer).due


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_a_moment_without_a_time_zone_is_refused(clock: Callable[[datetime], Limit]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock(datetime(2026, 3, 2, 10))  # noqa: DTZ001 -- that is the point
