"""Routing over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from shared.contracts.intake import IncidentVoided
from shared.identity.officers import Officer
from shared.web import prepare
from tests.routing.world import ADMIN, BUREAU, LI, WU, World

pytestmark = pytest.mark.anyio

NUMBER = "QINGHE-2026-000001"
CASE = f"/routing/incidents/{NUMBER}"
TEXT = "课本本周五前补齐。"


class Door:
    """The room's HTTP interface, with a token for each officer."""

    def __init__(self, world: World, client: httpx2.AsyncClient) -> None:
        self.world = world
        self._client = client
        self._tokens = {who.id: world.officers.enter(who) for who in (ADMIN, BUREAU, LI, WU)}

    async def post(
        self, who: Officer, path: str, key: str | None = None, after: str | None = None, **body: Any
    ) -> httpx2.Response:
        """A command."""
        headers = self._as(who) | ({"Idempotency-Key": key} if key else {})
        params = {"after": after} if after else {}
        return await self._client.post(path, json=body, headers=headers, params=params)

    async def get(self, who: Officer, path: str) -> httpx2.Response:
        """A question."""
        return await self._client.get(path, headers=self._as(who))

    def _as(self, who: Officer) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens[who.id]}"}


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    app = FastAPI()
    app.include_router(world.room.router)
    prepare(app, world.officers, world.vault)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://huiyin.test") as client:
        yield Door(world, client)


def told(response: httpx2.Response) -> Any:
    """The body of an accepted command."""
    assert response.status_code == 200, response.text
    return response.json()


def refused(response: httpx2.Response) -> tuple[int, str]:
    """How a refused command was answered."""
    return response.status_code, response.json()["code"]


async def test_two_officers_lead_an_incident_to_its_end(door: Door) -> None:
    incident = await door.world.registered(NUMBER)

    told(await door.post(BUREAU, f"{CASE}/grade", grade="ordinary", grounds="个别咨询"))
    told(await door.post(BUREAU, f"{CASE}/assign", lead="QH-YZ", co_handling=["QH-LX"]))
    draft = told(await door.post(LI, f"{CASE}/draft", kind="result", text=TEXT))["draft"]
    own = await door.post(LI, f"{CASE}/approve", draft=draft)
    told(await door.post(WU, f"{CASE}/approve", draft=draft))
    told(await door.post(LI, f"{CASE}/publish", channel="message_board", draft=draft, text=TEXT))
    done = told(await door.post(WU, f"{CASE}/close", note="已回访"))

    assert refused(own) == (409, "drafter")
    assert done["events"] == ["routing.incident-closed.v1"]
    assert (done["incident"], done["number"]) == (str(incident), NUMBER)
    assert len(await door.world.case(incident)) == 6


async def test_the_same_key_twice_gives_the_same_answer_and_one_event(door: Door) -> None:
    incident = await door.world.registered(NUMBER)
    told(await door.post(BUREAU, f"{CASE}/assign", lead="QH-YZ"))

    first = told(await door.post(LI, f"{CASE}/draft", key="k1", kind="result", text=TEXT))
    again = told(await door.post(LI, f"{CASE}/draft", key="k1", kind="result", text=TEXT))
    other = await door.post(LI, f"{CASE}/draft", key="k1", kind="interim", text=TEXT)

    assert first == again
    assert refused(other) == (409, "request.key-reused")
    assert await door.world.types(incident) == ["incident-assigned", "reply-drafted"]


async def test_an_incident_on_its_way_is_waited_for(door: Door) -> None:
    await door.world.register(NUMBER, "QH-YZ")

    asked = asyncio.create_task(
        door.post(BUREAU, f"{CASE}/grade", grade="ordinary", grounds="个别咨询")
    )
    await asyncio.sleep(0.1)
    assert not asked.done()
    await door.world.deliver()

    assert told(await asked)["number"] == NUMBER


async def test_a_position_is_waited_for_before_deciding(door: Door) -> None:
    incident = await door.world.registered(NUMBER)
    await door.world.say(incident, "QH-YZ", IncidentVoided(reason="误登记"))
    after = f"intake:{door.world.upstream.position()}"

    asked = asyncio.create_task(
        door.post(BUREAU, f"{CASE}/grade", after=after, grade="ordinary", grounds="个别咨询")
    )
    await asyncio.sleep(0.1)
    assert not asked.done()
    await door.world.deliver()

    assert refused(await asked) == (409, "incident.voided")


async def test_an_unknown_incident_is_not_found_and_nothing_is_written(door: Door) -> None:
    ticks = await door.world.ticks()
    asked = await door.post(BUREAU, f"{CASE}/grade", grade="ordinary", grounds="个别咨询")
    assert refused(asked) == (404, "incident.unknown")
    assert await door.world.ticks() == ticks


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("grade", {"grade": "ordinary", "grounds": "x", "poster": "某人"}),
        ("grade", {"grade": "terrible", "grounds": "x"}),
        ("grade", {"grade": "ordinary", "grounds": "x", "occurred_at": "2026-03-02T14:10:00"}),
        ("draft", {"kind": "rumour", "text": "x"}),
        ("publish", {"channel": "message_board", "named_unit": "热心网友"}),
    ],
)
async def test_a_body_with_anything_else_in_it_is_refused(
    door: Door, path: str, body: dict[str, str]
) -> None:
    await door.world.registered(NUMBER)
    asked = await door.post(BUREAU, f"{CASE}/{path}", **body)
    assert refused(asked) == (422, "request.invalid")


async def test_another_units_officer_is_turned_away(door: Door) -> None:
    await door.world.registered(NUMBER, "QH-LX")
    asked = await door.post(LI, f"{CASE}/grade", grade="ordinary", grounds="个别咨询")
    assert refused(asked) == (403, "unit.not-yours")


async def test_an_administrator_establishes_units_that_all_officers_see(door: Door) -> None:
    entry: dict[str, Any] = {
        "code": "QH-YT",
        "name": "云台镇教育办",
        "aliases": ["云台教办"],
        "parent": "QH-JYJ",
    }
    done = told(await door.post(ADMIN, "/routing/units", **entry))
    assert done["events"] == ["routing.unit-established.v1"]
    assert entry in told(await door.get(LI, "/routing/units"))


async def test_an_appointed_officer_can_act_with_the_token(door: Door) -> None:
    who = {"name": "示例·辰", "unit": "QH-LX", "post": "liaison"}
    appointed = told(await door.post(ADMIN, "/routing/officers", **who))

    assert door.world.officers.by_token(appointed["token"]).id == appointed["officer"]
    entry = {"id": appointed["officer"], **who}
    listed = told(await door.get(ADMIN, "/routing/officers"))
    assert entry in listed
    assert appointed["token"] not in str(listed)


async def test_an_appointment_asked_twice_is_one_event(door: Door) -> None:
    who = {"name": "示例·辰", "unit": "QH-LX", "post": "liaison"}
    before = door.world.room.store.position()
    first = told(await door.post(ADMIN, "/routing/officers", key="k1", **who))
    again = told(await door.post(ADMIN, "/routing/officers", key="k1", **who))
    assert first["officer"] == again["officer"]
    assert door.world.room.store.position() == before + 1


async def test_a_name_cannot_stand_in_for_an_officers_id(door: Door) -> None:
    who = {"name": "示例·辰", "unit": "QH-LX", "post": "liaison", "officer": "示例·辰"}
    asked = await door.post(ADMIN, "/routing/officers", **who)
    assert refused(asked) == (422, "request.invalid")


async def test_only_administrators_appoint_establish_and_see_names(door: Door) -> None:
    who = {"name": "示例·辰", "unit": "QH-LX", "post": "liaison"}
    answers = [
        await door.post(WU, "/routing/officers", **who),
        await door.post(WU, "/routing/units", code="QH-X", name="某校"),
        await door.get(WU, "/routing/officers"),
    ]
    assert [refused(each) for each in answers] == [(403, "post.not-competent")] * 3
