"""The acceptance scenarios of the sources, as far as they are about time."""

from datetime import date

from shared.calendar import limits
from shared.calendar.days import day_of
from shared.calendar.durations import read_duration
from shared.calendar.periods import Period, Recurrence, occurrences
from shared.calendar.working import Limit, state_council
from shared.clock import shown_limit
from tests.calendar.moments import shanghai

CALENDAR = state_council()


def test_001_a_major_event_is_reported_within_two_hours_of_its_occurrence() -> None:
    due = limits.within(shanghai(2026, 3, 2, 22, 30), read_duration("PT2H")).due

    assert due == shanghai(2026, 3, 3, 0, 30)  # at 00:30 it is on time
    assert shanghai(2026, 3, 3, 0, 31) > due


def test_011_a_shift_ends_at_eight_with_its_report_due() -> None:
    shifts = Recurrence("day", at="08:00", covers="since_last")
    ends = shanghai(2013, 11, 2, 8)

    found = list(occurrences(shifts, shanghai(2013, 11, 1, 8), ends, CALENDAR))

    assert found == [Period("2013-11-02", shanghai(2013, 11, 1, 8), ends, ends)]


def test_013_an_urgent_message_has_its_answer_in_two_days() -> None:
    limit = limits.days(shanghai(2026, 3, 2, 9, 30), 2)

    assert shown_limit(limit.due) == "2026-03-04 24:00"


def test_015_three_days_from_the_post_have_run_out_on_the_sixth() -> None:
    limit = limits.days(shanghai(2026, 3, 2, 14), 3)

    assert shown_limit(limit.due) == "2026-03-05 24:00"
    assert limit.due < shanghai(2026, 3, 6, 0, 1)


def test_018_the_daily_summary_is_due_when_work_ends() -> None:
    summary = Recurrence("day", at="17:30", covers="since_last")

    found = list(occurrences(summary, shanghai(2026, 3, 2), shanghai(2026, 3, 3), CALENDAR))

    assert [p.due for p in found] == [shanghai(2026, 3, 2, 17, 30)]


def test_018_a_special_period_has_its_days_and_no_others() -> None:
    window = limits.window(shanghai(2026, 3, 2), "03-05", "03-11")
    special = Recurrence("day", window=("03-05", "03-11"))

    found = list(occurrences(special, shanghai(2026, 1, 1), shanghai(2027, 1, 1), CALENDAR))

    assert window == Limit(shanghai(2026, 3, 12), opens=shanghai(2026, 3, 5))
    assert (found[0].opens, found[-1].closes) == (window.opens, window.due)
    assert len(found) == 7


def test_019_form_and_response_of_a_third_grade_item() -> None:
    discovered = shanghai(2026, 3, 2, 10)

    assert limits.within(discovered, read_duration("PT24H")) == Limit(shanghai(2026, 3, 3, 10))
    assert limits.within(discovered, read_duration("PT48H")) == Limit(shanghai(2026, 3, 4, 10))


def test_024_returns_fall_due_at_each_months_end_and_decembers_on_the_eleventh() -> None:
    monthly = Recurrence("month", on="last", months=frozenset(range(1, 12)))
    december = Recurrence("month", on="11", months=frozenset({12}))
    annual, conflicting = Recurrence("year", on="12-11"), Recurrence("year", on="12-20")
    year = (shanghai(2026, 1, 1), shanghai(2027, 1, 1))

    def due_days(schedule: Recurrence) -> list[str]:
        return [shown_limit(p.due) for p in occurrences(schedule, *year, CALENDAR)]

    ends = ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]
    ends += ["07-31", "08-31", "09-30", "10-31", "11-30"]
    assert due_days(monthly) == [f"2026-{end} 24:00" for end in ends]
    assert due_days(december) == due_days(annual) == ["2026-12-11 24:00"]
    assert due_days(conflicting) == ["2026-12-20 24:00"]


def test_035_the_reply_limit_runs_from_the_occurrence_not_from_the_discovery() -> None:
    occurred = shanghai(2026, 3, 2, 6)

    assert limits.within(occurred, read_duration("PT12H")) == Limit(shanghai(2026, 3, 2, 18))


def test_037_a_zero_report_and_four_kinds_of_inspection_fall_due() -> None:
    day, quarter = shanghai(2026, 3, 2), shanghai(2026, 4, 1)

    def due(every: str) -> list[str]:
        schedule = Recurrence(every)  # type: ignore[arg-type]
        return [p.name for p in occurrences(schedule, day, quarter, CALENDAR)]

    assert due("day")[:2] == ["2026-03-02", "2026-03-03"]
    assert due("week")[0] == "2026-W10"
    assert (due("month"), due("quarter")) == (["2026-03"], ["2026-Q1"])


def test_043_one_day_is_the_next_days_end_or_24_hours() -> None:
    received = shanghai(2026, 3, 2, 15)

    assert shown_limit(limits.days(received, 1).due) == "2026-03-03 24:00"
    assert shown_limit(limits.within(received, read_duration("P1D")).due) == "2026-03-03 15:00"


def test_045_training_is_due_on_the_25th_of_august() -> None:
    limit = limits.on_date(shanghai(2026, 3, 2), "08-25")

    assert shown_limit(limit.due) == "2026-08-25 24:00"
    assert day_of(limit.due) == date(2026, 8, 26)
