"""The shipped years are the State Council's, checked day by day against two libraries."""

from collections.abc import Callable
from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]
import holidays
import pytest
from chinese_calendar.constants import (  # type: ignore[import-untyped]
    holidays as named_days,
)

from shared.calendar.working import state_council
from tests.calendar.moments import SHIPPED

CHINA = holidays.country_holidays("CN", years=SHIPPED)

NEW_YEARS_EVE_2005 = date(2005, 12, 31)
"""国办发明电〔2005〕35号: "12月31日（星期六）上班". chinesecalendar has it off, holidays worked."""


def days_of(years: range) -> list[date]:
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("is_working_day", "known_wrong"),
    [
        pytest.param(chinese_calendar.is_workday, [NEW_YEARS_EVE_2005], id="chinesecalendar"),
        pytest.param(CHINA.is_working_day, [], id="holidays"),
    ],
)
def test_the_table_agrees_with_the_library_on_every_day(
    is_working_day: Callable[[date], bool], known_wrong: list[date]
) -> None:
    ours = state_council().is_working_day

    assert [d for d in days_of(SHIPPED) if ours(d) != is_working_day(d)] == known_wrong


def test_every_year_that_the_library_knows_is_shipped() -> None:
    known = {day.year for day in named_days}

    assert set(state_council().years) == known == set(SHIPPED)


def test_the_day_on_which_the_libraries_disagree_follows_the_notice() -> None:
    assert state_council().is_working_day(NEW_YEARS_EVE_2005)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 1, 4), True),  # a Sunday worked for New Year
        (date(2026, 2, 14), True),  # a Saturday worked for the Spring Festival
        (date(2026, 2, 23), False),
        (date(2018, 12, 31), False),  # by the notice for 2019
        (date(2018, 12, 29), True),
        (date(2020, 2, 1), False),  # the holiday was prolonged; the Saturday had been a workday
        (date(2015, 9, 3), False),
        (date(2019, 5, 2), False),  # by a notice of March 2019
        (date(2026, 3, 2), True),
    ],
)
def test_days_that_notices_name(day: date, worked: bool) -> None:
    assert state_council().is_working_day(day) is worked


def test_the_notice_is_told_where_it_is_established() -> None:
    years = state_council().years

    assert years[2026].notice == "国办发明电〔2025〕7号"
    assert years[2004].notice == ""


def test_the_table_is_read_once() -> None:
    assert state_council() is state_council()
