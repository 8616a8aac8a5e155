"""A step that must be refused: what its refusal may be called."""

from pathlib import Path

import pytest

from huiyin.drills.playing import run
from huiyin.drills.reading import read_text
from shared.documents import Unreadable

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


UNAPPROVED = """
drill: unapproved
pack: PACK
steps:
  - {at: 2026-03-02 09:00, by: office, do: register, incident: A}
  - {at: 2026-03-02 09:05, by: liaison, do: draft, incident: A}
  - {at: 2026-03-02 09:10, by: liaison, do: publish, incident: A, refused: gate.closed}
"""


@pytest.mark.anyio
@pytest.mark.parametrize(("pack", "wrong"), [("004-03b", 0), ("county-baseline", 1)])
async def test_what_is_refused_while_a_gate_is_closed_is_refused_by_the_gate_too(
    pack: str, wrong: int
) -> None:
    (drill,) = read_text(UNAPPROVED.replace("PACK", pack), Path("d.yaml"))
    assert len((await run(drill)).failures) == wrong


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "wrong"), [("004-03b.R01", 1), ("004-03b.APP.approve_reply", 0)])
async def test_a_gate_that_only_marks_refuses_nothing(name: str, wrong: int) -> None:
    text = UNAPPROVED.replace("PACK", "004-03b").replace("gate.closed", name)
    (drill,) = read_text(text, Path("d.yaml"))
    assert len((await run(drill)).failures) == wrong


TRANSFER = """
drill: transfer
pack: 004-07
steps:
  - {at: 2026-03-02 09:00, by: witness, do: register, incident: A}
  - at: 2026-03-02 09:10
    by: medical_team
    do: handle
    incident: A
    with: {kind: transfer, fields: FIELDS}
    refused: REFUSED
"""


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["hospital", "level", "fields.level", "004-07.T18"])
async def test_a_form_refuses_for_each_field_that_is_left_out(name: str) -> None:
    text = TRANSFER.replace("FIELDS", "{number: 1}").replace("REFUSED", name)
    (drill,) = read_text(text, Path("d.yaml"))
    assert list((await run(drill)).failures) == []


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["number", "level"])
async def test_a_form_does_not_refuse_for_what_is_given_or_may_be_left_out(name: str) -> None:
    text = TRANSFER.replace("FIELDS", "{level: 镇级}").replace("REFUSED", name)
    (drill,) = read_text(text, Path("d.yaml"))
    assert len((await run(drill)).failures) == 1


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


SCHOOL = """
drill: school
pack: 004-18a
steps:
  - {at: 2026-03-02 09:00, by: office, do: register, incident: A, with: {severity: general}}
  - {at: 2026-03-02 09:10, by: APPROVER, do: approve, incident: A}
  - {at: 2026-03-02 09:20, by: handling_unit, do: handle, incident: A}
"""


async def went_wrong(text: str) -> list[str]:
    """What did not come out as written."""
    (drill,) = read_text(text, Path("d.yaml"))
    return list((await run(drill)).failures)


@pytest.mark.anyio
async def test_an_approval_of_no_draft_is_of_what_the_rules_ask_of_that_party() -> None:
    assert await went_wrong(SCHOOL.replace("APPROVER", "leading_group")) == []


@pytest.mark.anyio
async def test_an_approval_by_another_is_not_taken_for_it() -> None:
    (told,) = await went_wrong(SCHOOL.replace("APPROVER", "supervisor"))
    assert "gate.closed 004-18a.APP.handling_plan" in told


OUT = """
drill: out-already
pack: 004-15
steps:
  - {at: 2026-03-02 09:00, by: staff, do: register, incident: A}
  - {at: 2026-03-02 10:00, by: office, do: publish, incident: A, HAPPENED, with: {text: 已经发布}}
expect:
  - {breach: approval, incident: A, rule: 004-15.APP.approve_reply}
"""


@pytest.mark.anyio
async def test_what_was_published_without_a_draft_is_recorded_as_a_breach() -> None:
    assert await went_wrong(OUT.replace("HAPPENED", "happened: true")) == []


@pytest.mark.anyio
async def test_nothing_is_drafted_for_what_is_still_to_be_published() -> None:
    refused, _ = await went_wrong(OUT.replace(" HAPPENED,", ""))
    assert "publish.not-approved" in refused


DUTY = """
drill: on-duty
pack: 004-18b
steps:
  - {at: 2026-10-01 08:00}
  - {at: 2026-10-02 08:00, by: site_head, do: shift, with: {period: 2026-10-01}}
  - {at: 2026-10-02 09:01}
expect:
  - {duty: 004-18b.T06, period: 2026-10-01, state: met, gap: PT0S}
  - {duty: 004-18b.T07, period: 2026-10-01, state: overdue, gap: P1D}
"""


@pytest.mark.anyio
async def test_a_shift_that_names_its_day_lasts_as_its_rule_says() -> None:
    assert await went_wrong(DUTY) == []


LEAK = """
drill: leak
pack: 004-10
steps:
  - at: 2026-03-02 09:00
    by: medical_units
    do: register
    incident: A
    with: {category: medical_data, data_problem: leak}
  - at: 2026-03-02 09:40
    by: medical_units
    do: report
    incident: A
    with: {to: emergency_office, medium: MEDIUM}
expect:
  - {duty: 004-10.T08, incident: A, state: STATE}
"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("medium", "state"), [("in_person", "measured"), ("当面", "measured"), ("电话", "open")]
)
async def test_a_medium_goes_by_its_key_or_its_name(medium: str, state: str) -> None:
    assert await went_wrong(LEAK.replace("MEDIUM", medium).replace("STATE", state)) == []


TWO = """
drill: two-approvals
pack: 004-15
steps:
  - {at: 2026-03-02 09:00, by: staff, do: register, incident: A}
  - {at: 2026-03-02 09:10, by: office, do: draft, incident: A, as: D1}
  - {at: 2026-03-02 09:20, by: principal_leader, do: approve, incident: A, of: D1}
  - {at: 2026-03-02 09:30, by: office, do: publish, incident: A, of: D1, refused: CODE}
"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "code", ["gate.closed", "publish.not-approved", "004-15.APP.approve_reply"]
)
async def test_what_lacks_an_approval_is_refused_by_gate_and_as_not_approved(code: str) -> None:
    assert await went_wrong(TWO.replace("CODE", code)) == []


@pytest.mark.anyio
async def test_what_lacks_an_approval_is_not_refused_for_something_else() -> None:
    (told,) = await went_wrong(TWO.replace("CODE", "close.not-answered"))
    assert "实际被拒绝 gate.closed" in told


@pytest.mark.anyio
async def test_a_spell_on_duty_told_before_it_is_over_is_told_when_it_is() -> None:
    assert await went_wrong(TOLD) == []
    (told,) = await went_wrong(TOLD.replace("PT12H", "PT22H"))
    assert "12小时" in told
    refused = TOLD.replace("20:00}\n", "20:00}\n    refused: ends\n")
    assert await went_wrong(refused.replace("PT12H", "PT22H")) == []


@pytest.mark.anyio
async def test_a_registration_takes_a_grade_in_the_axis_that_has_it() -> None:
    severe = GRADED.replace("PACK", "000-1").replace("GRADE", "general")
    tier = GRADED.replace("PACK", "000-2").replace("GRADE", "township").replace("AXIS", "tier")

    assert await went_wrong(severe.replace("AXIS", "grade")) == []
    assert await went_wrong(tier) == []
    (told,) = await went_wrong(tier.replace("has: {tier: township}", "has: {tier: village}"))
    assert "实际 tier township" in told


@pytest.mark.anyio
async def test_a_grade_that_no_axis_has_is_told_before_anything_is_played() -> None:
    with pytest.raises(Unreadable, match="没有这个分类维度"):
        await went_wrong(GRADED.replace("PACK", "000-2").replace("GRADE", "major"))


@pytest.mark.anyio
async def test_what_a_unit_does_so_many_times_at_one_moment_counts_each_time() -> None:
    assert await went_wrong(BROWSED) == []


OWN_CAUSE = """
drill: own-cause
pack: 004-04
units: UNITS
steps:
  - {at: 2026-03-02 09:00, by: info_officer, do: register, incident: A}
  - {at: 2026-03-02 10:00, by: leading_group, do: find, incident: A, with: OF}
  - {at: 2026-03-02 11:00, by: leading_group, do: find, incident: A, with: OF, refused: cause.own}
"""


@pytest.mark.anyio
@pytest.mark.parametrize("units", ["{}", "{school: 一中, canteen: 食堂}"])
async def test_what_judges_the_institution_is_done_from_above_it_unless_that_is_the_point(
    units: str,
) -> None:
    text = OWN_CAUSE.replace("with: OF", "with: " + "{of: 004-04.ACC.dereliction}")
    text = text.replace("units: UNITS\n", f"units: {units}\n" if units != "{}" else "")
    (drill,) = read_text(text, Path("d.yaml"))
    assert list((await run(drill)).failures) == []


TWO_DRAFTS = """
drill: two-drafts
pack: county-baseline
steps:
  - {at: 2026-03-02 09:00, by: info_officer, do: register, incident: A}
  - {at: 2026-03-02 10:00, by: info_officer, do: draft, incident: A, as: D1}
  - {at: 2026-03-02 11:00, by: info_officer, do: draft, incident: A, as: D2}
  - {at: 2026-03-02 12:00, by: principal_leader, do: approve, incident: A, refused: UNCLEAR}
  - {at: 2026-03-02 13:00, by: principal_leader, do: reject, incident: A, of: D1}
  - {at: 2026-03-02 14:00, by: principal_leader, do: approve, incident: A}
  - {at: 2026-03-02 15:00, by: info_officer, do: publish, incident: A}
"""


@pytest.mark.anyio
async def test_a_step_that_names_no_draft_means_the_one_that_waits() -> None:
    text = TWO_DRAFTS.replace("UNCLEAR", "drill.draft-unclear")
    (drill,) = read_text(text, Path("d.yaml"))
    assert list((await run(drill)).failures) == []
