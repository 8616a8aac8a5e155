"""Schedules: which periods come, what each covers, and when its duty is due."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.periods import WEEKDAYS, Period, Recurrence, occurrences
from shared.calendar.spans import Term
from shared.calendar.working import state_council
from shared.errors import Invalid
from tests.calendar.moments import moments, shanghai

CALENDAR = state_council()
TERMS = (
    Term("2026秋", date(2026, 9, 1), date(2027, 1, 22)),
    Term("2026春", date(2026, 3, 2), date(2026, 7, 3)),
)


def periods(
    schedule: Recurrence, after: datetime, until: datetime, terms: Sequence[Term] = TERMS
) -> list[Period]:
    return list(occurrences(schedule, after, until, CALENDAR, terms))


def dues(schedule: Recurrence, after: datetime, until: datetime) -> list[tuple[str, datetime]]:
    return [(period.name, period.due) for period in periods(schedule, after, until)]


NEW_YEAR, YEAR_END = shanghai(2026, 1, 1), shanghai(2027, 1, 1)


def test_a_day_ends_at_24_where_nothing_else_is_said() -> None:
    found = periods(Recurrence("day"), shanghai(2026, 3, 2, 9), shanghai(2026, 3, 4))

    assert found == [
        Period("2026-03-02", shanghai(2026, 3, 2), shanghai(2026, 3, 3), shanghai(2026, 3, 3)),
        Period("2026-03-03", shanghai(2026, 3, 3), shanghai(2026, 3, 4), shanghai(2026, 3, 4)),
    ]


def test_what_is_due_at_the_end_belongs_and_what_was_due_at_the_beginning_does_not() -> None:
    daily = Recurrence("day", at="17:00")
    first, second = shanghai(2026, 3, 2, 17), shanghai(2026, 3, 3, 17)

    assert dues(daily, first, second) == [("2026-03-03", second)]
    assert dues(daily, first, second - timedelta(microseconds=1)) == []


def test_a_report_on_the_previous_day_is_due_on_the_next() -> None:
    daily = Recurrence("day", at="17:30", covers="previous")

    assert periods(daily, shanghai(2026, 3, 3), shanghai(2026, 3, 4)) == [
        Period(
            "2026-03-02", shanghai(2026, 3, 2), shanghai(2026, 3, 3), shanghai(2026, 3, 3, 17, 30)
        )
    ]


def test_a_report_on_the_current_day_covers_since_the_last_cut_off() -> None:
    daily = Recurrence("day", at="17:00", covers="since_last")

    assert periods(daily, shanghai(2026, 3, 2), shanghai(2026, 3, 3)) == [
        Period(
            "2026-03-02",
            shanghai(2026, 3, 1, 17),
            shanghai(2026, 3, 2, 17),
            shanghai(2026, 3, 2, 17),
        )
    ]


@pytest.mark.parametrize(
    ("schedule", "name", "opens", "closes", "due"),
    [
        (Recurrence("week"), "2026-W10", (3, 2), (3, 9), (3, 9)),
        (Recurrence("week", on="friday", at="17:00"), "2026-W10", (3, 2), (3, 9), (3, 6, 17)),
        (Recurrence("week", on="monday", covers="previous"), "2026-W09", (2, 23), (3, 2), (3, 3)),
        (Recurrence("month"), "2026-03", (3, 1), (4, 1), (4, 1)),
        (
            Recurrence("month", on="5", at="12:00", covers="previous"),
            "2026-02",
            (2, 1),
            (3, 1),
            None,
        ),
        (Recurrence("quarter"), "2026-Q1", (1, 1), (4, 1), (4, 1)),
        (Recurrence("term"), "2026春", (3, 2), (7, 4), (7, 4)),
        (Recurrence("term", on="first"), "2026春", (3, 2), (7, 4), (3, 3)),
        (Recurrence("year", on="12-11"), "2026", (1, 1), None, (12, 12)),
    ],
)
def test_each_kind_of_period_has_its_name_its_cover_and_its_due_day(
    schedule: Recurrence,
    name: str,
    opens: tuple[int, ...],
    closes: tuple[int, ...] | None,
    due: tuple[int, ...] | None,
) -> None:
    named = [p for p in periods(schedule, NEW_YEAR, YEAR_END) if p.name == name]

    assert named == [
        Period(
            name,
            shanghai(2026, *opens),
            shanghai(2026, *closes) if closes else shanghai(2027, 1, 1),
            shanghai(2026, *due) if due else shanghai(2026, 3, 5, 12),
        )
    ]


def test_months_end_on_their_last_day_leap_years_included() -> None:
    monthly = Recurrence("month", on="31")

    ends = [due - timedelta(days=1) for _, due in dues(monthly, shanghai(2028, 1, 1), YEAR_2029)]

    assert [(end.astimezone(shanghai(1, 1, 1).tzinfo).day) for end in ends] == [
        *(31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    ]


YEAR_2029 = shanghai(2029, 1, 1)


def test_weeks_are_named_by_the_year_that_holds_their_thursday() -> None:
    names = [name for name, _ in dues(Recurrence("week"), shanghai(2026, 12, 28), YEAR_2029)]

    assert names[:2] == ["2026-W53", "2027-W01"]


def test_a_term_that_is_not_given_is_not_known() -> None:
    assert periods(Recurrence("term"), NEW_YEAR, YEAR_2029, terms=()) == []
    assert [p.name for p in periods(Recurrence("term"), NEW_YEAR, YEAR_2029)] == [
        "2026春",
        "2026秋",
    ]


def test_a_term_reports_on_the_one_before_when_the_next_begins() -> None:
    first_day = Recurrence("term", on="first", covers="previous")

    assert periods(first_day, NEW_YEAR, YEAR_2029) == [
        Period("2026春", shanghai(2026, 3, 2), shanghai(2026, 7, 4), shanghai(2026, 9, 2))
    ]


def test_terms_that_overlap_are_refused() -> None:
    overlapping = (*TERMS, Term("2026夏", date(2026, 7, 1), date(2026, 8, 1)))

    with pytest.raises(Invalid) as problem:
        periods(Recurrence("term"), NEW_YEAR, YEAR_END, overlapping)

    assert problem.value.code == "calendar.terms-overlap"


def test_a_term_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Invalid) as problem:
        Term("2026秋", date(2026, 9, 1), date(2026, 1, 22))

    assert problem.value.code == "calendar.term-reversed"


def test_months_can_be_left_out() -> None:
    schooling = Recurrence("month", months=frozenset({1, 3, 4, 5, 6}), covers="since_last")

    found = periods(schooling, NEW_YEAR, YEAR_END)

    assert [p.name for p in found] == ["2026-01", "2026-03", "2026-04", "2026-05", "2026-06"]
    assert found[0].opens == shanghai(2025, 7, 1)  # since the last one, half a year before
    assert found[1].opens == shanghai(2026, 2, 1)


def test_a_season_bounds_the_days_and_what_its_first_report_covers() -> None:
    flood = Recurrence("day", at="08:00", covers="since_last", window=("06-01", "06-03"))

    assert [(p.name, p.opens) for p in periods(flood, NEW_YEAR, YEAR_END)] == [
        ("2026-06-01", shanghai(2026, 6, 1)),
        ("2026-06-02", shanghai(2026, 6, 1, 8)),
        ("2026-06-03", shanghai(2026, 6, 2, 8)),
    ]


def test_a_season_may_run_over_the_new_year() -> None:
    frost = Recurrence("day", window=("12-30", "01-02"))

    names = [name for name, _ in dues(frost, shanghai(2026, 12, 1), shanghai(2027, 2, 1))]

    assert names == ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]


@pytest.mark.parametrize(
    ("window", "opens", "due"),
    [
        (("09-11", "10-31"), shanghai(2026, 9, 11), shanghai(2026, 11, 1)),
        (("12-20", "01-10"), shanghai(2026, 12, 20), shanghai(2027, 1, 11)),
        (("02-21", "02-29"), shanghai(2026, 2, 21), shanghai(2026, 3, 1)),
    ],
)
def test_a_yearly_window_is_what_is_covered(
    window: tuple[str, str], opens: datetime, due: datetime
) -> None:
    yearly = Recurrence("year", window=window)

    found = periods(yearly, shanghai(2026, 2, 1), shanghai(2027, 1, 31))

    assert found == [Period("2026", opens, due, due)]


def test_within_a_yearly_window_another_day_can_be_the_last() -> None:
    december = Recurrence("year", window=("12-01", "12-31"), on="12-11")

    [found] = periods(december, NEW_YEAR, YEAR_END)

    assert (found.opens, found.due) == (shanghai(2026, 12, 1), shanghai(2026, 12, 12))


def test_on_working_days_the_report_after_a_break_covers_the_break() -> None:
    daily = Recurrence("day", at="17:30", covers="previous", working_days_only=True)

    found = periods(daily, shanghai(2026, 2, 13), shanghai(2026, 2, 25))

    assert [(p.name, p.opens, p.closes) for p in found] == [
        ("2026-02-12", shanghai(2026, 2, 12), shanghai(2026, 2, 13)),
        ("2026-02-13", shanghai(2026, 2, 13), shanghai(2026, 2, 14)),  # due on a worked Saturday
        ("2026-02-23", shanghai(2026, 2, 14), shanghai(2026, 2, 24)),
    ]


def test_a_weekly_duty_on_a_rest_day_moves_to_the_next_working_day() -> None:
    friday = Recurrence("week", on="friday", at="17:00", working_days_only=True)

    assert dues(friday, shanghai(2026, 9, 28), shanghai(2026, 10, 10)) == [
        ("2026-W39", shanghai(2026, 9, 28, 17)),  # the Friday is Mid-Autumn
        ("2026-W40", shanghai(2026, 10, 8, 17)),
        ("2026-W41", shanghai(2026, 10, 9, 17)),
    ]


def test_two_weeks_that_end_on_one_day_are_covered_once() -> None:
    sunday = Recurrence("week", covers="since_last", working_days_only=True)

    found = periods(sunday, shanghai(2026, 2, 10), shanghai(2026, 3, 3))

    assert [(p.name, p.due) for p in found] == [
        ("2026-W07", shanghai(2026, 2, 25)),
        ("2026-W09", shanghai(2026, 3, 3)),
    ]


def test_working_days_of_an_unpublished_year_are_provisional() -> None:
    daily = Recurrence("day", working_days_only=True)

    found = periods(daily, shanghai(2026, 12, 31), shanghai(2027, 1, 6))

    assert [(p.name, p.provisional) for p in found] == [
        ("2026-12-31", False),
        ("2027-01-04", True),
        ("2027-01-05", True),
    ]


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        ({"every": "hour"}, "schedule.unknown-word"),
        ({"every": "day", "covers": "yesterday"}, "schedule.unknown-word"),
        ({"every": "day", "at": "17点"}, "calendar.time-malformed"),
        ({"every": "day", "on": "last"}, "schedule.on-does-not-fit"),
        ({"every": "month", "on": "friday"}, "schedule.on-does-not-fit"),
        ({"every": "month", "on": "12-11"}, "schedule.on-does-not-fit"),
        ({"every": "month", "on": "0"}, "schedule.on-does-not-fit"),
        ({"every": "year", "on": "friday"}, "calendar.day-malformed"),
        ({"every": "year", "on": "02-30"}, "calendar.day-malformed"),
        (
            {"every": "year", "on": "11-30", "window": ("12-01", "12-31")},
            "schedule.on-does-not-fit",
        ),
        (
            {"every": "year", "on": "01-05", "window": ("12-20", "01-10")},
            "schedule.on-does-not-fit",
        ),
        ({"every": "month", "months": frozenset({0})}, "schedule.months"),
        ({"every": "year", "months": frozenset({1})}, "schedule.months"),
        ({"every": "day", "window": ("06-01", "九月")}, "calendar.day-malformed"),
        (
            {"every": "year", "window": ("06-01", "06-30"), "covers": "previous"},
            "schedule.window",
        ),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(schedule: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as problem:
        Recurrence(**schedule)

    assert problem.value.code == code
    assert problem.value.remedy
    assert problem.value.field in schedule


def test_moments_without_a_time_zone_are_refused() -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 -- that is the point
    for after, until in [(naive, YEAR_END), (NEW_YEAR, naive)]:
        with pytest.raises(ValueError, match="time zone"):
            periods(Recurrence("day"), after, until)


ONS = {
    "day": st.none(),
    "week": st.sampled_from([None, "first", "last", "3", *WEEKDAYS]),
    "month": st.sampled_from([None, "first", "last", "10", "31"]),
    "quarter": st.sampled_from([None, "first", "45"]),
    "year": st.sampled_from([None, "12-11", "02-29", "100"]),
}


@st.composite
def schedules(draw: st.DrawFn) -> Recurrence:
    every = draw(st.sampled_from(["day", "week", "month", "quarter", "year"]))
    return Recurrence(
        every,  # type: ignore[arg-type]
        at=draw(st.sampled_from([None, "08:00", "17:30", "24:00"])),
        on=draw(ONS[every]),
        covers=draw(st.sampled_from(["period", "previous", "since_last"])),
    )


def around(schedule: Recurrence, moment: datetime) -> list[Period]:
    """The periods due from two years before a moment to two years after."""
    years = timedelta(days=800 if schedule.every in {"quarter", "year"} else 100)
    return periods(schedule, moment - years, moment + years)


@given(schedules(), moments())
def test_every_moment_belongs_to_exactly_one_period(schedule: Recurrence, moment: datetime) -> None:
    holding = [p for p in around(schedule, moment) if p.opens <= moment < p.closes]

    assert len(holding) == 1


@given(schedules(), moments(), st.sampled_from(["previous", "since_last"]))
def test_on_working_days_too_nothing_is_left_uncovered(
    schedule: Recurrence, moment: datetime, covers: Any
) -> None:
    worked = Recurrence(
        schedule.every, schedule.at, schedule.on, covers=covers, working_days_only=True
    )

    found = around(worked, moment)

    assert all(one.closes == other.opens for one, other in pairwise(found))
    assert len([p for p in found if p.opens <= moment < p.closes]) == 1


@given(schedules(), moments())
def test_periods_come_in_order_and_are_due_no_earlier_than_they_open(
    schedule: Recurrence, moment: datetime
) -> None:
    found = around(schedule, moment)

    assert all(one.due < other.due for one, other in pairwise(found))
    assert all(p.opens <= p.due and p.opens < p.closes for p in found)
    assert len({p.name for p in found}) == len(found)
    assert all(p.due.utcoffset() == p.opens.utcoffset() == timedelta() for p in found)


@given(schedules(), moments(), st.integers(1, 900), st.integers(1, 900))
def test_where_one_search_ends_the_next_goes_on(
    schedule: Recurrence, start: datetime, hours: int, more: int
) -> None:
    middle = start + timedelta(hours=hours)
    end = middle + timedelta(hours=more)

    both = [*periods(schedule, start, middle), *periods(schedule, middle, end)]

    assert both == periods(schedule, start, end)
    assert both == periods(schedule, start.astimezone(UTC), end.astimezone(UTC))
