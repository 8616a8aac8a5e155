"""What a drill expects and is not so is told."""

from pathlib import Path

import pytest

from huiyin.drills.playing import run
from huiyin.drills.reading import read_text

DRILL = """
drill: kindergarten
pack: 004-03e
steps:
  - {at: 2026-03-02 09:00, by: parent_liaison, do: register, incident: A}
  - {at: 2026-03-02 09:05, by: parent_liaison, do: draft, incident: A}
  - {at: 2026-03-02 09:10, by: group_head, do: publish, incident: A, refused: 004-03e.APP.publish}
  - {at: 2026-03-02 09:20, by: parent_liaison, do: publish, incident: A, refused: 004-03e.T06/close}
expect:
  - {warning: 004-03e.CON.keep_secret}
  - {warning: 004-13.CON.keep_secret, none: true}
  - {warning: 004-03e.DRI.simulation, none: true}
  - {warning: 004-03e.T01}
"""


@pytest.mark.anyio
async def test_refusals_and_warnings_that_are_not_as_said_are_told_and_no_others() -> None:
    (drill,) = read_text(DRILL, Path("drill.yaml"))

    told = (await run(drill)).failures

    assert [line.split("：")[0].split()[-2] for line in told] == ["8", "12", "13"]
    assert "publish.not-approved" in told[0]


LATE = """
drill: late-paper
pack: 004-12
steps:
  - {at: 2026-03-02 09:00}
  - {at: 2026-03-02 09:10, by: office_director, do: find, with: {of: leak}}
  - {at: 2026-03-02 17:01, by: handling_unit, do: summarise}
expect:
  - {finding: NAME, unit: unit}
"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["late_report", "late_summarise", "004-12.ACC.late_report", "leak"]
)
async def test_a_finding_goes_by_its_kind_its_act_or_the_end_of_its_number(name: str) -> None:
    (drill,) = read_text(LATE.replace("NAME", name), Path("drill.yaml"))

    assert list((await run(drill)).failures) == []


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["missed_summarise", "dereliction", "late_publish"])
async def test_what_was_not_found_goes_by_no_name(name: str) -> None:
    (drill,) = read_text(LATE.replace("NAME", name), Path("drill.yaml"))

    assert len((await run(drill)).failures) == 1
