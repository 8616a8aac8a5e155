"""Moments as people read them, to the ends of all dates."""

from datetime import UTC, datetime

import pytest

from shared.calendar.days import day_of, end_of_day
from shared.clock import UNSHOWN, from_micros, nearest, read_moment, shown, shown_limit, to_micros
from shared.errors import Invalid
from shared.policy.engine.deeds import FIRST, LAST, Matter

END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


def test_a_moment_that_is_none_here_is_marked_and_fails_nothing() -> None:
    assert shown(END) == shown_limit(END) == f"{UNSHOWN}9999-12-31T23:59:59+00:00）"
    assert shown(END, "%H:%M").startswith(UNSHOWN)
    assert shown(BEGINNING).endswith("-01-01 08:00:00")
    assert shown_limit(BEGINNING).endswith("-01-01 08:00")


def test_any_other_moment_is_shown_as_ever() -> None:
    noon = datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert (shown(noon), shown_limit(noon)) == ("2026-03-03 00:00:00", "2026-03-02 24:00")


def test_microseconds_beyond_all_dates_are_the_nearest_moment_that_can_be_shown() -> None:
    assert nearest(to_micros(END)) == from_micros(to_micros(END)) == END
    assert (nearest(10**18).year, nearest(-(10**18)).year) == (9999, 1)
    with pytest.raises(OverflowError):
        from_micros(10**18)


def test_a_day_alone_is_asked_for_until_its_end() -> None:
    assert read_moment("0001-01-01", field="as_of").day == 1


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-08:00", "0001-01-01 07:00"])
def test_a_moment_that_is_none_in_utc_cannot_be_asked_for(text: str) -> None:
    with pytest.raises(Invalid, match=r"time\.unreadable"):
        read_moment(text, field="as_of")


def test_the_last_moment_has_a_day() -> None:
    assert str(day_of(END)) == "9999-12-31"


def test_rules_reckon_with_the_nearest_moment_from_which_a_limit_can_be_reckoned() -> None:
    strange = Matter("QH-YZ", END, END, planned=END, occurred=BEGINNING)
    assert (strange.planned, strange.occurred) == (LAST, FIRST)
    assert end_of_day(LAST, 36_600) > LAST
    plain = datetime(2026, 3, 2, tzinfo=UTC)
    assert Matter("QH-YZ", plain, plain, planned=plain).planned == plain
