"""A unit's field map: kept, kept anew, and refused where it says nothing or two things."""

from typing import Any

import pytest

from services.intake.accepted import save_field_map
from services.intake.imports import FieldMaps
from shared.contracts.intake import Column, FieldMapSaved
from shared.errors import HuiyinError, Invalid
from shared.identity.officer import Officer
from shared.room import Room

COLUMNS = (Column(heading="题名", field="title"), Column(heading="时刻", field="posted_at"))
OFFICER = Officer("o-1", "甲一", "QH-YZ", "info_officer")


def test_a_map_is_kept() -> None:
    assert save_field_map((), COLUMNS) == [FieldMapSaved(columns=COLUMNS)]


def test_the_same_again_adds_nothing() -> None:
    assert save_field_map(COLUMNS, COLUMNS) == []


def test_another_takes_its_place() -> None:
    assert save_field_map(COLUMNS, COLUMNS[:1]) == [FieldMapSaved(columns=COLUMNS[:1])]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ([(" ", "title")], "field-map.heading-malformed"),
        ([("长" * 101, "title")], "field-map.heading-malformed"),
        ([("题名", "title"), ("题名", "body")], "field-map.heading-twice"),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(columns: list[Any], code: str) -> None:
    wanted = tuple(Column(heading=h, field=f) for h, f in columns)

    with pytest.raises(Invalid) as refused:
        save_field_map((), wanted)

    assert refused.value.code == code


@pytest.mark.anyio
async def test_each_unit_has_its_own(field_maps: FieldMaps) -> None:
    await field_maps.save("QH-YZ", COLUMNS, OFFICER, None)
    await field_maps.save("QH-YZ", COLUMNS[::-1], OFFICER, None)

    assert await field_maps.read("QH-YZ") == COLUMNS[::-1]
    assert await field_maps.read("QH-EZ") == ()
    assert field_maps.store.position() == 2


@pytest.mark.anyio
@pytest.mark.parametrize(("unit", "code"), [("QH-EZ", "unit.not-yours"), ("QH-XX", "unit.unknown")])
async def test_it_is_kept_by_its_own_officers_only(
    field_maps: FieldMaps, room: Room, unit: str, code: str
) -> None:
    with pytest.raises(HuiyinError) as refused:
        await field_maps.save(unit, COLUMNS, OFFICER, None)

    assert refused.value.code == code
    assert room.store.position() == 0
