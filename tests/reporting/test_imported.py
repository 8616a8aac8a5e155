"""What a duty would have said of old messages: every count, and the lists beside them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.reporting.history.imported import (
    DutyReview,
    Figures,
    Measure,
    Message,
    Reply,
    Replying,
    Says,
    lateness,
    review,
)
from shared.calendar.working import state_council
from shared.contracts.envelope import Standing
from shared.policy import COUNTY_BASELINE, load_pack
from shared.policy.engine.deeds import Deed, Matter

POSTED = datetime(2025, 9, 1, 2, tzinfo=UTC)
DUE = datetime(2025, 9, 4, 16, tzinfo=UTC)  # 24:00 of the third day after it, in Shanghai
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

SCHOOL = Replying("QH-YZ", "青禾县第一中学", "directory")
BUREAU = Replying("QINGHE", "青禾县教育局", "directory")
NOBODY = Replying("QINGHE", "青禾县教育局", "unnamed")
OUTSIDE = Replying(None, "柳溪镇卫生院", "file")

PACK = load_pack(COUNTY_BASELINE)


def reply(at: datetime, says: Says = "answer", standing: Standing = "imported") -> Reply:
    """A reply; one given live is recorded when it is given, imported history much later."""
    recorded_at = at if standing == "live" else NOW
    return Reply(Deed(uuid4(), "publish", at, recorded_at, standing=standing), says)


def message(
    number: int, *replies: Reply, unit: Replying = SCHOOL, posted_at: datetime = POSTED
) -> Message:
    """An imported message with its replies."""
    matter = Matter("QINGHE", NOW, NOW, posted=posted_at)
    return Message(f"QINGHE-2026-{number:06d}", unit, posted_at, matter, replies)


def reviewed(*messages: Message, at: datetime = NOW) -> DutyReview:
    """What the three-day rule says of some messages."""
    return review(Measure(PACK, "B.T01", state_council(), at), messages)


def total(*messages: Message, at: datetime = NOW) -> Figures:
    """The figures of all of them."""
    return reviewed(*messages, at=at).total


def test_a_reply_at_24_of_the_last_day_is_in_time_and_a_second_later_is_late() -> None:
    figures = total(message(1, reply(DUE)), message(2, reply(DUE + SECOND)))

    assert (figures.messages, figures.answered) == (2, 2)
    assert (figures.in_time, figures.late) == (1, 1)
    assert figures.lateness.values == (1,)


def test_without_a_reply_it_is_unanswered_once_the_limit_has_passed() -> None:
    over = reviewed(message(1), at=DUE + SECOND)

    assert (over.total.unanswered, over.total.pending, over.total.answered) == (1, 0, 0)
    assert [case.late_seconds for case in over.waiting] == [1]
    assert over.waiting[0].replied_at is None


def test_at_the_limit_itself_nobody_is_accused_yet() -> None:
    running = reviewed(message(1), at=DUE)

    assert (running.total.unanswered, running.total.pending) == (0, 1)
    assert running.waiting == ()


def test_the_first_reply_on_record_gives_the_verdict() -> None:
    figures = total(message(1, reply(DUE - HOUR), reply(DUE + HOUR)))

    assert (figures.in_time, figures.late) == (1, 0)


@pytest.mark.parametrize("says", ["receipt", "transfer", "blank"])
def test_a_reply_that_answers_nothing_is_in_time_by_one_reading_and_none_by_the_other(
    says: Says,
) -> None:
    found = reviewed(message(1, reply(DUE, says)), message(2, reply(DUE)))

    assert (found.total.in_time, found.total.in_time_in_substance) == (2, 1)
    assert (found.total.empty, found.total.in_time_empty) == (1, 1)
    assert [(case.number[-1], case.empty) for case in found.empty] == [("1", says)]


def test_a_late_reply_that_answers_nothing_is_counted_among_the_late() -> None:
    figures = total(message(1, reply(DUE + HOUR, "receipt")))

    assert (figures.late, figures.empty, figures.in_time_empty) == (1, 1, 0)


def test_a_receipt_followed_by_an_answer_is_judged_by_the_answer_in_substance() -> None:
    soon = message(1, reply(DUE - HOUR, "receipt"), reply(DUE))
    late = message(2, reply(DUE - HOUR, "receipt"), reply(DUE + HOUR))

    found = reviewed(soon, late)

    assert (found.total.in_time, found.total.in_time_in_substance) == (2, 1)
    assert (found.total.empty, found.empty) == (0, ())


def test_what_cannot_be_read_any_more_is_told_and_not_held_against_anybody() -> None:
    figures = total(message(1, reply(DUE, "unreadable")))

    assert figures.unreadable == 1
    assert (figures.in_time, figures.in_time_in_substance, figures.empty) == (1, 1, 0)


def test_a_live_reply_recorded_behind_the_limit_is_neither_in_time_nor_late() -> None:
    claimed = Reply(Deed(uuid4(), "publish", DUE - HOUR, NOW), "answer")

    figures = total(message(1, claimed))

    assert (figures.recorded_late, figures.in_time, figures.late) == (1, 0, 0)
    assert figures.answered == 1


def test_the_year_is_that_of_posting_in_shanghai() -> None:
    before = datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC)

    found = reviewed(message(1, posted_at=before), message(2, posted_at=before + SECOND))

    assert [(each.year, each.figures.messages) for each in found.years] == [(2024, 1), (2025, 1)]


def test_units_of_the_county_come_first_and_what_names_nobody_stands_apart() -> None:
    units = (OUTSIDE, NOBODY, SCHOOL, BUREAU, NOBODY)

    found = reviewed(*(message(number, unit=unit) for number, unit in enumerate(units)))

    assert [(each.unit, each.total.messages) for each in found.units] == [
        (SCHOOL, 1),
        (BUREAU, 1),
        (NOBODY, 2),
        (OUTSIDE, 1),
    ]


def test_units_and_years_add_up_to_the_whole() -> None:
    history = [
        message(
            number,
            *([] if number % 3 == 0 else [reply(POSTED + number * 7 * HOUR)]),
            unit=(SCHOOL, OUTSIDE)[number % 2],
            posted_at=POSTED - timedelta(days=200 * (number % 4)),
        )
        for number in range(40)
    ]
    found = reviewed(*history)

    for parts in (found.units, found.years, [year for unit in found.units for year in unit.years]):
        sums = [each.total if hasattr(each, "total") else each.figures for each in parts]
        for name in ("messages", "answered", "unanswered", "in_time", "late"):
            assert sum(getattr(each, name) for each in sums) == getattr(found.total, name)
    assert found.total.messages == found.total.answered + found.total.unanswered == 40


def test_the_ten_latest_come_latest_first_for_all_and_for_each_unit() -> None:
    history = [
        message(number, reply(DUE + number * HOUR), unit=(SCHOOL, BUREAU)[number % 2])
        for number in range(1, 25)
    ]

    found = reviewed(*history)

    assert [int(case.number[-6:]) for case in found.latest] == list(range(24, 14, -1))
    school, bureau = found.units
    assert [int(case.number[-6:]) for case in school.latest] == list(range(24, 4, -2))
    assert [int(case.number[-6:]) for case in bureau.latest] == list(range(23, 3, -2))
    first = found.latest[0]
    assert (first.posted_at, first.due) == (POSTED, DUE)
    assert (first.replied_at, first.late_seconds) == (DUE + 24 * HOUR, 24 * 3600)


def test_fewer_than_five_are_shown_themselves() -> None:
    few = lateness([10, 20, 30, 40])

    assert (few.count, few.median, few.p90, few.values) == (4, None, None, (10, 20, 30, 40))


@pytest.mark.parametrize(
    ("count", "median", "p90"), [(5, 3, 5), (6, 3, 6), (10, 5, 9), (11, 6, 10), (100, 50, 90)]
)
def test_percentiles_are_values_that_occurred_by_nearest_rank(
    count: int, median: int, p90: int
) -> None:
    many = lateness(range(1, count + 1))

    assert (many.count, many.median, many.p90, many.values) == (count, median, p90, ())


def test_of_nothing_there_is_nothing_to_say() -> None:
    found = reviewed()

    assert found.total.messages == 0
    assert (found.years, found.units, found.latest, found.waiting, found.empty) == ((),) * 5
