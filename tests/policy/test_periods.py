"""The periods of a unit follow from its rules and days; every act counts for one period alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.spans import Term
from shared.policy import find_pack, known_packs, load_pack
from shared.policy.engine.deeds import Deed
from shared.policy.engine.periods import (
    Bound,
    PeriodOutlook,
    Recurring,
    Times,
    concerned,
    due_after,
    period_outlook,
    recurring,
    turn_named,
)
from shared.policy.language.rules import Schedule, Shift
from tests.policy.town import CALENDAR, at, deed, pack_of

RULES = """
[schedule."S.day"]
zh = "每日"
every = "day"
stop = "browse"
count = 3
[schedule."S.five"]
zh = "每日17:00, 自上次起"
every = "day"
at = "17:00"
covers = "since_last"
stop = "browse"
[schedule."S.before"]
zh = "每个工作日17:30报前一日"
every = "day"
at = "17:30"
covers = "previous"
working_days = true
stop = "browse"
[schedule."S.week"]
zh = "每周五"
every = "week"
at = "12:00"
stop = "browse"
working_days = true
[schedule."S.month"]
zh = "每月"
every = "month"
months = [1, 2, 3]
stop = "browse"
[schedule."S.term"]
zh = "每学期"
every = "term"
stop = "browse"
[schedule."S.season"]
zh = "5月5日起每日"
every = "day"
from = "05-05"
stop = "browse"
[schedule."S.year"]
zh = "每年12月11日前"
every = "year"
on = "12-11"
stop = {all = ["browse", "inspect"]}
[shift."W.day"]
zh = "昼夜值班"
[shift."W.half"]
zh = "两班"
at = "07:30"
for = "PT12H"
leader = true
when = {state = "outbreak"}
"""

TIMES = Times(CALENDAR, (Term("2026春", at("02-25 00:00").date(), at("07-10 00:00").date()),))
JANUARY = at("01-01 00:00")
MOMENTS = st.integers(0, 300 * 24 * 60).map(lambda minutes: JANUARY + timedelta(minutes=minutes))


class Rules(dict[str, Bound]):
    """Rules by number; short where a failed example is told."""

    def __repr__(self) -> str:
        return "the rules"


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bound]:
    """Each rule, binding a unit since the beginning of the year."""
    pack = pack_of(tmp_path_factory.mktemp("rules"), RULES)
    rules = recurring(pack).items()
    return Rules({number: Bound(pack, number, rule, JANUARY) for number, rule in rules})


def outlook(
    bound: Bound, period: str, deeds: Sequence[Deed], declared: Sequence[Deed] = ()
) -> PeriodOutlook | None:
    turn = turn_named(bound.rule, TIMES, period, at("03-02 00:00"))
    assert turn is not None
    return period_outlook(bound, turn, TIMES, declared, deeds)


def browsed(*moments: str) -> list[Deed]:
    return [deed("browse", moment) for moment in moments]


def on_duty(begins: str, ends: str, *, leader: bool = True) -> Deed:
    return deed("shift", ends, begins=at(begins), ends=at(ends), leader=leader)


@pytest.mark.parametrize(
    ("number", "names"),
    [
        ("S.day", ["2026-03-02", "2026-03-03", "2026-03-04"]),
        ("S.five", ["2026-03-02", "2026-03-03", "2026-03-04"]),
        ("S.before", ["2026-03-01", "2026-03-02", "2026-03-03"]),
        ("S.week", ["2026-W09", "2026-W10", "2026-W11"]),
        ("S.month", ["2026-03", "2027-01", "2027-02"]),
        ("S.term", ["2026春"]),
        ("S.season", ["2026-05-05", "2026-05-06", "2026-05-07"]),
        ("S.year", ["2026", "2027", "2028"]),
        ("W.day", ["2026-03-01", "2026-03-02", "2026-03-03"]),
        ("W.half", ["2026-03-01T19:30", "2026-03-02T07:30", "2026-03-02T19:30"]),
    ],
)
def test_the_next_turns_of_a_rule(bound: dict[str, Bound], number: str, names: list[str]) -> None:
    turns = islice(due_after(bound[number].rule, TIMES, at("03-02 08:00")), 3)

    assert [turn.name for turn in turns] == names


def test_how_often_it_was_done_is_counted(bound: dict[str, Bound]) -> None:
    two = outlook(bound["S.day"], "2026-03-02", browsed("03-02 10:00", "03-02 15:00"))
    three = outlook(
        bound["S.day"], "2026-03-02", browsed("03-02 10:00", "03-02 15:00", "03-02 24:00")
    )

    assert two
    assert (two.wanted, two.counted, two.done) == (3, 2, None)
    assert three
    assert three.done
    assert three.done.at == at("03-02 24:00"), "24:00 is still that day"


def test_an_act_counts_for_the_period_it_names(bound: dict[str, Bound]) -> None:
    named = [deed("browse", "03-03 09:00", period="2026-03-02")]

    assert outlook(bound["S.five"], "2026-03-02", named).done  # type: ignore[union-attr]
    assert not outlook(bound["S.five"], "2026-03-03", named).done  # type: ignore[union-attr]
    monthly = outlook(bound["S.month"], "2026-03", named)
    assert monthly
    assert monthly.done, "a day's name is no month's: it counts by its moment"


def test_all_parts_of_a_demand_are_asked_for(bound: dict[str, Bound]) -> None:
    half, whole = browsed("11-01 09:00"), [deed("inspect", "12-01 09:00"), *browsed("11-01 09:00")]

    assert not outlook(bound["S.year"], "2026", half).done  # type: ignore[union-attr]
    assert outlook(bound["S.year"], "2026", whole).done  # type: ignore[union-attr]


def test_gaps_and_missing_leaders_are_told_apart(bound: dict[str, Bound]) -> None:
    on = [deed("declare", "03-02 09:00", states={"outbreak": True})]
    worked = [
        on_duty("03-02 09:00", "03-02 15:00"),
        on_duty("03-02 15:30", "03-02 19:30", leader=False),
    ]

    found = outlook(bound["W.half"], "2026-03-02T07:30", worked, on)

    assert found
    assert (found.gap, found.leaderless) == (timedelta(minutes=30), timedelta(hours=4, minutes=30))
    assert found.start == at("03-02 09:00"), "from the declaration on"


def test_a_leader_on_duty_is_the_leader_of_that_shift(bound: dict[str, Bound]) -> None:
    on = [deed("declare", "03-02 09:00", states={"outbreak": True})]
    alone = on_duty("03-02 09:00", "03-02 19:30", leader=False)

    led = outlook(bound["W.half"], "2026-03-02T07:30", [replace(alone, by="duty_leader")], on)
    not_led = outlook(bound["W.half"], "2026-03-02T07:30", [replace(alone, by="duty_officer")], on)

    assert led
    assert led.done
    assert not led.leaderless
    assert not_led
    assert not_led.leaderless == timedelta(hours=10, minutes=30)


def test_nobody_need_be_on_duty_when_the_state_is_over(bound: dict[str, Bound]) -> None:
    on = deed("declare", "03-02 09:00", states={"outbreak": True})
    off = deed("declare", "03-02 12:00", states={"outbreak": False})
    worked = [on_duty("03-02 09:00", "03-02 12:00")]

    found = outlook(bound["W.half"], "2026-03-02T07:30", worked, [off, on])

    assert found
    assert found.done
    assert outlook(bound["W.half"], "2026-03-02T19:30", worked, [off, on]) is None


def shift(of: str) -> Deed:
    return deed("shift", "03-03 08:00", of=of, begins=at("03-02 08:00"), ends=at("03-03 08:00"))


def test_a_shift_that_names_another_rule_does_not_cover_this_one(bound: dict[str, Bound]) -> None:
    own = outlook(bound["W.day"], "2026-03-02", [shift("W.day")])
    other = outlook(bound["W.day"], "2026-03-02", [shift("W.2")])

    assert own
    assert own.done
    assert other
    assert other.gap == timedelta(hours=24)


@pytest.mark.parametrize(
    ("by", "duty", "reachable"),
    [("duty_officer", True, False), ("liaison", False, True), ("office", True, True)],
)
def test_whose_shift_it_is_says_who_works_it(
    tmp_path: Path, by: str, duty: bool, reachable: bool
) -> None:
    pack = pack_of(
        tmp_path,
        '[shift."W.1"]\nzh = "值班"\nwho = "duty_officer"\n'
        '[shift."W.2"]\nzh = "通讯畅通"\nwho = "liaison"\n',
    )
    rules = {number: Bound(pack, number, rule, JANUARY) for number, rule in recurring(pack).items()}
    worked = deed("shift", "03-03 08:00", by=by, begins=at("03-02 08:00"), ends=at("03-03 08:00"))

    done = {number: outlook(rules[number], "2026-03-02", [worked]).done for number in rules}  # type: ignore[union-attr]

    assert {number: done[number] is not None for number in rules} == {"W.1": duty, "W.2": reachable}


def test_what_was_over_before_the_adoption_is_not_asked_for(bound: dict[str, Bound]) -> None:
    rule = bound["S.five"].rule
    late = Bound(bound["S.five"].pack, "S.five", rule, at("03-02 17:00"))

    assert outlook(late, "2026-03-02", []) is None
    assert outlook(late, "2026-03-03", []) is not None


@given(st.sampled_from(["S.day", "S.five", "S.before", "S.week", "S.month", "S.season"]), MOMENTS)
def test_an_act_that_names_no_period_counts_for_one_at_most(
    bound: dict[str, Bound], number: str, moment: datetime
) -> None:
    rule = bound[number].rule
    turns = concerned(rule, TIMES, _at(moment))
    found = [
        turn.name
        for turn in islice(due_after(rule, TIMES, moment - timedelta(days=40)), 90)
        if (told := period_outlook(bound[number], turn, TIMES, (), [_at(moment)])) and told.counted
    ]

    assert len(turns) <= 1
    assert [turn.name for turn in turns if turn.closes > JANUARY] == found
    if number in {"S.day", "S.five"}:
        assert turns, "every moment of the year lies in a turn of these"


@given(st.sampled_from(["S.day", "S.five", "S.before", "S.week", "S.month", "W.half"]), MOMENTS)
def test_turns_follow_each_other_and_none_is_lost(
    bound: dict[str, Bound], number: str, moment: datetime
) -> None:
    rule: Recurring = bound[number].rule
    turns = list(islice(due_after(rule, TIMES, moment), 5))

    assert turns[0].limit.due > moment
    for one, other in pairwise(turns):
        assert one.opens < other.opens
        assert one.limit.due <= other.limit.due, "rest days can put several on one day"
        assert one.begins < one.ends <= other.begins
        assert one.name != other.name


def test_two_weeks_before_a_long_holiday_are_due_on_one_day_and_stay_apart(
    bound: dict[str, Bound],
) -> None:
    one, other = islice(due_after(bound["S.week"].rule, TIMES, at("02-14 00:00")), 2)

    assert one.limit.due == other.limit.due == at("02-24 12:00")
    assert [
        turn.name for turn in concerned(bound["S.week"].rule, TIMES, _at(at("02-24 09:00")))
    ] == ["2026-W08"]
    assert [
        turn.name for turn in concerned(bound["S.week"].rule, TIMES, _at(at("02-16 09:00")))
    ] == ["2026-W07"]


@given(
    st.lists(MOMENTS.map(lambda moment: at("03-02 00:00") + (moment - JANUARY) / 300), max_size=6),
    st.randoms(),
)
def test_the_order_in_which_acts_are_heard_changes_nothing(
    bound: dict[str, Bound], moments: list[datetime], chance: object
) -> None:
    deeds = [_at(moment, number) for number, moment in enumerate(moments)]
    mixed = sorted(deeds, key=lambda _: chance.random())  # type: ignore[attr-defined]

    assert outlook(bound["S.day"], "2026-03-02", deeds) == outlook(
        bound["S.day"], "2026-03-02", mixed
    )


def test_every_schedule_and_shift_of_the_shipped_packs_lays_out_turns() -> None:
    for name in known_packs():
        pack = load_pack(find_pack(name))
        for number, rule in recurring(pack).items():
            turns = list(islice(due_after(rule, TIMES, JANUARY), 2))
            assert turns, (name, number)
            assert turns[0].opens < turns[0].closes
            assert isinstance(rule, Schedule | Shift)


def _at(moment: datetime, number: int = 0) -> Deed:
    return Deed(UUID(int=number + 1), "browse", moment, moment)
