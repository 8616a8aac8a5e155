"""Every acceptance scenario as a drill: each file is named by its number and its pack's source.

Files without a number are for institutions whose rules no numbered scenario is about.
"""

from pathlib import Path

import pytest

from services.drills.playing import Outcome
from services.drills.reading import read_drills
from services.drills.rulebook import load
from services.drills.running import run
from services.drills.script import Drill
from shared.policy.loading import COUNTY_BASELINE, known_packs

SCENARIOS = Path(__file__).parent / "scenarios"
EXAMPLE = Path(__file__).resolve().parents[3] / "shared" / "drills" / "example.yaml"

PIN = "intake does not stamp registrations with the pack in force yet"
REGISTRATION = f"{PIN}, nor takes matter, sets and happened_at"
NOTE = f"{PIN}, nor takes notes"
DAILY = "intake does not take acts of a unit's own day yet"
FINDING = f"{PIN}; reporting does not take findings yet"
RANKING = f"{PIN}; reporting does not take rankings yet"

NOT_YET = {
    "example": PIN,
    "s01-000-1": REGISTRATION,
    "s02-000-1": PIN,
    "s04-000-2": PIN,
    "s06-001-2": PIN,
    "s07-001-2": DAILY,
    "s10-001-4": DAILY,
    "s11-001-5": DAILY,
    "s13-002-1": PIN,
    "s15-002-1": PIN,
    "s17-002-2": DAILY,
    "s18-002-3": DAILY,
    "s19-003-1": PIN,
    "s21-003-1": PIN,
    "s21b-003-1": FINDING,
    "s22-003-2": PIN,
    "s24b-004-01": DAILY,
    "s25-004-02": REGISTRATION,
    "s27-004-07": REGISTRATION,
    "s29-004-03c": PIN,
    "s30-004-03d": PIN,
    "s32-004-03e": REGISTRATION,
    "s33-004-13": REGISTRATION,
    "s35-004-04": REGISTRATION,
    "s36-004-04": PIN,
    "s37-004-05": DAILY,
    "s38-004-06": PIN,
    "s39-004-08": REGISTRATION,
    "s40-004-09": PIN,
    "s42-004-11": DAILY,
    "s43-004-12": PIN,
    "s45-004-14": REGISTRATION,
    "s47-004-17": DAILY,
    "s48-004-18a": NOTE,
    "s50-002-1": PIN,
    "x-001-1": PIN,
    "x-001-3": DAILY,
    "x-004-03a": DAILY,
    "x-004-03b": PIN,
    "x-004-03f": PIN,
    "x-004-10": REGISTRATION,
    "x-004-15": PIN,
    "x-004-16": DAILY,
    "x-004-18b": RANKING,
}
"""What a room cannot do yet, by the drill that asks for it; red when it begins to pass."""


def _drills(path: Path) -> list[object]:
    why = NOT_YET.get(path.stem)
    marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
    return [
        pytest.param(each, id=f"{path.stem}:{each.name}", marks=marks) for each in read_drills(path)
    ]


FILES = sorted(SCENARIOS.glob("*.yaml"))


@pytest.mark.anyio
@pytest.mark.parametrize("drill", [drill for path in FILES for drill in _drills(path)])
async def test_the_scenario_comes_out_as_written(drill: Drill) -> None:
    _check(await run(drill))


@pytest.mark.anyio
@pytest.mark.skipif(not EXAMPLE.exists(), reason="../shared/drills is not here")
@pytest.mark.xfail("example" in NOT_YET, reason=NOT_YET.get("example", ""), strict=True)
async def test_the_example_of_the_format_comes_out_as_written() -> None:
    for drill in read_drills(EXAMPLE):
        _check(await run(drill))


def test_every_institution_has_a_drill() -> None:
    drilled = {loaded.pack.id for path in FILES if (loaded := load(read_drills(path)[0])).pack}
    assert set(known_packs()) - {COUNTY_BASELINE.stem} <= drilled


def _check(outcome: Outcome) -> None:
    assert outcome.holds, "\n".join(outcome.failures)
