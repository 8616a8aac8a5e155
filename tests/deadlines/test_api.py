"""What people see of duties."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from services.deadlines.scheduler import observe_due
from shared.identity.officer import Officer
from shared.web import prepare
from tests.deadlines.world import World, at

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """王老师 of 第一中学 asks."""
    app = FastAPI()
    prepare(app, world.around.officers, world.around.vault)
    app.include_router(world.room.router)
    token = world.around.officers.enter(Officer("o-1", "王老师", "QH-YZ", "info_officer"))
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://huiyin", headers=headers
    ) as client:
        yield client


async def listed(client: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/deadlines/duties", params=params)
    assert answer.status_code == 200, answer.text
    duties: list[dict[str, Any]] = answer.json()["duties"]
    return duties


async def test_a_duty_is_shown_with_its_clause_and_its_limit(
    world: World, client: httpx2.AsyncClient
) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")

    [duty] = await listed(client)

    assert duty["incident"] == str(incident)
    assert duty["number"] == f"QH-2026-{incident.hex[:6]}"
    assert (duty["title"], duty["clause"]) == ("回复", "自发帖之日起三日内公开回复")
    assert (duty["state"], duty["overdue"], duty["lead"]) == ("running", False, None)
    assert (duty["start"], duty["due"]) == ("2026-02-28T16:00:00Z", "2026-03-04T16:00:00Z")


async def test_duties_come_earliest_first_and_no_more_than_asked_for(
    world: World, client: httpx2.AsyncClient
) -> None:
    later, sooner, last = await world.many_registered([at(1, 9), at(1) - timedelta(1), at(2)])
    await world.deliver("intake")

    answer = (await client.get("/deadlines/duties", params={"limit": 2})).json()

    assert [duty["incident"] for duty in answer["duties"]] == [str(sooner), str(later)]
    assert answer["more"] is True
    assert (await client.get("/deadlines/duties", params={"limit": 3})).json()["more"] is False
    assert (await listed(client))[-1]["incident"] == str(last)


async def test_duties_can_be_asked_for_by_state_and_by_the_unit_that_must_act(
    world: World, client: httpx2.AsyncClient
) -> None:
    missed, answered, other = await world.many_registered([at(1), at(1), at(2)])
    await world.published(answered)
    await world.assigned(other, "QH-EZ")
    await world.deliver("intake", "routing")
    world.clock.now = at(5, 0, 1)
    await world.store.write(lambda tx: observe_due(tx, world.clock()))

    assert [d["incident"] for d in await listed(client, state="missed")] == [str(missed)]
    assert [d["incident"] for d in await listed(client, state="met")] == [str(answered)]
    assert [d["incident"] for d in await listed(client, unit="QH-EZ")] == [str(other)]
    assert await listed(client, unit="QH-EZ", state="missed") == []
    assert len(await listed(client, unit="QH-YZ")) == 2


async def test_an_open_import_is_shown_as_overdue_not_as_missed(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.registered(posted=at(1) - timedelta(days=900), standing="imported")
    await world.deliver("intake")
    await world.store.write(lambda tx: observe_due(tx, world.clock()))

    [duty] = await listed(client)

    assert (duty["standing"], duty["state"], duty["overdue"]) == ("imported", "running", True)


async def test_who_asks_for_a_position_sees_what_it_led_to(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.registered(posted=at(1))
    await world.deliver("intake")

    assert len(await listed(client, after="intake:1")) == 1


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"state": "forgotten"}, 422, "request.invalid"),
        ({"limit": 0}, 422, "request.invalid"),
        ({"after": "elsewhere:1"}, 422, "after.malformed"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, params: dict[str, Any], status: int, code: str
) -> None:
    answer = await client.get("/deadlines/duties", params=params)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_without_a_token_nothing_is_shown(client: httpx2.AsyncClient) -> None:
    del client.headers["Authorization"]

    answer = await client.get("/deadlines/duties")

    assert (answer.status_code, answer.json()["code"]) == (401, "token.unknown")
