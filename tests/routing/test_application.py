"""Routing's commands on incidents over a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.routing.application import Drafted
from services.routing.tables import MODEL
from shared.clock import to_micros
from shared.contracts.envelope import associated_data, decode
from shared.contracts.intake import IncidentLinked, IncidentVoided
from shared.contracts.routing import ReplyDrafted, ReplyPublished, ReportMade
from shared.copies.matters import KnownIncident, find
from shared.errors import Invalid, Refused, Unknown
from shared.identity.officer import Officer
from shared.store.requests import Answer, Request
from shared.store.transaction import Transaction
from tests.routing.world import ADMIN, BUREAU, LI, START, TOWN, WU, World, later

pytestmark = pytest.mark.anyio

NUMBER = "QINGHE-2026-000001"
TEXT = "课本本周五前补齐, 给您添了不便。"
BOARD = "message_board"
MAJOR: dict[str, Any] = {"grade": "major", "grounds": "多家转发"}


async def assigned(world: World, lead: str = "QH-YZ", unit: str = "QH-YZ") -> UUID:
    """Given an incident of a unit that leads a case."""
    incident = await world.registered(NUMBER, unit)
    await world.act(BUREAU, "assign", NUMBER, lead=lead)
    return incident


async def drafted(world: World, officer: Officer = LI, text: str = TEXT) -> Drafted:
    """Given a draft of a final reply."""
    done = await world.act(officer, "draft", NUMBER, kind="result", text=text)
    assert isinstance(done, Drafted)
    return done


async def approved(world: World) -> UUID:
    """Given a draft by one officer that another approved."""
    incident = await assigned(world)
    await drafted(world)
    await world.act(WU, "approve", NUMBER)
    return incident


@pytest.mark.parametrize(("form", "key"), [({}, "reply"), ({"situation": "属实"}, "matter")])
async def test_of_an_erased_matter_a_paper_is_refused_by_the_first_key_it_needs(
    world: World, form: dict[str, str], key: str
) -> None:
    incident = await world.registered(NUMBER)
    await asyncio.to_thread(world.vault.shred, str(incident))

    with pytest.raises(Refused) as refused:
        await world.act(LI, "draft", NUMBER, kind="result", text=TEXT, fields=form)
    assert refused.value.code == "vault.key-erased"
    assert f"{incident}/{key}" in refused.value.message


async def test_two_officers_lead_an_incident_from_grading_to_closing(world: World) -> None:
    incident = await world.registered(NUMBER)

    await world.act(BUREAU, "grade", NUMBER, grade="ordinary", grounds="个别咨询")
    await world.act(
        BUREAU, "assign", NUMBER, lead="QH-YZ", co_handling=["QH-LX"], instruction="三日内答复"
    )
    draft = (await drafted(world)).draft
    await world.act(WU, "approve", NUMBER, draft=draft)
    await world.act(LI, "publish", NUMBER, channel=BOARD, draft=draft)
    done = await world.act(WU, "close", NUMBER, note="已回访")

    assert await world.types(incident) == [
        "incident-graded",
        "incident-assigned",
        "reply-drafted",
        "reply-approved",
        "reply-published",
        "incident-closed",
    ]
    assert (done.incident, done.number) == (str(incident), NUMBER)
    assert done.position == f"routing:{world.room.store.position()}"


async def test_the_published_words_open_and_carry_the_lead_units_name(world: World) -> None:
    incident = await approved(world)

    await world.act(LI, "publish", NUMBER, channel=BOARD)

    event = (await world.case(incident))[-1]
    assert isinstance(event.fact, ReplyPublished)
    assert event.fact.named_unit == "青禾县第一中学"
    assert world.vault.open(event.fact.text, associated_data(event.raw, "text")) == TEXT
    assert TEXT.encode() not in event.raw


async def test_the_approved_text_may_be_given_again_when_publishing(world: World) -> None:
    incident = await approved(world)
    await world.act(LI, "publish", NUMBER, channel=BOARD, text=TEXT)
    assert (await world.types(incident))[-1] == "reply-published"


async def test_another_text_than_approved_is_not_published(world: World) -> None:
    incident = await approved(world)

    with pytest.raises(Refused, match=r"publish\.text-differs"):
        await world.act(LI, "publish", NUMBER, channel=BOARD, text=TEXT + "！")

    assert "reply-published" not in await world.types(incident)


@pytest.mark.parametrize("text", [None, TEXT])
async def test_nothing_is_published_before_anything_was_drafted(
    world: World, text: str | None
) -> None:
    await assigned(world)
    with pytest.raises(Refused, match=r"publish\.not-approved"):
        await world.act(LI, "publish", NUMBER, channel=BOARD, text=text)


async def test_an_approver_who_wrote_the_same_text_is_refused(world: World) -> None:
    await assigned(world)
    first = await drafted(world, LI)
    await drafted(world, WU)

    for officer in (LI, WU):
        with pytest.raises(Refused) as caught:
            await world.act(officer, "approve", NUMBER, draft=first.draft)
        assert caught.value.code == "drafter"

    done = await world.act(BUREAU, "approve", NUMBER, draft=first.draft)
    assert done.events == ("routing.reply-approved.v2",)


async def test_the_same_words_in_two_incidents_have_unrelated_commitments(world: World) -> None:
    commitments = []
    for number in (NUMBER, "QINGHE-2026-000002"):
        incident = await world.registered(number)
        await world.act(BUREAU, "assign", number, lead="QH-YZ")
        await world.act(LI, "draft", number, kind="result", text=TEXT)
        fact = (await world.case(incident))[-1].fact
        assert isinstance(fact, ReplyDrafted)
        commitments.append(fact.content)
    assert len(set(commitments)) == 2


async def test_an_incident_is_found_by_its_id_too(world: World) -> None:
    incident = await world.registered(NUMBER)
    done = await world.act(BUREAU, "grade", str(incident), **MAJOR)
    assert done.number == NUMBER


async def test_an_unknown_incident_is_answered_with_what_was_heard_so_far(world: World) -> None:
    await world.registered(NUMBER)
    heard = world.upstream.position()

    with pytest.raises(Unknown) as caught:
        await world.act(BUREAU, "grade", "QINGHE-2026-000099", grade="major", grounds="x")

    assert (caught.value.code, caught.value.field) == ("incident.unknown", "incident")
    assert f"intake:{heard}" in caught.value.message


async def test_a_lead_or_co_handling_unit_must_be_known(world: World) -> None:
    await world.registered(NUMBER)
    for lead, co_handling, field in (("QH-X", (), "lead"), ("QH-YZ", ("QH-X",), "co_handling")):
        with pytest.raises(Invalid) as caught:
            await world.act(BUREAU, "assign", NUMBER, lead=lead, co_handling=co_handling)
        assert (caught.value.code, caught.value.field) == ("unit.unknown", field)


async def test_a_unit_assigns_to_itself_and_to_those_under_it(world: World) -> None:
    await world.administration.establish_unit("QH-XCD", "校车队", (), "QH-YZ", ADMIN)
    incident = await world.registered(NUMBER)

    await world.act(LI, "assign", NUMBER, lead="QH-XCD", co_handling=["QH-YZ"])
    again = await world.act(LI, "assign", NUMBER, lead="QH-XCD", co_handling=["QH-YZ"])

    assert again.events == ()
    assert await world.types(incident) == ["incident-assigned"]


@pytest.mark.parametrize(
    ("lead", "co_handling", "field"),
    [("QH-JYJ", [], "lead"), ("QH-LX", [], "lead"), ("QH-YZ", ["QH-LX"], "co_handling")],
    ids=["upwards", "sideways", "with one sideways"],
)
async def test_a_unit_assigns_nothing_upwards_or_sideways(
    world: World, lead: str, co_handling: list[str], field: str
) -> None:
    incident = await world.registered(NUMBER)

    with pytest.raises(Refused) as caught:
        await world.act(LI, "assign", NUMBER, lead=lead, co_handling=co_handling)

    assert (caught.value.code, caught.value.field) == ("assign.not-below", field)
    assert "提级" in caught.value.remedy
    assert "移送" in caught.value.remedy
    assert await world.types(incident) == []


async def test_what_a_co_handling_unit_reports_is_its_own_act(world: World) -> None:
    incident = await world.registered(NUMBER)
    await world.act(BUREAU, "assign", NUMBER, lead="QH-YZ", co_handling=["QH-LX"])

    for officer in (TOWN, LI, BUREAU):
        await world.act(officer, "report", NUMBER, kind="follow_up", to=["office"])

    made = [e for e in await world.case(incident) if isinstance(e.fact, ReportMade)]
    assert [event.envelope.unit for event in made] == ["QH-LX", "QH-YZ", "QH-YZ"]


async def test_events_carry_the_unit_that_had_the_matter_in_hand(world: World) -> None:
    incident = await world.registered(NUMBER, "QH-YZ")

    await world.act(LI, "grade", NUMBER, grade="ordinary", grounds="个别咨询")
    await world.act(BUREAU, "assign", NUMBER, lead="QH-LX")
    await world.act(TOWN, "draft", NUMBER, kind="interim", text=TEXT)

    units = [event.envelope.unit for event in await world.case(incident)]
    assert units == ["QH-YZ", "QH-YZ", "QH-LX"]


class TestWithinOnesUnit:
    async def test_the_lead_does_not_grade_or_assign_for_who_registered(self, world: World) -> None:
        await assigned(world, lead="QH-LX", unit="QH-YZ")
        with pytest.raises(Refused, match=r"unit\.not-yours"):
            await world.act(TOWN, "grade", NUMBER, **MAJOR)
        with pytest.raises(Refused, match=r"unit\.not-yours"):
            await world.act(TOWN, "assign", NUMBER, lead="QH-YZ")

    @pytest.mark.parametrize("officer", [LI, TOWN, BUREAU], ids=lambda officer: officer.unit)
    async def test_the_lead_and_who_registered_and_those_above_draft(
        self, world: World, officer: Officer
    ) -> None:
        incident = await assigned(world, lead="QH-LX", unit="QH-YZ")
        await drafted(world, officer)
        assert (await world.types(incident))[-1] == "reply-drafted"

    async def test_no_other_unit_drafts_approves_publishes_or_closes(self, world: World) -> None:
        incident = await approved(world)
        before = await world.types(incident)
        attempts: list[Callable[[], Awaitable[Answer]]] = [
            lambda: world.act(TOWN, "draft", NUMBER, kind="result", text=TEXT),
            lambda: world.act(TOWN, "approve", NUMBER),
            lambda: world.act(TOWN, "publish", NUMBER, channel=BOARD),
            lambda: world.act(TOWN, "close", NUMBER),
        ]
        for attempt in attempts:
            with pytest.raises(Refused, match=r"unit\.not-yours"):
                await attempt()
        assert await world.types(incident) == before

    async def test_a_former_lead_has_no_more_say(self, world: World) -> None:
        await assigned(world, lead="QH-LX", unit="QH-YZ")
        await world.act(BUREAU, "assign", NUMBER, lead="QH-YZ")
        with pytest.raises(Refused, match=r"unit\.not-yours"):
            await drafted(world, TOWN)


class TestTimes:
    async def test_a_claimed_moment_is_kept_beside_the_recorded_one(self, world: World) -> None:
        incident = await world.registered(NUMBER)
        await world.act(BUREAU, "grade", NUMBER, **MAJOR, occurred_at=later(-1))
        envelope = (await world.case(incident))[-1].envelope
        assert envelope.occurred_at == later(-1)
        assert envelope.recorded_at >= START

    async def test_without_a_claim_it_happened_when_recorded(self, world: World) -> None:
        incident = await world.registered(NUMBER)
        await world.act(BUREAU, "grade", NUMBER, **MAJOR)
        envelope = (await world.case(incident))[-1].envelope
        assert to_micros(envelope.occurred_at) == to_micros(envelope.recorded_at)

    async def test_a_clock_a_little_ahead_is_tolerated(self, world: World) -> None:
        await world.registered(NUMBER)
        ahead = START + timedelta(minutes=4)
        done = await world.act(BUREAU, "grade", NUMBER, **MAJOR, occurred_at=ahead)
        assert done.events == ("routing.incident-graded.v2",)

    async def test_the_future_has_not_happened(self, world: World) -> None:
        await world.registered(NUMBER)
        ahead = START + timedelta(minutes=6)
        with pytest.raises(Invalid, match=r"time\.in-future"):
            await world.act(BUREAU, "grade", NUMBER, **MAJOR, occurred_at=ahead)


class TestAskedTwice:
    async def test_the_same_request_adds_one_event_and_gets_the_same_answer(
        self, world: World
    ) -> None:
        incident = await world.registered(NUMBER)
        request = Request.of(BUREAU.id, "k1", "major")

        answers = [
            await world.act(BUREAU, "grade", NUMBER, **MAJOR, request=request) for _ in range(2)
        ]

        assert answers[0] == answers[1]
        assert await world.types(incident) == ["incident-graded"]

    async def test_a_repeated_draft_names_the_same_draft(self, world: World) -> None:
        incident = await assigned(world)
        request = Request.of(LI.id, "k1", "draft")

        answers = [
            await world.act(LI, "draft", NUMBER, kind="result", text=TEXT, request=request)
            for _ in range(2)
        ]

        fact = (await world.case(incident))[-1].fact
        assert isinstance(fact, ReplyDrafted)
        assert answers[0] == answers[1]
        assert isinstance(answers[0], Drafted)
        assert answers[0].draft == fact.draft
        assert await world.types(incident) == ["incident-assigned", "reply-drafted"]

    async def test_without_a_key_two_drafts_are_two(self, world: World) -> None:
        await assigned(world)
        assert (await drafted(world)).draft != (await drafted(world)).draft

    async def test_a_key_does_not_serve_another_request(self, world: World) -> None:
        incident = await world.registered(NUMBER)
        first = Request.of(BUREAU.id, "k1", "major")
        other = Request.of(BUREAU.id, "k1", "ordinary")
        await world.act(BUREAU, "grade", NUMBER, **MAJOR, request=first)

        with pytest.raises(Refused, match=r"request\.key-reused"):
            await world.act(
                BUREAU, "grade", NUMBER, grade="ordinary", grounds="已平息", request=other
            )

        assert await world.types(incident) == ["incident-graded"]

    async def test_said_again_without_a_key_nothing_new_happens(self, world: World) -> None:
        incident = await approved(world)
        before = await world.types(incident)
        again = await world.act(WU, "approve", NUMBER)
        assert (again.events, again.hash) == ((), None)
        assert await world.types(incident) == before


class TestHeardFromIntake:
    async def test_a_linked_incident_is_handled_no_further(self, world: World) -> None:
        incident = await world.registered(NUMBER)
        other = await world.registered("QINGHE-2026-000002")
        link = IncidentLinked(to=other, to_number="QINGHE-2026-000002", grounds="同一件事")
        await world.say(incident, "QH-YZ", link)
        await world.deliver()
        with pytest.raises(Refused, match=r"incident\.linked"):
            await world.act(BUREAU, "grade", NUMBER, **MAJOR)

    async def test_a_voided_incident_is_handled_no_further(self, world: World) -> None:
        incident = await approved(world)
        await world.say(incident, "QH-YZ", IncidentVoided(reason="误登记"))
        await world.deliver()
        with pytest.raises(Refused, match=r"incident\.voided"):
            await world.act(LI, "publish", NUMBER, channel=BOARD)

    async def test_the_tables_are_the_same_whichever_service_is_read_first(
        self, world: World
    ) -> None:
        incident = await assigned(world, lead="QH-LX")
        await world.say(incident, "QH-YZ", IncidentVoided(reason="误登记"))
        await world.deliver()
        own = await world.case(incident)
        heard = [decode(n.state) for n in await world.upstream.notifications(0, 1000)]

        def afresh(tx: Transaction) -> tuple[KnownIncident, KnownIncident]:
            before = find(tx.sql, NUMBER)
            tx.sql.execute("DELETE FROM incidents")
            MODEL.note(tx.sql, own)
            MODEL.note(tx.sql, heard)
            return before, find(tx.sql, NUMBER)

        before, after = await world.room.store.write(afresh)
        known = KnownIncident(incident, NUMBER, "QH-YZ", "voided", False, "QH-LX", ())
        assert after == before == known
