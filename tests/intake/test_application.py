"""Intake over real databases: numbers, repeated requests and what is heard of others."""

from typing import Any
from uuid import UUID

import pytest

from services.intake.application import Intake
from shared.copies import matters
from shared.errors import Refused, Unknown
from shared.identity.officer import Officer
from shared.store.requests import Answer, Request
from tests.acts.doing import do

pytestmark = pytest.mark.anyio

OFFICER = Officer("o-1", "甲一", "QH-YZ", "info_officer")
HEARD: dict[str, Any] = {
    "channel": "call",
    "category": "inquiry_demand",
    "title": "校车停运",
    "body": "正文",
}


async def registered(intake: Intake, **said: Any) -> Answer:
    """Something that was heard."""
    return await do(intake, OFFICER, "register", "", **HEARD, **said)


async def test_numbers_have_no_gap_though_some_are_refused(intake: Intake) -> None:
    first = await registered(intake)
    with pytest.raises(Refused):
        await registered(intake, unit="QH-EZ")
    second = await registered(intake)

    assert first.number is not None
    assert second.number is not None
    assert int(second.number[-6:]) == int(first.number[-6:]) + 1


async def test_a_request_repeated_is_answered_as_before(intake: Intake) -> None:
    request = Request.of("o-1", "key", "print")

    first = await registered(intake, request=request)
    again = await registered(intake, request=request)

    assert again == first
    assert intake.store.position() == 1


async def test_a_linked_incident_cannot_be_linked_to(intake: Intake) -> None:
    one, two, three = [await registered(intake) for _ in range(3)]
    await do(intake, OFFICER, "link", str(one.number), to=str(two.number), grounds="同一事项")

    with pytest.raises(Refused) as refused:
        await do(intake, OFFICER, "link", str(three.number), to=str(one.number), grounds="同一事项")

    assert refused.value.code == "link.target-not-open"


async def test_an_unknown_incident_is_said_to_be_unknown(intake: Intake) -> None:
    with pytest.raises(Unknown):
        await do(intake, OFFICER, "void", "QINGHE-2026-999999", reason="误")


async def test_tables_are_a_fold_of_events(intake: Intake) -> None:
    answer = await registered(intake)
    await do(intake, OFFICER, "void", str(answer.number), reason="误")

    entry = await intake.store.read(lambda sql: matters.find(sql, str(answer.number)))

    assert (entry.id, entry.standing) == (UUID(str(answer.incident)), "voided")
