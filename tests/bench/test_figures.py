"""What is said of the rounds of a measurement."""

import pytest

from bench.figures import Figure, Goal, percentile, ratios

FAST = Goal(floor=4_000, aim=10_000)
SOON = Goal(floor=50, aim=25, at_most=True)


def figure(goal: Goal | None, *rounds: float) -> Figure:
    return Figure("name", "名称", "单位", rounds, goal)


@pytest.mark.parametrize(
    ("goal", "rounds", "holds", "reaches_aim"),
    [
        (FAST, (3_000, 4_000, 9_000), True, False),
        (FAST, (3_999, 1_000, 9_000), False, False),
        (FAST, (10_000,), True, True),
        (SOON, (10, 50, 90), True, False),
        (SOON, (51, 51, 10), False, False),
        (SOON, (25, 20, 99), True, True),
    ],
)
def test_the_median_of_the_rounds_is_held_against_floor_and_aim(
    goal: Goal, rounds: tuple[float, ...], holds: bool, reaches_aim: bool
) -> None:
    measured = figure(goal, *rounds)
    assert (measured.holds, measured.reaches_aim) == (holds, reaches_aim)


def test_without_a_goal_nothing_is_claimed() -> None:
    measured = figure(None, 1.0)
    assert (measured.holds, measured.reaches_aim) == (None, None)


def test_without_an_aim_only_the_floor_counts() -> None:
    measured = figure(Goal(floor=500), 600)
    assert (measured.holds, measured.reaches_aim) == (True, None)


def test_a_row_tells_median_range_goal_and_every_round() -> None:
    row = figure(FAST, 5_000, 4_000, 9_000).as_row()
    assert row == {
        "name": "name",
        "title": "名称",
        "unit": "单位",
        "median": 5_000,
        "min": 4_000,
        "max": 9_000,
        "floor": 4_000,
        "aim": 10_000,
        "holds": True,
        "reaches_aim": False,
        "rounds": [5_000, 4_000, 9_000],
    }


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 50), (95, 95), (99, 99), (100, 100), (0, 1)]
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(
    percent: float, expected: float
) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 99) == 7.0


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([4.0, 9.0], [2.0, 3.0]) == (2.0, 3.0)
