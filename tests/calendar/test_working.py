"""Working days: counted by the notices, guessed openly where there is none yet."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.days import day_of
from shared.calendar.working import (
    Calendar,
    Limit,
    PublishedYear,
    state_council,
    statutory_days,
)
from shared.errors import Invalid
from tests.calendar.moments import moments, shanghai

COUNTS = st.integers(1, 60)
CALENDAR = state_council()


def year_2027(
    off: frozenset[date] = frozenset(), makeup: frozenset[date] = frozenset()
) -> PublishedYear:
    return PublishedYear(2027, "青政发〔2026〕1号", statutory_days(2027) | off, makeup)


def last_day(limit: Limit) -> date:
    """The day that the limit ends."""
    return day_of(limit.due - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (shanghai(2026, 3, 2, 9), 1, shanghai(2026, 3, 4)),
        (shanghai(2026, 3, 6, 17), 1, shanghai(2026, 3, 10)),  # Friday: Monday is the first
        (shanghai(2026, 2, 13, 9), 1, shanghai(2026, 2, 15)),  # the Saturday is worked
        (shanghai(2026, 2, 14, 9), 1, shanghai(2026, 2, 25)),  # and then comes the festival
        (shanghai(2026, 9, 29, 9), 4, shanghai(2026, 10, 11)),  # the 10th is worked, a Saturday
        (shanghai(2025, 12, 30, 9), 3, shanghai(2026, 1, 6)),  # over the year; the 4th is worked
        (datetime(2026, 3, 2, 16, tzinfo=UTC), 1, shanghai(2026, 3, 5)),  # the 3rd has begun here
    ],
)
def test_the_start_day_is_not_counted_and_rest_days_are_passed_over(
    start: datetime, count: int, end: datetime
) -> None:
    assert CALENDAR.end_of_working_day(start, count) == Limit(end)


def test_the_start_day_can_be_the_first_where_it_is_worked() -> None:
    monday, sunday = shanghai(2026, 3, 2, 9), shanghai(2026, 3, 1, 9)

    assert last_day(CALENDAR.end_of_working_day(monday, 1, start_counted=True)) == date(2026, 3, 2)
    assert last_day(CALENDAR.end_of_working_day(sunday, 1, start_counted=True)) == date(2026, 3, 2)


def test_a_start_on_a_rest_day_stands() -> None:
    saturday = shanghai(2026, 3, 7, 9)

    assert last_day(CALENDAR.end_of_working_day(saturday, 1)) == date(2026, 3, 9)


def test_a_limit_that_reaches_into_an_unpublished_year_is_provisional() -> None:
    inside = CALENDAR.end_of_working_day(shanghai(2026, 12, 30, 9), 1)
    reaching = CALENDAR.end_of_working_day(shanghai(2026, 12, 30, 9), 2)

    assert inside == Limit(shanghai(2027, 1, 1))
    assert reaching == Limit(shanghai(2027, 1, 5), provisional=True)


def test_a_start_in_an_unpublished_year_matters_only_where_it_is_looked_at() -> None:
    new_years_eve = shanghai(2003, 12, 31, 9)

    assert not CALENDAR.end_of_working_day(new_years_eve, 1).provisional
    assert CALENDAR.end_of_working_day(new_years_eve, 1, start_counted=True).provisional


def test_a_published_year_settles_the_limit() -> None:
    start = shanghai(2026, 12, 31, 9)
    calendar = CALENDAR.with_year(year_2027(makeup=frozenset({date(2027, 1, 2)})))

    assert CALENDAR.end_of_working_day(start, 1) == Limit(shanghai(2027, 1, 5), provisional=True)
    assert calendar.end_of_working_day(start, 1) == Limit(shanghai(2027, 1, 3))


def test_a_calendar_never_changes() -> None:
    calendar = CALENDAR.with_year(year_2027())

    assert calendar.is_published(2027)
    assert not CALENDAR.is_published(2027)
    with pytest.raises(TypeError):
        calendar.years[2028] = year_2027()  # type: ignore[index]


def test_a_year_can_be_published_anew() -> None:
    friday = date(2027, 2, 5)
    calendar = CALENDAR.with_year(year_2027()).with_year(year_2027(off=frozenset({friday})))

    assert not calendar.is_working_day(friday)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2027, 1, 1), False),
        (date(2027, 5, 3), True),  # the weekend's make-up is for the notice to say
        (date(2028, 5, 1), False),
        (date(2028, 5, 2), False),  # statutory since 2025
        (date(2003, 5, 3), False),  # a Saturday
        (date(2002, 5, 3), False),  # statutory from 2000 to 2007
        (date(1999, 5, 3), True),
        (date(2027, 10, 1), False),
        (date(2027, 2, 8), True),  # lunar holidays are not guessed
        (date(2027, 3, 6), False),
    ],
)
def test_an_unpublished_year_is_monday_to_friday_without_statutory_days(
    day: date, worked: bool
) -> None:
    assert CALENDAR.is_working_day(day) is worked


@pytest.mark.parametrize(
    ("off", "makeup", "code"),
    [
        ({date(2028, 1, 3)}, set(), "calendar.day-of-another-year"),
        (set(), {date(2026, 12, 26)}, "calendar.day-of-another-year"),
        ({date(2027, 2, 6)}, {date(2027, 2, 6)}, "calendar.off-and-makeup"),
        (set(), {date(2027, 2, 8)}, "calendar.makeup-is-weekday"),
    ],
)
def test_a_year_that_contradicts_itself_is_refused(
    off: set[date], makeup: set[date], code: str
) -> None:
    with pytest.raises(Invalid) as problem:
        year_2027(frozenset(off), frozenset(makeup))

    assert problem.value.code == code
    assert problem.value.field in {"off_days", "makeup_days"}
    assert problem.value.remedy


def test_a_year_without_its_statutory_days_is_refused() -> None:
    with pytest.raises(Invalid) as problem:
        PublishedYear(2027, "", frozenset({date(2027, 1, 1)}), frozenset())

    assert problem.value.code == "calendar.statutory-day-missing"
    assert "2027-05-01、2027-05-02、2027-10-01" in problem.value.message


@pytest.mark.parametrize("count", [0, -1, 3661])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(Invalid, match="1 至 3660") as problem:
        CALENDAR.end_of_working_day(shanghai(2026, 3, 2), count)

    assert problem.value.code == "limit.days-out-of-range"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.end_of_working_day(datetime(2026, 3, 2), 1)  # noqa: DTZ001 -- that is the point


def test_a_limit_on_a_rest_day_moves_to_the_next_working_day() -> None:
    sunday, monday = Limit(shanghai(2026, 3, 9)), Limit(shanghai(2026, 3, 10))

    assert CALENDAR.not_on_rest_day(sunday) == monday  # 24:00 of the Sunday, then of the Monday
    assert CALENDAR.not_on_rest_day(monday) == monday
    assert CALENDAR.not_on_rest_day(Limit(shanghai(2027, 3, 9))).provisional


@given(moments(), COUNTS, st.booleans())
def test_so_many_working_days_lie_between(start: datetime, count: int, start_counted: bool) -> None:
    limit = CALENDAR.end_of_working_day(start, count, start_counted=start_counted)

    day, last = day_of(start), last_day(limit)
    days = [day + timedelta(days=n) for n in range((last - day).days + 1)]
    worked = [d for d in days if CALENDAR.is_working_day(d)]
    start_is_worked = CALENDAR.is_working_day(day)
    left_out = not start_counted and start_is_worked
    assert len(worked) == count + left_out
    assert worked[-1] == last


@given(moments(), COUNTS, st.booleans())
def test_only_a_published_year_gives_a_settled_limit(
    start: datetime, count: int, start_counted: bool
) -> None:
    limit = CALENDAR.end_of_working_day(start, count, start_counted=start_counted)

    if not limit.provisional:
        assert CALENDAR.is_published(last_day(limit).year)
    elif CALENDAR.is_published(last_day(limit).year):
        assert not CALENDAR.is_published(day_of(start).year)


@given(moments(), moments(), COUNTS, st.integers(0, 20), st.booleans())
def test_more_days_or_a_later_start_never_give_an_earlier_limit(
    one: datetime, other: datetime, count: int, more: int, start_counted: bool
) -> None:
    def due(start: datetime, count: int) -> datetime:
        return CALENDAR.end_of_working_day(start, count, start_counted=start_counted).due

    earlier, later = sorted([one, other])
    assert due(earlier, count) <= due(later, count)
    assert due(earlier, count) <= due(earlier, count + more)


def test_calendars_are_equal_when_their_years_are() -> None:
    assert Calendar().with_year(year_2027()) == Calendar({2027: year_2027()})
    assert Calendar() != CALENDAR
