"""Intake over real databases: numbers, repeated requests and what is heard of others."""

from uuid import UUID

import pytest

from services.intake.application import Intake
from services.intake.commands import Heard
from shared.copies import incidents
from shared.errors import Refused, Unknown
from shared.identity.officers import Officer
from shared.store.requests import Request

pytestmark = pytest.mark.anyio

OFFICER = Officer("o-1", "甲一", "QH-YZ", "info_officer")
HEARD = Heard("call", "inquiry_demand", "校车停运", "正文", None, None, None, None, False)


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


async def test_tables_are_a_fold_of_events(intake: Intake) -> None:
    answer = await intake.register(HEARD, "QH-YZ", OFFICER, None, None)
    await intake.void(str(answer.number), "误", OFFICER, None)

    entry = await intake.store.read(lambda sql: incidents.find(sql, str(answer.number)))

    assert (entry.id, entry.standing) == (UUID(str(answer.incident)), "voided")
