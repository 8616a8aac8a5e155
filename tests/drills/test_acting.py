"""A step that must be refused: what its refusal may be called."""

from pathlib import Path

import pytest

from services.drills.nodes import Unreadable
from services.drills.reading import read_text
from services.drills.running import run

PETITION = """
drill: petition
pack: 004-09
units: {street: 灞桥街道, governance: {name: 综治办, parent: street}}
steps:
  - {at: 2026-03-02 09:00, by: office, do: register, incident: A}
  - {at: 2026-03-02 09:10, by: office, do: assign, incident: A, with: WITH, refused: REFUSED}
"""


async def wrong(given: str, refused: str) -> list[str]:
    """What did not come out as written, where an assignment is to be refused so."""
    text = PETITION.replace("WITH", given).replace("REFUSED", refused)
    (drill,) = read_text(text, Path("d.yaml"))
    return list((await run(drill)).failures)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name",
    [
        "form.field-missing",
        "fields.lead",
        "lead",
        "004-09.PRO.lead_and_responsible_units",
        "004-09.PRO.lead_and_responsible_units/governance",
    ],
)
async def test_a_form_refuses_under_its_number_or_the_key_of_its_field(name: str) -> None:
    assert await wrong("{lead: street, co_handling: [governance]}", name) == []


@pytest.mark.anyio
async def test_a_form_does_not_refuse_under_the_number_of_another_rule() -> None:
    (told,) = await wrong("{lead: street, co_handling: [governance]}", "004-09.R02")
    assert "实际被拒绝 form.field-missing" in told


@pytest.mark.anyio
async def test_a_unit_that_is_left_empty_is_given_as_empty() -> None:
    assert await wrong("{lead: ''}", "lead") == []
    assert (
        await wrong("{lead: '', fields: {lead: 综治办, responsible: 各科室}}", "lead.missing") == []
    )


TOLD = """
drill: told
pack: 001-4
steps:
  - {at: 2026-03-02 09:00, by: office, do: register, incident: A}
  - {at: 2026-03-02 10:00, by: leaders, do: declare, incident: A, with: {state: warning}}
  - at: 2026-03-02 10:00
    by: duty_officer
    do: shift
    with: {begins: 2026-03-02 10:00, ends: 2026-03-02 20:00}
  - {at: 2026-03-03 09:01}
expect:
  - {duty: 001-4.T06, period: 2026-03-02, gap: PT12H, state: overdue}
  - {trail: A, order: [register, 'declare:warning']}
"""

GRADED = """
drill: graded
pack: PACK
steps:
  - {at: 2026-03-02 09:00, by: office, do: register, incident: A, with: {grade: GRADE}}
expect:
  - {ledger: A, has: {AXIS: GRADE}}
"""

BROWSED = """
drill: browsed
pack: 001-2
steps:
  - {at: 2026-03-02 09:00, by: info_officer, do: browse, repeat: 2}
  - {at: 2026-03-03 00:01}
expect:
  - {duty: 001-2.T01, period: 2026-03-02, count: 2, shortfall: 1, state: overdue}
"""


async def failures(text: str) -> list[str]:
    """What does not hold of a drill."""
    (drill,) = read_text(text, Path("d.yaml"))
    return list((await run(drill)).failures)


@pytest.mark.anyio
async def test_a_spell_on_duty_told_before_it_is_over_is_told_when_it_is() -> None:
    assert await failures(TOLD) == []
    (told,) = await failures(TOLD.replace("PT12H", "PT22H"))
    assert "12小时" in told
    refused = TOLD.replace("20:00}\n", "20:00}\n    refused: ends\n")
    assert await failures(refused.replace("PT12H", "PT22H")) == []


@pytest.mark.anyio
async def test_a_registration_takes_a_grade_in_the_axis_that_has_it() -> None:
    severe = GRADED.replace("PACK", "000-1").replace("GRADE", "general")
    tier = GRADED.replace("PACK", "000-2").replace("GRADE", "township").replace("AXIS", "tier")

    assert await failures(severe.replace("AXIS", "grade")) == []
    assert await failures(tier) == []
    (told,) = await failures(tier.replace("has: {tier: township}", "has: {tier: village}"))
    assert "实际 tier township" in told


@pytest.mark.anyio
async def test_a_grade_that_no_axis_has_is_told_before_anything_is_played() -> None:
    with pytest.raises(Unreadable, match="没有这个分类维度"):
        await failures(GRADED.replace("PACK", "000-2").replace("GRADE", "major"))


@pytest.mark.anyio
async def test_what_a_unit_does_so_many_times_at_one_moment_counts_each_time() -> None:
    assert await failures(BROWSED) == []
