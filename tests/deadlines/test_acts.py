"""What people do about delays: more time, explanations, urging, circulation, settlements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from shared.contracts.deadlines import DelayExplained, DutyExtended, DutyMoved, UnitCirculated
from shared.contracts.routing import IncidentAssigned, SheetAccepted, SupervisorNamed
from shared.identity.officer import Officer
from shared.policy import Pack, find_pack, load_pack
from shared.web import prepare
from tests.deadlines.rota import BROWSING, DAILY, written
from tests.deadlines.world import World, at

pytestmark = pytest.mark.anyio

PUBLIC = "002-1.T08"
"""The public is answered three days after the post; five at the most."""

BEYOND, EARLIER = "2026-03-09T00:00:00+08:00", "2026-03-05T00:00:00+08:00"


@asynccontextmanager
async def acting(world: World, officer: Officer) -> AsyncIterator[httpx2.AsyncClient]:
    """The room as somebody asks it."""
    app = FastAPI()
    prepare(app, world.around.officers, world.around.vault)
    app.include_router(world.room.router)
    headers = {"Authorization": f"Bearer {world.around.officers.enter(officer)}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://huiyin", headers=headers
    ) as client:
        yield client


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """王老师 of 青禾县教育局 acts."""
    async with acting(world, Officer("o-1", "王老师", "QH", "office_director")) as client:
        yield client


@pytest.fixture
async def school(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """李老师 of 第二中学 acts."""
    async with acting(world, Officer("o-2", "李老师", "QH-EZ", "office_director")) as client:
        yield client


@pytest.fixture
def town() -> Pack:
    """The pack of 002-1."""
    return load_pack(find_pack("wanping-town-changanlu"))


@pytest.fixture
async def posted(world: World, town: Pack) -> UUID:
    """A message posted on 2026-03-02 under 002-1, with 第一中学 and 第二中学 assigned."""
    await world.established("QH")
    await world.established("QH-YZ", "QH")
    await world.established("QH-EZ", "QH")
    await world.adopted(town)
    await world.deliver("routing")
    incident = await world.registered(posted=at(2, 8), pack=town)
    await world.deliver("intake")
    return incident


async def assigned(world: World, incident: UUID) -> None:
    """Both schools sign for the copy notice."""
    sheet = IncidentAssigned(
        lead="QH-YZ", co_handling=("QH-EZ",), instruction="", kind="copy_notice"
    )
    await world.says("routing", incident, sheet)
    for unit in ("QH-YZ", "QH-EZ"):
        await world.says("routing", incident, SheetAccepted(kind="copy_notice", unit=unit))
    await world.deliver("routing")


async def does(
    client: httpx2.AsyncClient, incident: UUID, act: str, status: int = 200, **said: Any
) -> dict[str, Any]:
    answer = await client.post(f"/deadlines/incidents/{incident}/acts/{act}", json=said)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def states(world: World, incident: UUID) -> dict[str, str]:
    return {
        duty: row.state
        for (docket, duty), row in (await world.rows()).items()
        if docket == str(incident)
    }


async def test_more_time_moves_the_duty_up_to_the_ceiling(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    world.clock.now = at(4, 9)

    await does(client, posted, "extend", duty=PUBLIC, text="需现场核实")

    facts = [event.fact for event in await world.events(posted)]
    assert (
        DutyMoved(duty=PUBLIC, start=at(2, 8), due=at(8), provisional=False, because="extension")
        in facts
    )
    [granted] = [fact for fact in facts if isinstance(fact, DutyExtended)]
    assert (granted.of, granted.until) == (PUBLIC, at(8))
    await world.passes(at(7, 12))
    assert (await states(world, posted))[PUBLIC] == "running"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"duty": PUBLIC, "text": "忙", "until": BEYOND}, 409, "extend.beyond-ceiling"),
        ({"duty": PUBLIC, "text": "忙", "until": EARLIER}, 422, "extend.not-later"),
        ({"duty": PUBLIC}, 422, "reason.missing"),
        ({"duty": PUBLIC, "text": "忙", "approver": "nobody"}, 422, "approver.unknown"),
        ({"rule": "002-1.T03", "text": "忙"}, 409, "extend.not-provided"),
        ({"rule": "002-1.T09", "text": "忙", "until": BEYOND}, 409, "extend.beyond-ceiling"),
        ({"duty": "002-1.T99", "text": "忙"}, 404, "duty.unknown"),
        ({"rule": "002-1.T99", "text": "忙"}, 404, "rule.unknown"),
        ({"text": "忙"}, 422, "duty.missing"),
        ({"duty": PUBLIC, "to": ["nobody"], "text": "忙"}, 422, "act.unknown-to"),
    ],
)
async def test_more_time_is_refused_where_the_rule_gives_none(
    client: httpx2.AsyncClient, posted: UUID, said: dict[str, Any], status: int, code: str
) -> None:
    told = await does(client, posted, "extend", status, **said)

    assert told["code"] == code


async def test_after_the_limit_no_more_time_is_given(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    world.clock.now = at(6, 0, 1)

    told = await does(client, posted, "extend", 409, duty=PUBLIC, text="忙")

    assert told["code"] == "extend.too-late"


async def test_a_delay_is_urged_then_circulated_unless_it_was_explained(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    """Scenario 15: no reply by 03-06 00:01 is urged; without an explanation, circulated too."""
    await world.passes(at(6, 0, 1))
    ladder = {"002-1.T13/public", "002-1.SUP.supervise/public", "002-1.T14/public"}
    known = await states(world, posted)
    assert known[PUBLIC] == "missed"
    assert {known[rule] for rule in ladder} == {"running"}

    await does(client, posted, "urge", duty=PUBLIC)
    await does(client, posted, "circulate", duty=PUBLIC, to=["QH-YZ"])

    known = await states(world, posted)
    assert (known["002-1.T13/public"], known["002-1.T14/public"]) == ("measured", "measured")


@pytest.mark.parametrize("day", [5, 7], ids=["before the limit", "after it"])
async def test_an_explanation_stops_the_circulation_whenever_it_was_given(
    world: World, client: httpx2.AsyncClient, posted: UUID, day: int
) -> None:
    if day > 6:
        await world.passes(at(6, 0, 1))
    world.clock.now = at(day, 9)
    await does(client, posted, "explain", text="正在协调施工单位", rule=PUBLIC)
    await world.passes(at(8))

    told = await does(client, posted, "circulate", 409, duty=PUBLIC)

    assert told["code"] == "circulate.explained"
    assert (await states(world, posted))["002-1.T14/public"] == "cancelled"
    assert (await states(world, posted))["002-1.T13/public"] == "running"


async def test_a_circulation_that_has_happened_is_recorded_with_the_rule_it_breaks(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    await does(client, posted, "explain", text="正在协调施工单位")
    await world.passes(at(8))

    await does(client, posted, "circulate", duty=PUBLIC, happened=True)

    [fact] = [e.fact for e in await world.events(posted) if isinstance(e.fact, UnitCirculated)]
    assert fact.breaches == ("002-1.T14/public",)


async def test_one_unit_s_explanation_does_not_excuse_another(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    await assigned(world, posted)
    written_reply = next(d for d in await states(world, posted) if d.startswith("002-1.T05@QH-YZ"))
    await does(client, posted, "explain", duty=written_reply, text="材料已寄出")
    await world.passes(at(10))
    await does(client, posted, "urge", duty=written_reply)

    known = await states(world, posted)

    explained = next(e for e in await world.events(posted) if isinstance(e.fact, DelayExplained))
    assert explained.envelope.unit == "QH-YZ"
    circulated = {d: s for d, s in known.items() if d.startswith("002-1.T14/written")}
    urged = {d: s for d, s in known.items() if d.startswith("002-1.T13/written")}
    assert sorted(circulated.values()) == ["cancelled", "running"]
    assert sorted(urged.values()) == ["measured", "running"]


@pytest.mark.parametrize("named", [PUBLIC, "002-1.EXT.extension"])
async def test_what_was_recorded_late_is_settled_by_a_person(
    world: World, client: httpx2.AsyncClient, posted: UUID, named: str
) -> None:
    world.clock.now = at(6, 9)
    await world.published(posted, done=at(5, 9))
    await world.deliver("routing")
    path, body = f"/deadlines/incidents/{posted}/settle", {"duty": named, "in_time": True}

    empty = await client.post(path, json={**body, "grounds": " "})
    settled = await client.post(path, json={**body, "grounds": "网站截图"})
    again = await client.post(path, json={**body, "grounds": "网站截图"})

    assert [r.status_code for r in (empty, settled, again)] == [422, 200, 409]
    assert (await states(world, posted))[PUBLIC] == "settled_in_time"


async def test_nobody_clears_the_lateness_of_the_own_unit(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    world.clock.now = at(6, 9)
    await world.published(posted, done=at(5, 9))
    await world.deliver("routing")
    path = f"/deadlines/incidents/{posted}/settle"
    body = {"duty": PUBLIC, "in_time": True, "grounds": "网站截图"}
    bureau = client.headers["Authorization"]

    refused = []
    for unit in ("QH-YZ", "QH-EZ"):
        token = world.around.officers.enter(Officer(f"o-{unit}", "李老师", unit, "info_officer"))
        client.headers["Authorization"] = f"Bearer {token}"
        refused.append((await client.post(path, json=body)).json())
    client.headers["Authorization"] = bureau
    settled = await client.post(path, json=body)

    assert [each["code"] for each in refused] == ["cause.own", "unit.not-yours"]
    assert all("QH（QH）" in each["remedy"] for each in refused)
    assert settled.status_code == 200, settled.text


@pytest.mark.parametrize("to", [["QH"], ["QH-YZ", "QH"]])
async def test_the_root_is_circulated_only_by_who_supervises_it(
    world: World, client: httpx2.AsyncClient, posted: UUID, to: list[str]
) -> None:
    none = await does(client, posted, "circulate", 409, to=to)
    await world.established("DCS")
    await world.says("routing", uuid4(), SupervisorNamed(unit="QH", supervisor="DCS"))
    await world.deliver("routing")
    own = await does(client, posted, "circulate", 403, to=to)
    token = world.around.officers.enter(Officer("o-dcs", "戊五", "DCS", "supervisor"))
    client.headers["Authorization"] = f"Bearer {token}"
    done = await does(client, posted, "circulate", to=to)

    assert (none["code"], own["code"]) == ("supervisor.none", "cause.own")
    assert done["events"] == ["deadlines.unit-circulated.v1"]


async def test_what_supervises_the_root_takes_no_other_act_for_it(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    await world.established("DCS")
    await world.says("routing", uuid4(), SupervisorNamed(unit="QH", supervisor="DCS"))
    await world.deliver("routing")
    token = world.around.officers.enter(Officer("o-dcs", "戊五", "DCS", "supervisor"))
    client.headers["Authorization"] = f"Bearer {token}"

    assert (await does(client, posted, "urge", 403))["code"] == "unit.not-yours"


@pytest.mark.usefixtures("posted")
async def test_imported_history_is_never_urged(
    world: World, client: httpx2.AsyncClient, town: Pack
) -> None:
    old = await world.registered(posted=at(1), standing="imported", pack=town)
    await world.deliver("intake")

    assert (await does(client, old, "urge", 409))["code"] == "matter.imported"


async def test_an_officer_acts_for_units_under_his_own_only(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    token = world.around.officers.enter(Officer("o-2", "李老师", "QH-EZ", "info_officer"))
    client.headers["Authorization"] = f"Bearer {token}"

    assert (await does(client, posted, "urge", 403))["code"] == "unit.not-yours"


async def test_a_request_repeated_is_done_once(
    world: World, client: httpx2.AsyncClient, posted: UUID
) -> None:
    client.headers["Idempotency-Key"] = "k-1"

    first = await does(client, posted, "urge")
    second = await does(client, posted, "urge")

    assert first == second
    assert (await world.said(posted)).count("unit-urged") == 1


async def test_a_unit_s_period_is_explained_and_a_late_record_of_it_settled(
    world: World, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await world.established("QH")
    await world.established("QH-YZ", "QH")
    await world.adopted(written(tmp_path, BROWSING + DAILY), "QH-YZ")
    await world.deliver("routing")
    await world.passes(at(3, 1))
    base = "/deadlines/units/QH-YZ"
    day = {"duty": "S.1#2026-03-02"}

    said = await client.post(f"{base}/acts/explain", json={**day, "text": "停电"})
    refused = await client.post(f"{base}/acts/extend", json={**day, "text": "停电"})
    unknown = await client.post(f"{base}/acts/urge", json={"duty": "S.1#2026-02-02"})
    settled = await client.post(
        f"{base}/settle", json={**day, "in_time": True, "grounds": "有记录"}
    )
    listed = await client.get("/deadlines/duties", params={"unit": "QH-YZ", "period": "2026-03-02"})

    assert said.status_code == 200, said.text
    assert (refused.status_code, refused.json()["code"]) == (409, "extend.not-provided")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "duty.unknown")
    assert (settled.status_code, settled.json()["code"]) == (409, "settle.not-open")
    found = {duty["rule"]: duty for duty in listed.json()["duties"]}
    assert set(found) == {"S.1", "S.2"}
    assert (found["S.1"]["state"], found["S.1"]["incident"]) == ("missed", None)
    assert (found["S.1"]["count_wanted"], found["S.1"]["count_done"]) == (3, 0)


async def test_a_unit_that_lost_a_matter_owes_nothing_and_still_explains(
    world: World, posted: UUID, school: httpx2.AsyncClient
) -> None:
    await assigned(world, posted)
    alone = IncidentAssigned(lead="QH-YZ", co_handling=(), instruction="", kind="copy_notice")
    await world.says("routing", posted, alone)
    await world.deliver("routing")

    await does(school, posted, "explain", rule="002-1.T05", text="已改由第一中学办理")
    refused = await does(school, posted, "urge", 403, rule="002-1.T05")

    rows = {row.duty: (row.state, row.because) for row in (await world.rows()).values()}
    assert rows["002-1.T05@QH-EZ"] == ("cancelled", "reassigned")
    assert rows["002-1.T05@QH-YZ"] == ("running", None)
    assert refused["code"] == "unit.not-yours"
    explained = next(e for e in await world.events(posted) if isinstance(e.fact, DelayExplained))
    assert explained.envelope.unit == "QH-EZ"
