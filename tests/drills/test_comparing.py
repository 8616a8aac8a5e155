"""The same course of events under another pack: in its words, by its people."""

from pathlib import Path

import pytest

from services.drills.comparing import compare
from services.drills.reading import read_text

DRILL = """
drill: told-at-the-kindergarten
pack: 004-03e
cast: {li: parent_liaison}
steps:
  - {at: 2026-03-02 09:00, by: li, do: register, incident: A, with: {channel: parents, category: [malicious_attack]}}
  - {at: 2026-03-02 09:10, by: publicity_member, do: report, incident: A, with: {to: departments, text: 已核实}}
  - {at: 2026-03-02 09:20, by: deputy_group_head, do: report, incident: A, with: {to: [superior_authority, group_head]}}
"""  # noqa: E501


@pytest.mark.anyio
async def test_parties_are_those_who_are_in_common_and_unknown_channels_are_left_out() -> None:
    (drill,) = read_text(DRILL, Path("drill.yaml"))

    compared = await compare(drill, "engineering-college")

    assert [each.problem for each in compared.there.taken] == [None] * 3
    assert [each.there.rule for each in compared.pairs if each.there and each.there.due]


@pytest.mark.anyio
async def test_what_the_other_pack_refuses_is_still_refused() -> None:
    unknown = DRILL.replace("to: departments", "to: departments, kind: cause")
    early = "  - {at: 2026-03-02 10:00, by: group_head, do: close, incident: A}\n"
    (drill,) = read_text(unknown + early.replace("group_head", "li"), Path("drill.yaml"))

    compared = await compare(drill, "engineering-college")

    codes = [each.problem and each.problem.code for each in compared.there.taken]
    assert codes == [None, None, None, "close.not-answered"]
