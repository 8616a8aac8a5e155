"""Intake over real databases: numbers, repeated requests, imports and what is heard of others."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.intake import tables
from services.intake.application import Intake
from services.intake.commands import Heard, OldMessage
from services.intake.main import build
from shared.clock import system_clock
from shared.contracts.envelope import Actor
from shared.contracts.routing import UnitEstablished
from shared.errors import Refused, Unknown
from shared.identity.officers import Officer, Officers
from shared.room import Surroundings
from shared.store.requests import Request
from shared.store.tables import open_tables
from shared.units import learn_unit
from shared.vault import open_vault

pytestmark = pytest.mark.anyio

OFFICER = Officer("o-1", "甲一", "QH-YZ", "info_officer")
HEARD = Heard("call", "inquiry_demand", "校车停运", "正文", None, None, None, None, False)
POSTED = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
async def intake(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Intake]:
    """Intake with three units: a bureau and two schools under it."""
    postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if postgres else str(tmp_path)
    vault = open_vault(location if postgres else f"{location}/vault.db", bytes(32))
    officers = Officers(open_tables(location, "identity"))
    room = build(Surroundings(location, "QINGHE", system_clock, vault, officers))
    for code, parent in (("QH", None), ("QH-YZ", "QH"), ("QH-EZ", "QH")):
        unit = UnitEstablished(code=code, name=code, aliases=(), parent=parent)
        room.store.write_now(lambda tx, unit=unit: learn_unit(tx.sql, unit))  # type: ignore[misc]
    yield Intake(room.store, vault)
    await room.store.close()
    officers.close()
    vault.close()


def old(message_id: str, unit: str = "QH-YZ") -> OldMessage:
    return OldMessage(message_id, "", "旧帖", None, POSTED, unit, "", None, None, False)


async def test_numbers_have_no_gap_though_some_are_refused(intake: Intake) -> None:
    first = await intake.register(HEARD, "QH-YZ", OFFICER, None, None)
    with pytest.raises(Refused):
        await intake.register(HEARD, "QH-EZ", OFFICER, None, None)
    second = await intake.register(HEARD, "QH-YZ", OFFICER, None, None)

    assert first.number is not None
    assert second.number is not None
    assert int(second.number[-6:]) == int(first.number[-6:]) + 1


async def test_a_request_repeated_is_answered_as_before(intake: Intake) -> None:
    request = Request.of("o-1", "key", "print")

    first = await intake.register(HEARD, "QH-YZ", OFFICER, None, request)
    again = await intake.register(HEARD, "QH-YZ", OFFICER, None, request)

    assert again == first
    assert intake.store.position() == 1


async def test_a_linked_incident_cannot_be_linked_to(intake: Intake) -> None:
    one, two, three = [await intake.register(HEARD, "QH-YZ", OFFICER, None, None) for _ in range(3)]
    await intake.link(str(one.number), str(two.number), "同一事项", OFFICER, None)

    with pytest.raises(Refused) as refused:
        await intake.link(str(three.number), str(one.number), "同一事项", OFFICER, None)

    assert refused.value.code == "link.target-not-open"


async def test_an_unknown_incident_is_said_to_be_unknown(intake: Intake) -> None:
    with pytest.raises(Unknown):
        await intake.void("QINGHE-2026-999999", "误", OFFICER, None)


async def test_importing_twice_or_twice_in_a_file_adds_nothing(intake: Intake) -> None:
    actor = Actor(officer="o-1", post="info_officer")

    first = await intake.import_messages("QH-YZ", [old("1"), old("1"), old("2")], actor)
    again = await intake.import_messages("QH-YZ", [old("1"), old("2")], actor)
    elsewhere = await intake.import_messages("QH-EZ", [old("1")], actor)

    assert [each.outcome for each in first] == ["imported", "known", "imported"]
    assert [each.outcome for each in again] == ["known", "known"]
    assert [each.outcome for each in elsewhere] == ["imported"]


async def test_a_refused_row_leaves_no_trace_and_no_gap(intake: Intake) -> None:
    actor = Actor(officer="o-1", post="info_officer")

    done = await intake.import_messages("QH-YZ", [old("1"), old("2", "QH-XX"), old("3")], actor)

    assert [each.outcome for each in done] == ["imported", "refused", "imported"]
    assert done[1].problem is not None
    assert done[1].problem.code == "unit.unknown"
    numbers = [each.number for each in done if each.number]
    assert [number[-6:] for number in numbers] == ["000001", "000002"]


async def test_tables_are_a_fold_of_events(intake: Intake) -> None:
    answer = await intake.register(HEARD, "QH-YZ", OFFICER, None, None)
    await intake.void(str(answer.number), "误", OFFICER, None)

    entry = await intake.store.read(lambda sql: tables.find(sql, str(answer.number)))

    assert (entry.id, entry.standing) == (UUID(str(answer.incident)), "voided")
