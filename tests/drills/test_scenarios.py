"""Every acceptance scenario as a drill: each file is named by its number and its pack's source.

Files without a number are for institutions whose rules no numbered scenario is about.
"""

from pathlib import Path

import pytest

from huiyin.drills.playing import Played, run
from huiyin.drills.reading import read_drills
from huiyin.drills.rulebook import load
from huiyin.drills.script import Drill
from shared.policy.language.loading import COUNTY_BASELINE, known_packs

SCENARIOS = Path(__file__).parent / "scenarios"
EXAMPLE = Path(__file__).resolve().parents[3] / "shared" / "drills" / "example.yaml"


def _drills(path: Path) -> list[object]:
    return [pytest.param(each, id=f"{path.stem}:{each.name}") for each in read_drills(path)]


FILES = sorted(SCENARIOS.glob("*.yaml"))


@pytest.mark.anyio
@pytest.mark.parametrize("drill", [drill for path in FILES for drill in _drills(path)])
async def test_the_scenario_comes_out_as_written(drill: Drill) -> None:
    _check(await run(drill))


@pytest.mark.anyio
@pytest.mark.skipif(not EXAMPLE.exists(), reason="../shared/drills is not here")
async def test_the_example_of_the_format_comes_out_as_written() -> None:
    for drill in read_drills(EXAMPLE):
        _check(await run(drill))


def test_every_institution_has_a_drill() -> None:
    drilled = {loaded.pack.id for path in FILES if (loaded := load(read_drills(path)[0])).pack}
    assert set(known_packs()) - {COUNTY_BASELINE.stem} <= drilled


def _check(outcome: Played) -> None:
    assert outcome.holds, "\n".join(outcome.failures)
