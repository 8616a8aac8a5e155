"""Times as people write them; where only the day is known, our reading makes nobody late."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from huiyin.importing.message import posted, replied
from shared.errors import Invalid

BEIJING = timezone(timedelta(hours=8))
NOON = datetime(2011, 3, 9, 11, 52, 21, tzinfo=BEIJING)


@pytest.mark.parametrize(
    "written",
    [
        "2011/3/9 11:52:21",
        "2011-03-09T11:52:21+08:00",
        "2011-03-09T03:52:21Z",
        "2011-03-09T11:52:21.000+0800",
        "2011年3月9日 11:52:21",
        "2011年3月9日11时52分21秒",
        "2011.3.9 11:52:21",
        " 2011/03/09  11:52:21 ",
        "2011/3/9　11：52：21",
        "2011/3/9 上午11:52:21",
        "2011/3/9 11:52:21 AM",
        datetime(2011, 3, 9, 11, 52, 21),  # noqa: DTZ001 - as in a cell
    ],
)
def test_one_moment_in_the_forms_people_have(written: str | datetime) -> None:
    told = posted(written, field="posted_at")

    assert (told.moment, told.day_only) == (NOON, False)
    assert told.moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "hour"),
    [("2011/3/9 下午3:05", 15), ("2011/3/9 3:05 PM", 15), ("2011/3/9 12:05 AM", 0)],
)
def test_halves_of_the_day_are_understood(written: str, hour: int) -> None:
    assert posted(written, field="posted_at").moment.astimezone(BEIJING).hour == hour


@pytest.mark.parametrize(
    "written",
    [
        "去年九月",
        "",
        "2011-13-09",
        "2011-02-30 08:00",
        "11/3/9",
        "3/9/2011",
        "2011-03-09 25:00",
        "2011/3/9 下午15:05",
        "40611.4947",
        "2011-03-09 11",
        "2011-03-09+08:00",
        "２０１１",
    ],
)
def test_what_is_not_clear_is_not_guessed(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        posted(written, field="posted_at")

    assert (refused.value.code, refused.value.field) == ("time.unreadable", "posted_at")


@pytest.mark.parametrize("written", ["1900-01-00", "0001-01-01", "0001-01-01 07:00", "9999-12-31"])
def test_a_time_that_no_calendar_here_has_is_not_one(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        posted(written, field="posted_at")

    assert refused.value.code == "time.unreadable"


@pytest.mark.parametrize("written", ["1899-12-31", "1970-01-01 00:00", "2999-01-01"])
def test_a_time_that_cannot_be_is_read_and_left_for_a_remark(written: str) -> None:
    assert posted(written, field="posted_at").moment.year == int(written[:4]) - (
        written.startswith("1970")
    )


@pytest.mark.parametrize(
    "day", ["2011-03-09", "2011/3/9", "2011年3月9日", "20110309", date(2011, 3, 9)]
)
def test_a_message_with_a_day_only_came_at_its_end(day: str | date) -> None:
    told = posted(day, field="posted_at")

    assert told.day_only
    assert told.moment == datetime(2011, 3, 9, 23, 59, 59, 999999, tzinfo=BEIJING)


def test_a_reply_with_a_day_only_came_at_its_beginning() -> None:
    told = replied("2011-03-12", NOON, field="replied_at")

    assert told.day_only
    assert told.moment == datetime(2011, 3, 12, tzinfo=BEIJING)


def test_a_reply_on_the_day_of_its_message_came_with_it_and_not_before() -> None:
    assert replied("2011-03-09", NOON, field="replied_at").moment == NOON
    end = posted("2011-03-09", field="posted_at").moment
    assert replied("2011-03-09", end, field="replied_at").moment == end


def test_a_reply_on_a_day_before_its_message_stays_before() -> None:
    assert replied("2011-03-08", NOON, field="replied_at").moment < NOON
