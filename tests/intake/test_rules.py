"""Intake under packs, over real databases and HTTP: pins, acts on matters, a unit's days."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from services.intake.application import Intake
from services.intake.imports import Imports
from services.intake.tables import MODEL
from shared.calendar.days import day_of
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, associated_data, decode
from shared.contracts.intake import MatterNoted, SummaryMade
from shared.contracts.routing import (
    CaseRepinned,
    IncidentAssigned,
    PackAdopted,
    PackWithdrawn,
    ReportMade,
    StateDeclared,
)
from shared.copies.units import unit_id
from shared.errors import HuiyinError
from shared.identity.officer import Officer
from shared.identity.officers import Officers
from shared.policy import find_pack, load_pack
from shared.policy.engine.deeds import WORSENING
from shared.policy.language.pack import Pack
from shared.room import Room
from shared.store.database import open_tables
from shared.store.requests import Answer, Request
from shared.store.store import Store
from shared.vault.vault import Vault
from shared.web import prepare
from tests.acts.doing import do, of_unit
from tests.intake.story import event
from tests.intake.test_acts import RULES, pack
from tests.intake.test_imports import old

pytestmark = pytest.mark.anyio

LI = Officer("o-li", "己六", "QH-YZ", "info_officer")
EZ = Officer("o-ez", "甲二", "QH-EZ", "info_officer")
BUREAU = Officer("o-b", "甲一", "QH", "info_officer")
HEARD: dict[str, Any] = {
    "channel": "call",
    "category": "inquiry_demand",
    "title": "校车停运",
    "body": "正文",
}
LATER = pack('[axis.severity]\nzh = "级别"\nvalues = {a = "甲"}')


class Desk:
    """Intake and what it hears from routing."""

    def __init__(self, room: Room, vault: Vault) -> None:
        self.store: Store = room.store
        self.intake = Intake(room.store, vault)

    def hear(self, fact: Fact, of: UUID | None = None, **envelope: Any) -> None:
        """Something that routing says of a matter, or of a unit."""
        about = of or uuid4()
        told = {"stream": f"routing/case/{about}", "correlation": about, "id": uuid4()} | envelope
        said = event(fact)
        said = replace(said, envelope=said.envelope.model_copy(update=told))
        self.store.write_now(lambda tx: MODEL.note(tx.sql, [said]))

    def adopt(self, unit: str, chosen: Pack = RULES) -> None:
        """A unit adopts a pack."""
        self.hear(
            PackAdopted(
                unit=unit,
                pack=chosen.id,
                version=chosen.version,
                pin=chosen.pin,
                texts=chosen.texts,
                params={},
                reason="试用",
            )
        )

    async def registered(self, officer: Officer = LI, unit: str = "QH-YZ") -> tuple[str, UUID]:
        """A matter's number and id."""
        answer = await do(self.intake, officer, "register", "", unit=unit, **HEARD)
        return str(answer.number), UUID(str(answer.incident))

    async def act(self, officer: Officer, act: str, name: str, **said: Any) -> Answer:
        """An act on a matter."""
        return await do(self.intake, officer, act, name, **said)

    async def note(self, number: str, officer: Officer = LI, **said: Any) -> Answer:
        """A note about a matter."""
        return await self.act(officer, "note", number, **{"text": "又有三条"} | said)

    async def day(
        self, act: str, officer: Officer = LI, unit: str = "QH-YZ", **said: Any
    ) -> Answer:
        """An act of a unit's day."""
        return await do(self.intake, officer, of_unit(act), unit, **said)

    async def events(self) -> list[Recorded]:
        """Everything intake stored."""
        return [decode(bytes(each.state)) for each in await self.store.notifications(0, 1_000)]

    async def last(self) -> Recorded:
        """What intake stored last."""
        return (await self.events())[-1]


@pytest.fixture
async def desk(room: Room, vault: Vault) -> Desk:
    return Desk(room, vault)


async def refused(asked: Any) -> tuple[str, str | None]:
    with pytest.raises(HuiyinError) as problem:
        await asked
    return problem.value.code, problem.value.field


class TestPins:
    async def test_nothing_adopted_means_no_pin(self, desk: Desk, imports: Imports) -> None:
        await desk.registered()
        await imports.take("QH-YZ", [old()], LI.actor)

        assert [event.envelope.policy for event in await desk.events()] == [None] * 3

    async def test_registrations_and_imports_carry_the_pack_of_the_nearest_unit_above(
        self, desk: Desk, imports: Imports
    ) -> None:
        desk.adopt("QH")
        await desk.registered()
        desk.adopt("QH-YZ", LATER)
        await imports.take("QH-YZ", [old()], LI.actor)
        desk.hear(PackWithdrawn(unit="QH-YZ", pin=LATER.pin, reason="停用"))
        await desk.registered()

        pins = [event.envelope.policy for event in await desk.events()]
        assert pins == [RULES.pin, LATER.pin, LATER.pin, RULES.pin]

    async def test_a_matter_stays_under_its_rules_until_it_is_put_under_others(
        self, desk: Desk
    ) -> None:
        desk.adopt("QH")
        number, incident = await desk.registered()
        desk.adopt("QH", LATER)
        await desk.note(number)
        before = (await desk.last()).envelope.policy
        desk.hear(CaseRepinned(pin=LATER.pin, reason="改用"), incident)
        await desk.note(number)

        assert (before, (await desk.last()).envelope.policy) == (RULES.pin, LATER.pin)


class TestActsOnMatters:
    async def test_a_note_is_sealed_under_the_matters_key(self, desk: Desk, vault: Vault) -> None:
        number, incident = await desk.registered()
        await desk.note(number, text="又有三条")

        event = await desk.last()
        assert event.envelope.stream == f"intake/incident/{incident}"
        sealed = event.fact.text  # type: ignore[attr-defined]
        assert vault.open(sealed, associated_data(event.raw, "text")) == "又有三条"

    async def test_a_note_that_it_got_worse_says_so_by_its_kind_or_in_so_many_words(
        self, desk: Desk
    ) -> None:
        number, _ = await desk.registered()

        for kind, worse in ((WORSENING, True), ("tracking", False)):
            await desk.note(number, kind=kind)
            fact = (await desk.last()).fact
            assert isinstance(fact, MatterNoted)
            assert fact.worse is worse
        await desk.note(number, kind="tracking", worse=True)
        assert (await desk.last()).fact.worse  # type: ignore[attr-defined]

    async def test_a_gate_waits_for_what_routing_says(self, desk: Desk) -> None:
        desk.adopt("QH")
        number, incident = await desk.registered()

        closed = await refused(desk.note(number, kind="development"))
        desk.hear(ReportMade(to=("group_head",)), incident)
        await desk.note(number, kind="development")

        assert closed == ("gate.closed", "G1")
        assert (await desk.last()).fact.breaches == ()  # type: ignore[attr-defined]

    async def test_the_units_that_handle_it_speak_for_themselves(self, desk: Desk) -> None:
        number, incident = await desk.registered(BUREAU, "QH")
        before = await refused(desk.note(number, LI))
        assigned = IncidentAssigned(lead="QH-YZ", co_handling=(), instruction="")
        desk.hear(assigned, incident)

        await desk.note(number, LI)
        by_lead = (await desk.last()).envelope.unit
        await desk.note(number, BUREAU)
        by_bureau = (await desk.last()).envelope.unit

        assert before[0] == "unit.not-yours"
        assert await refused(desk.note(number, EZ)) == ("unit.not-yours", "unit")
        assert (by_lead, by_bureau) == ("QH-YZ", "QH")

    async def test_what_is_done_on_a_matter_is_said_of_it(self, desk: Desk) -> None:
        number, incident = await desk.registered()

        for act in ("inspect", "drill", "conduct", "file_return"):
            await desk.act(LI, act, number)

            told = (await desk.last()).envelope
            assert (told.kind, told.correlation) == ("incident", incident)

    async def test_a_registration_is_corrected_by_those_who_made_it(self, desk: Desk) -> None:
        number, _ = await desk.registered()
        when = {"posted_at": datetime(2026, 3, 1, tzinfo=UTC), "grounds": "看错"}

        await desk.act(LI, "correct", number, **when)
        again = await desk.act(LI, "correct", number, **when)

        assert (await desk.last()).envelope.type == "intake.registration-corrected.v1"
        assert again.events == ()
        assert (await refused(desk.act(EZ, "correct", number, **when)))[0] == "unit.not-yours"

    async def test_nothing_is_done_on_what_is_voided(self, desk: Desk) -> None:
        number, _ = await desk.registered()
        await desk.act(LI, "void", number, reason="误")

        assert (await refused(desk.note(number)))[0] == "incident.voided"


class TestDays:
    async def test_a_units_day_has_a_stream_of_its_own(self, desk: Desk, vault: Vault) -> None:
        desk.adopt("QH")
        answer = await desk.day("zero_report", text="今日无")

        event = await desk.last()
        day = unit_id("QH-YZ")
        assert event.envelope.stream == f"intake/unit-day/{day}"
        assert (event.envelope.correlation, event.envelope.unit) == (day, "QH-YZ")
        assert event.envelope.policy == RULES.pin
        assert (answer.incident, answer.number) == (None, "QH-YZ")
        sealed = event.fact.text  # type: ignore[attr-defined]
        assert vault.open(sealed, associated_data(event.raw, "text")) == "今日无"

    @pytest.mark.parametrize(
        ("unit", "code"), [("QH", "unit.not-yours"), ("QH-XX", "unit.unknown")]
    )
    async def test_it_is_told_by_the_unit_or_those_above(
        self, desk: Desk, unit: str, code: str
    ) -> None:
        assert (await refused(desk.day("browse", LI, unit)))[0] == code

        await desk.day("browse", BUREAU, "QH-YZ")
        assert (await desk.last()).envelope.unit == "QH-YZ"

    async def test_the_form_of_the_units_pack_is_asked_for(self, desk: Desk) -> None:
        desk.adopt("QH")
        now = desk.store.clock()
        spell: dict[str, Any] = {"begins": now - timedelta(days=1), "ends": now}

        lacking = await refused(desk.day("shift", **spell))
        await desk.day("shift", **spell, fields={"adverse": "无"})

        assert lacking == ("form.field-missing", "fields.adverse")
        assert (await desk.last()).fact.filled == ("adverse",)  # type: ignore[attr-defined]

    async def test_gates_know_the_past_and_the_states_of_the_unit(self, desk: Desk) -> None:
        gate = pack(
            """
            [state.outbreak]
            zh = "疫情"
            on = "unit"
            [gate.G]
            zh = "零报告之前须先检查"
            refuse = "zero_report"
            needs = "inspect"
            when = {state = "outbreak"}
        """.replace("            ", "")
        )
        desk.adopt("QH", gate)
        await desk.day("zero_report")
        declared = StateDeclared(state="outbreak", on=True)
        of = unit_id("QH")
        desk.hear(declared, of, stream=f"routing/unit-day/{of}", unit="QH")

        closed = await refused(desk.day("zero_report"))
        await desk.day("inspect")
        await desk.day("zero_report")

        assert closed == ("gate.closed", "G")

    async def test_said_twice_it_is_on_record_once(self, desk: Desk) -> None:
        at, request = desk.store.clock(), Request.of("o-li", "key", "print")

        first = await desk.day("browse", occurred_at=at)
        again = await desk.day("browse", occurred_at=at)
        one = await desk.day("inspect", request=request)
        same = await desk.day("inspect", request=request)

        assert (first.events, again.events) == (("intake.channels-browsed.v1",), ())
        assert one == same
        assert len(await desk.events()) == 2

    async def test_a_summary_tells_of_what_was_registered_since_the_last(self, desk: Desk) -> None:
        _, first = await desk.registered()
        mistaken, _ = await desk.registered()
        await desk.act(LI, "void", mistaken, reason="误")
        await desk.registered(EZ, "QH-EZ")

        assert await self.items(desk) == (first,)
        assert await self.items(desk) == ()
        number, second = await desk.registered()
        assert await self.items(desk) == (second,)
        assert await self.items(desk, [number, str(first), number]) == (second, first)
        assert await self.items(desk, []) == ()
        assert (await refused(desk.day("summarise", items=["x"])))[0] == "incident.unknown"

    async def test_a_daily_report_on_the_day_before_tells_of_that_day(self, desk: Desk) -> None:
        desk.adopt("QH", load_pack(find_pack("school-epidemic-system")))
        _, today = await desk.registered()
        words = {"epidemic_information": "无新增", "work_progress": "正常"}
        told: dict[str, Any] = {"kind": "daily", "to": ["coordination_group"], "fields": words}
        now = desk.store.clock()

        await desk.day("summarise", **told)
        before = (await desk.last()).fact
        await desk.day("summarise", **told, period=day_of(now).isoformat())
        named = (await desk.last()).fact
        await desk.day("summarise", kind="bulletin")
        other = (await desk.last()).fact

        assert isinstance(before, SummaryMade)
        assert isinstance(named, SummaryMade)
        assert isinstance(other, SummaryMade)
        assert (before.items, named.items, other.items) == ((), (today,), (today,))

    async def items(self, desk: Desk, given: list[str] | None = None) -> tuple[UUID, ...]:
        await desk.day("summarise", items=given)
        fact = (await desk.last()).fact
        assert isinstance(fact, SummaryMade)
        return fact.items


async def test_tables_folded_again_are_the_same(desk: Desk, imports: Imports) -> None:
    """The order of what comes from other rooms is not that of the record."""
    desk.adopt("QH")
    number, _ = await desk.registered()
    await imports.take("QH-YZ", [old()], LI.actor)
    await desk.day("browse")
    await desk.note(number)
    events = await desk.events()

    def rows() -> list[Any]:
        tables = ("registrations", "days", "incidents")
        return desk.store.read_now(
            lambda sql: [
                sorted(str(dict(row)) for row in sql.all(f"SELECT * FROM {each}"))
                for each in tables
            ]
        )

    before = rows()
    desk.store.write_now(lambda tx: MODEL.note(tx.sql, events))
    assert rows() == before


class TestDoor:
    @pytest.fixture
    async def door(
        self, room: Room, vault: Vault, location: str
    ) -> AsyncIterator[httpx2.AsyncClient]:
        app, officers = FastAPI(), Officers(open_tables(location, "identity"))
        app.include_router(room.router)
        prepare(app, officers, vault)
        headers = {"Authorization": f"Bearer {officers.enter(LI)}"}
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://huiyin.test", headers=headers
        ) as client:
            yield client
        officers.close()

    async def post(self, door: httpx2.AsyncClient, path: str, **body: Any) -> Any:
        response = await door.post(f"/intake/{path}", json=body)
        return response.json() if response.is_success else response.json()["code"]

    async def test_a_matter_is_registered_noted_and_corrected(
        self, door: httpx2.AsyncClient
    ) -> None:
        told = {"channel": "call", "title": "运动会", "matter": "activity"}
        planned = {"planned_at": "2028-01-01T08:00:00+08:00"}
        number = (await self.post(door, "incidents", **told, **planned))["number"]
        matter = f"incidents/{number}"

        noted = await self.post(door, f"{matter}/acts/note", kind="worsening", text="改期")
        inspected = await self.post(door, f"{matter}/acts/inspect", period="2026-03")
        corrected = await self.post(
            door, f"{matter}/correct", planned_at="2028-01-02T08:00:00+08:00", grounds="改期"
        )

        assert noted["events"] == ["intake.matter-noted.v1"]
        assert inspected["events"] == ["intake.inspection-made.v1"]
        assert corrected["events"] == ["intake.registration-corrected.v1"]
        assert await self.post(door, f"{matter}/correct", grounds="x") == "correct.nothing"
        assert await self.post(door, "incidents", channel="call", title="x") == "category.missing"
        assert await self.post(door, "incidents/x/acts/note", text="x") == "incident.unknown"

    async def test_a_day_is_told_for_ones_own_unit_without_its_code(
        self, door: httpx2.AsyncClient
    ) -> None:
        spell: dict[str, Any] = {
            "begins": "2026-03-02T08:00:00+08:00",
            "ends": "2026-03-03T08:00:00+08:00",
        }
        bodies: dict[str, dict[str, Any]] = {
            "browse": {"channels": ["call"]},
            "summarise": {"items": []},
            "zero_report": {"period": "2026-03-02"},
            "shift": spell,
            "file_return": {},
            "inspect": {},
            "drill": {},
            "conduct": {"text": "班主任会"},
        }
        for act, body in bodies.items():
            answer = await self.post(door, f"units/mine/acts/{act}", **body)
            assert (answer["number"], len(answer["events"])) == ("QH-YZ", 1), act

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("units/mine/acts/browse", {"who": "x"}, 422),
            ("units/mine/acts/note", {"text": "x"}, 404),
            ("units/mine/acts/shift", {}, 422),
            ("units/QH/acts/browse", {}, 403),
            (
                "incidents",
                {"channel": "call", "category": "x", "title": "x", "matter": "party"},
                422,
            ),
        ],
    )
    async def test_what_is_not_asked_for_here_is_refused(
        self, door: httpx2.AsyncClient, path: str, body: dict[str, Any], status: int
    ) -> None:
        response = await door.post(f"/intake/{path}", json=body)

        assert response.status_code == status
