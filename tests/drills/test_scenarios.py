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
SHARED = Path(__file__).resolve().parents[3] / "shared"
EXAMPLE = SHARED / "drills" / "example.yaml"
REPORTED = (
    "cases/15-reassigned-while-clock-runs/drill.yaml",
    "cases/15-reassigned-while-clock-runs/returned.yaml",
    "cases/drills/h13-002-1.yaml",
)
"""Drills from outside about who answers for what."""


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


@pytest.mark.anyio
@pytest.mark.parametrize("name", REPORTED)
async def test_a_case_from_outside_comes_out_as_written(name: str) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is not here")
    for drill in read_drills(path):
        _check(await run(drill))


def test_every_institution_has_a_drill() -> None:
    drilled = {loaded.pack.id for path in FILES if (loaded := load(read_drills(path)[0])).pack}
    assert set(known_packs()) - {COUNTY_BASELINE.stem} <= drilled


def _check(outcome: Played) -> None:
    assert outcome.holds, "\n".join(outcome.failures)
