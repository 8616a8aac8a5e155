"""Routing over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from shared.contracts.envelope import associated_data
from shared.contracts.intake import IncidentVoided
from shared.contracts.routing import MatterHandled
from shared.identity.officer import Officer
from shared.web import prepare
from tests.routing.world import ADMIN, BUREAU, LI, TOWN, WU, World

pytestmark = pytest.mark.anyio

NUMBER = "QINGHE-2026-000001"
CASE = f"/routing/incidents/{NUMBER}"
TEXT = "课本本周五前补齐。"


class Door:
    """The room's HTTP interface, with a token for each officer."""

    def __init__(self, world: World, client: httpx2.AsyncClient) -> None:
        self.world = world
        self._client = client
        self._tokens = {who.id: world.officers.enter(who) for who in (ADMIN, BUREAU, LI, WU, TOWN)}

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
    assert done["events"] == ["routing.incident-closed.v2"]
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
        ("grade", {"grade": "ordinary", "grounds": "x", "occurred_at": "2026-03-02T14:10:00"}),
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
    entry = {"id": appointed["officer"], "person": appointed["officer"], "active": True, **who}
    listed = told(await door.get(ADMIN, "/routing/officers"))
    assert any(entry.items() <= each.items() for each in listed)
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


class TestDrafts:
    async def test_what_is_done_with_a_draft_is_answered_with_its_id_and_text(
        self, door: Door
    ) -> None:
        await door.world.registered(NUMBER)
        made = [
            told(await door.post(LI, f"{CASE}/draft", kind="result", text=text))["draft"]
            for text in (TEXT, "作废稿")
        ]
        rejected = told(await door.post(WU, f"{CASE}/reject", draft=made[1], reason="口径不准"))
        approved = told(await door.post(WU, f"{CASE}/approve", draft=made[0]))
        out = {"channel": "message_board", "draft": made[0]}
        published = told(await door.post(LI, f"{CASE}/publish", **out))
        act = told(await door.post(WU, f"{CASE}/acts/approve", kind="referral"))

        assert (rejected["draft"], rejected["text"]) == (made[1], "作废稿")
        assert (approved["draft"], approved["text"]) == (made[0], TEXT)
        assert (published["draft"], published["text"]) == (made[0], TEXT)
        assert "draft" not in act

    @pytest.mark.parametrize(
        ("act", "said"),
        [("approve", {}), ("reject", {"reason": "x"}), ("publish", {"channel": "site"})],
    )
    async def test_without_an_id_it_is_told_which_drafts_wait(
        self, door: Door, act: str, said: dict[str, str]
    ) -> None:
        await door.world.registered(NUMBER)
        draft = told(await door.post(LI, f"{CASE}/draft", kind="result", text=TEXT))["draft"]

        answer = await door.post(WU, f"{CASE}/{act}", **said)

        assert refused(answer) == (422, "draft.missing")
        assert (answer.json()["field"], draft in answer.json()["remedy"]) == ("draft", True)


class TestActs:
    async def test_units_take_their_parts_and_the_lead_closes(self, door: Door) -> None:
        incident = await door.world.registered(NUMBER)
        acts = f"{CASE}/acts"
        sheet = told(
            await door.post(BUREAU, f"{CASE}/assign", lead="QH-YZ", co_handling=["QH-LX"])
        )["sheet"]
        told(await door.post(TOWN, f"{acts}/accept"))
        told(await door.post(LI, f"{acts}/report", to=["leading_group"], medium="phone"))
        draft = told(await door.post(LI, f"{CASE}/draft", kind="result", text=TEXT))["draft"]
        told(await door.post(WU, f"{CASE}/approve", draft=draft))
        told(await door.post(LI, f"{CASE}/publish", channel="message_board", draft=draft))
        early = await door.post(WU, f"{CASE}/close")
        told(await door.post(TOWN, f"{acts}/verify", text="已与书店核对"))
        told(await door.post(WU, f"{CASE}/close"))

        assert sheet == "QINGHE-2026-J000001"
        assert refused(early) == (409, "close.co-handling-open")
        assert "QH-LX" in early.json()["message"]
        assert (await door.world.types(incident))[-2:] == ["facts-verified", "incident-closed"]

    async def test_sheets_are_numbered_one_after_another_and_kept(self, door: Door) -> None:
        sheets = []
        for number in (NUMBER, "QINGHE-2026-000002"):
            await door.world.registered(number)
            path = f"/routing/incidents/{number}/assign"
            for _ in range(2):
                sheets.append(told(await door.post(BUREAU, path, lead="QH-YZ"))["sheet"])
        assert sheets == ["QINGHE-2026-J000001"] * 2 + ["QINGHE-2026-J000002"] * 2

    async def test_words_and_forms_are_sealed(self, door: Door) -> None:
        incident = await door.world.registered(NUMBER)
        body: dict[str, Any] = {"text": "甲同学家长来电", "fields": {"result": "已安抚"}}
        told(await door.post(LI, f"{CASE}/acts/handle", **body))

        event = (await door.world.case(incident))[-1]
        fact = event.fact
        assert isinstance(fact, MatterHandled)
        assert fact.filled == ("result",)
        for said in ("甲同学", "已安抚"):
            assert said.encode() not in event.raw
        assert fact.text is not None
        opened = door.world.vault.open(fact.text, associated_data(event.raw, "text"))
        assert opened == "甲同学家长来电"

    async def test_a_matter_is_referred_with_a_ground_and_another_ones_approval(
        self, door: Door
    ) -> None:
        await door.world.registered(NUMBER)
        body: dict[str, Any] = {"to": ["external_authority"], "ground": "治安管理处罚法第二十五条"}
        alone = await door.post(LI, f"{CASE}/acts/refer", **body)
        told(await door.post(WU, f"{CASE}/acts/approve", kind="referral"))
        done = told(await door.post(LI, f"{CASE}/acts/refer", **body))

        assert refused(alone) == (409, "refer.not-approved")
        assert done["events"] == ["routing.matter-referred.v1"]

    async def test_a_refused_act_leaves_no_trace(self, door: Door) -> None:
        incident = await door.world.registered(NUMBER)
        attempts = [
            await door.post(LI, f"{CASE}/acts/report", to=["neighbours"]),
            await door.post(LI, f"{CASE}/acts/return", text="不属本单位"),
            await door.post(LI, f"{CASE}/acts/reopen", grounds=""),
            await door.post(TOWN, f"{CASE}/acts/verify"),
            await door.post(BUREAU, f"{CASE}/grade", grade="terrible", grounds="x"),
            await door.post(LI, f"{CASE}/acts/calm", satisfied=True),
            await door.post(LI, f"{CASE}/acts/gossip"),
        ]
        assert [refused(each) for each in attempts] == [
            (422, "act.unknown-to"),
            (409, "unit.not-assigned"),
            (422, "grounds.missing"),
            (409, "unit.not-concerned"),
            (422, "act.unknown-sets"),
            (422, "request.invalid"),
            (404, "address.unknown"),
        ]
        assert all(each.json()["remedy"] for each in attempts[:5])
        assert await door.world.types(incident) == []

    async def test_how_a_matter_stands_is_told_with_who_must_still_approve(
        self, door: Door
    ) -> None:
        await door.world.registered(NUMBER)
        adopted = {"unit": "QH-YZ", "pack": "shandong-light-industry-school", "reason": "校规"}
        told(await door.post(ADMIN, "/routing/packs/adopt", **adopted))
        told(await door.post(ADMIN, f"{CASE}/repin", reason="按校规续办"))
        fields = {"handling": "总务处", "release": "办公室"}
        told(await door.post(BUREAU, f"{CASE}/assign", lead="QH-YZ", fields=fields))
        paper = told(await door.post(LI, f"{CASE}/draft", kind="result", text=TEXT))["draft"]
        told(await door.post(WU, f"{CASE}/approve", draft=paper))

        stood = told(await door.get(LI, CASE))
        early = await door.post(LI, f"{CASE}/publish", channel="message_board", draft=paper)

        (draft,) = stood["drafts"]
        assert draft["standing"] == "approved"
        assert [each["post"] for each in draft["approvals"]] == ["principal_leader"]
        assert any("分管领导" in each for each in draft["wanting"])
        assert not any("主要领导" in each for each in draft["wanting"])
        assert "004-15.APP.approve_reply" in [gate["rule"] for gate in stood["gates"]]
        assert (stood["standing"], stood["sheet"]) == ("open", "QINGHE-2026-J000001")
        assert refused(early) == (409, "gate.closed")
        assert early.json()["field"] == "004-15.APP.approve_reply"

    async def test_looking_writes_nothing_and_is_for_those_who_take_part(self, door: Door) -> None:
        await door.world.registered(NUMBER)
        ticks = await door.world.ticks()
        told(await door.get(LI, CASE))
        assert refused(await door.get(TOWN, CASE)) == (403, "unit.not-yours")
        assert await door.world.ticks() == ticks

    async def test_an_act_asked_twice_under_one_key_is_one(self, door: Door) -> None:
        incident = await door.world.registered(NUMBER)
        for _ in range(2):
            told(await door.post(LI, f"{CASE}/acts/calm", key="k1"))
        assert await door.world.types(incident) == ["matter-calmed"]


async def test_who_held_which_post_then_can_be_told(door: Door) -> None:
    who = {"name": "示例·辰", "unit": "QH-LX", "post": "liaison"}
    officer = told(await door.post(ADMIN, "/routing/officers", **who))["officer"]
    later = {**who, "post": "supervisor", "officer": officer}
    moved = told(await door.post(ADMIN, "/routing/officers", **later))["officer"]
    now = told(await door.get(ADMIN, "/routing/officers?at=2100-01-01T00:00:00Z"))
    since = now[0]["since"]
    before = told(await door.get(ADMIN, "/routing/officers?at=2026-03-02T06:00:00Z"))

    assert [(each["id"], each["post"]) for each in now] == [(moved, "supervisor")]
    assert before == []
    just_before = (datetime.fromisoformat(since) - timedelta(microseconds=1)).isoformat()
    then = told(await door.get(ADMIN, f"/routing/officers?at={just_before.replace('+00:00', 'Z')}"))
    assert [(each["post"], each["name"]) for each in then] == [("liaison", "示例·辰")]
    assert then[0]["until"] == since


async def test_packs_calendar_and_terms_are_for_the_administrator(door: Door) -> None:
    off = ["2027-01-01", "2027-05-01", "2027-05-02", "2027-10-01", "2027-10-02", "2027-10-03"]
    orders: dict[str, dict[str, Any]] = {
        "packs/adopt": {"unit": "QH-YZ", "pack": "zibo-middle-school", "reason": "校规"},
        "packs/withdraw": {"unit": "QH-YZ", "reason": "停用"},
        "calendar": {"year": 2027, "notice": "示例", "off_days": off},
        "terms": {"name": "2026春", "begins": "2026-03-01", "ends": "2026-07-05"},
    }
    for path, body in orders.items():
        own = await door.post(WU, f"/routing/{path}", **body)
        assert refused(own) == (403, "post.not-competent")
        assert told(await door.post(ADMIN, f"/routing/{path}", **body))["events"]
    listed = told(await door.get(WU, "/routing/packs?at=2100-01-01T00:00:00Z"))
    assert [each["unit"] for each in listed] == ["QH-JYJ"]
