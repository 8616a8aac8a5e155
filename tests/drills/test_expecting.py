"""What a drill expects and is not so is told."""

from pathlib import Path

import pytest

from services.drills.reading import read_text
from services.drills.running import run

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


FOUND = """
drill: found
pack: 004-03b
steps:
  - {at: 2026-03-02 09:00, by: liaison, do: register, incident: A}
  - {at: 2026-03-02 09:05, by: principal_leader, do: find, incident: A, with: {of: OFFENCE}}
expect:
  - {finding: conceal, incident: A}
  - {finding: late_report, none: true}
  - {ledger: A, missing: [collect_evidence]}
"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("offence", "wrong"),
    [("004-03b.ACC.conceal", 0), ("004-03b.ACC.dereliction", 1), ("004-03b.ACC.late_report", 2)],
)
async def test_what_people_found_may_be_called_by_the_last_part_of_its_number(
    offence: str, wrong: int
) -> None:
    (drill,) = read_text(FOUND.replace("OFFENCE", offence), Path("drill.yaml"))

    assert len((await run(drill)).failures) == wrong
