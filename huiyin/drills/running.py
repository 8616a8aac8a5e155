"""Running a drill: it is played, and played again where it must come to the same elsewhere."""

from dataclasses import replace

from huiyin.drills.comparing import Pair, pairs, under
from huiyin.drills.expecting import Checked
from huiyin.drills.playing import SAME_AS, Outcome, failure, play
from huiyin.drills.rulebook import load
from huiyin.drills.script import Drill, Expectation


async def run(drill: Drill) -> Outcome:
    """Play a drill and check all that it expects.

    Raises Unreadable or Invalid, before anything is run, for a drill that cannot be.
    """
    outcome = await play(drill)
    more = [
        await _same_as(drill, outcome, each) for each in drill.expectations if each.kind == SAME_AS
    ]
    unmet = [failure(each) for each in more if not each.holds]
    return replace(
        outcome,
        checked=[*outcome.checked, *more],
        failures=[*outcome.failures, *unmet],
    )


async def _same_as(drill: Drill, here: Outcome, expectation: Expectation) -> Checked:
    """Under another pack, the same must have come of every duty."""
    own = load(drill).pack
    assert own is not None
    there = await under(drill, own, expectation.about)
    different = [pair for pair in pairs(here, there) if not pair.same]
    actual = "；".join(_worded(pair) for pair in different) or "相同"
    place = str(expectation.place)
    expected = f"与 {expectation.about} 之下相同"
    return Checked(expectation.said, place, not different, expected, actual)


def _worded(pair: Pair) -> str:
    sides = [f"{each.rule} {each.fate}" if each else "没有" for each in (pair.here, pair.there)]
    return " 对 ".join(sides)
