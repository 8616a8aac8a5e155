"""A course of events under another pack: in its words, as far as it has them."""

from pathlib import Path

import pytest

from huiyin.drills.playing import compare
from huiyin.drills.reading import read_text

MAJOR = """
drill: major
pack: 004-06
units: {dept: 我部, section: {name: 某科室, parent: dept}}
cast: {li: section_head@section}
steps:
  - at: 2026-03-02 09:00
    by: li
    do: register
    incident: A
    with: {channel: section_monitoring, severity: major}
  - {at: 2026-03-02 09:10, by: li, do: report, incident: A, with: {to: section_head}}
  - {at: 2026-03-02 09:20, by: li, do: draft, incident: A}
  - {at: 2026-03-02 09:30, by: first_responsible_person, do: approve, incident: A}
"""


@pytest.mark.anyio
@pytest.mark.parametrize("other", ["003-2", "004-10"])  # with grades, and without
async def test_parties_channels_and_grades_of_its_own_do_not_stop_it(other: str) -> None:
    (drill,) = read_text(MAJOR, Path("d.yaml"))
    there = (await compare(drill, other)).there
    assert [taken.problem for taken in there.taken] == [None] * 4
    assert there.evidence is not None
    deeds = there.evidence.deeds(there.evidence.incident("A"))
    assert [deed.by for deed in deeds] == ["unit_head"] * 3 + ["principal_leader"]
    assert [deed.to for deed in deeds if deed.act == "report"] == [("unit_head",)]
