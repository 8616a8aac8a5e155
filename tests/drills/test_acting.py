"""A step that must be refused: what its refusal may be called."""

from pathlib import Path

import pytest

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
