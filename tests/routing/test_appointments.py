"""Appointments over a real database: events first, then the directory with names and tokens."""

from datetime import timedelta
from typing import Any

import pytest

from services.routing.orders import Leaving, Recognition, TokenLost
from shared.contracts.envelope import decode
from shared.contracts.routing import AppointmentEnded, OfficerAppointed, TokenIssued, TokenWithdrawn
from shared.errors import Invalid, Refused, Unavailable
from shared.identity.officer import Officer
from shared.identity.sessions import Sessions
from shared.store.requests import Request
from tests.routing.world import ADMIN, BUREAU, START, World

pytestmark = pytest.mark.anyio

NEW = ("示例·辰", "QH-LX", "liaison")
SCHOOL = Officer("o-school", "示例·巳", "QH-YZ", "administrator")
TERM = START + timedelta(days=30)


async def facts(world: World) -> list[object]:
    """Everything on record."""
    return [decode(each.state).fact for each in await world.room.store.notifications(0, 1000)]


async def said_of(world: World, officer: str) -> list[type[object]]:
    """What is on record of an appointment, in order."""
    return [type(each) for each in await facts(world) if getattr(each, "officer", "") == officer]


class TestAppoint:
    async def test_the_token_opens_the_door_and_no_event_holds_the_name(self, world: World) -> None:
        officer_id, token = await world.appoint(*NEW, until=TERM)

        assert world.officers.by_token(token) == Officer(officer_id, *NEW)
        last = (await world.room.store.notifications(0, 1000))[-1].state
        fact = decode(last).fact
        assert isinstance(fact, OfficerAppointed)
        assert (fact.officer, fact.person, fact.until) == (officer_id, officer_id, TERM)
        assert str(fact.name).startswith("hmac-sha256:")
        assert "示例·辰".encode() not in last
        assert token.encode() not in last

    async def test_the_name_is_committed_to_under_a_key_of_the_person(self, world: World) -> None:
        names = []
        for name in ("示例·辰", "示例·辰"):
            await world.appoint(name, "QH-LX", "liaison")
            fact = (await facts(world))[-1]
            assert isinstance(fact, OfficerAppointed)
            names.append(fact.name)
        assert len(set(names)) == 2  # equal names of two persons cannot be told to be equal

    async def test_another_post_is_another_appointment_of_the_same_person(
        self, world: World
    ) -> None:
        first, old = await world.appoint(*NEW)
        second, token = await world.appoint("示例·辰", "QH-JYJ", "supervisor", officer=first)

        assert world.officers.by_token(token) == Officer(second, "示例·辰", "QH-JYJ", "supervisor")
        with pytest.raises(Refused, match=r"token\.unknown"):
            world.officers.by_token(old)
        assert await said_of(world, first) == [OfficerAppointed, AppointmentEnded]
        [entry] = [e for e in await world.appointments.officers(ADMIN) if e.id == second]
        assert (entry.person, entry.active) == (first, True)

    async def test_two_posts_are_held_at_once_where_that_is_said(self, world: World) -> None:
        first, old = await world.appoint(*NEW)
        second, new = await world.appoint(
            "示例·辰", "QH-LX", "supervisor", officer=first, besides=True
        )
        assert [world.officers.by_token(each).id for each in (old, new)] == [first, second]

    @pytest.mark.parametrize(
        ("who", "code"),
        [
            ((" ", "QH-LX", "liaison"), "name.missing"),
            (("示例·辰", "QH-X", "liaison"), "unit.unknown"),
            (("示例·辰", "QH-LX", "censor"), "post.unknown"),
        ],
    )
    async def test_nobody_is_entered_for_a_wrong_appointment(
        self, world: World, who: tuple[str, str, str], code: str
    ) -> None:
        with pytest.raises(Invalid) as caught:
            await world.appoint(*who)
        assert caught.value.code == code
        assert world.officers.all() == []

    async def test_a_new_token_alone_is_an_event_too(self, world: World) -> None:
        officer_id, first = await world.appoint(*NEW)
        again, second = await world.appoint(*NEW, officer=officer_id)

        assert await said_of(world, officer_id) == [OfficerAppointed, TokenIssued]
        assert world.officers.by_token(second).id == again == officer_id
        with pytest.raises(Refused, match=r"token\.unknown"):
            world.officers.by_token(first)

    async def test_an_administrator_reaches_no_further_than_the_own_unit(
        self, world: World
    ) -> None:
        officer_id, token = await world.appoint(*NEW)
        with pytest.raises(Refused, match=r"unit\.not-yours"):
            await world.appoint(*NEW, by=SCHOOL)
        with pytest.raises(Refused, match=r"unit\.not-yours"):  # taken over from another unit
            await world.appoint("示例·辰", "QH-YZ", "liaison", by=SCHOOL, officer=officer_id)
        assert world.officers.by_token(token).unit == "QH-LX"
        await world.appoint("示例·午", "QH-YZ", "liaison", by=SCHOOL)

    async def test_a_repeated_request_after_a_failed_directory_enters_the_same_officer(
        self, world: World
    ) -> None:
        request = Request.of(ADMIN.id, "k1", "appoint")
        world.break_directory()
        with pytest.raises(Unavailable):
            await world.appoint(*NEW, request=request)
        world.mend_directory()

        officer_id, token = await world.appoint(*NEW, request=request)

        assert await said_of(world, officer_id) == [OfficerAppointed]
        assert world.officers.by_token(token) == Officer(officer_id, *NEW)

    async def test_an_old_request_repeated_does_not_bring_back_an_old_post(
        self, world: World
    ) -> None:
        request = Request.of(ADMIN.id, "k1", "appoint")
        officer_id, _ = await world.appoint(*NEW, request=request)
        await world.appoint("示例·辰", "QH-JYJ", "supervisor", officer=officer_id)

        with pytest.raises(Refused, match=r"appointment\.over"):
            await world.appoint(*NEW, request=request)


class TestSubstitute:
    async def test_both_names_are_on_record(self, world: World) -> None:
        principal, _ = await world.appoint(*NEW)
        substitute, token = await world.appoint(
            "示例·午", "QH-LX", "liaison", instead_of=principal, until=TERM
        )
        assert world.officers.by_token(token).post == "liaison"
        assert world.officers.names()[substitute] == "示例·午（代示例·辰）"
        fact = (await facts(world))[-1]
        assert isinstance(fact, OfficerAppointed)
        assert fact.instead_of == principal

    async def test_nobody_stands_for_a_substitute(self, world: World) -> None:
        principal, _ = await world.appoint(*NEW)
        post: dict[str, Any] = {"until": TERM}
        first, _ = await world.appoint("示例·午", *NEW[1:], instead_of=principal, **post)
        with pytest.raises(Refused, match=r"substitute\.not-possible"):
            await world.appoint("示例·未", *NEW[1:], instead_of=first, **post)


class TestLeave:
    async def test_post_token_and_sessions_end_at_once_and_open_work_is_handed_over(
        self, world: World
    ) -> None:
        await world.registered("QINGHE-2026-000001", "QH-LX")
        await world.registered("QINGHE-2026-000002", "QH-LX")
        officer_id, token = await world.appoint(*NEW)
        heir, _ = await world.appoint("示例·午", "QH-LX", "liaison")
        sessions = Sessions(world.officers)
        session = sessions.open(token, START)
        who = world.officers.by_token(token)
        await world.act(who, "draft", "QINGHE-2026-000001", kind="result", text="已补发。")

        left = await world.appointments.leave(
            officer_id, Leaving(reason="退休", successor=heir), ADMIN, None
        )

        assert left.open_work == ("QINGHE-2026-000001",)
        with pytest.raises(Refused, match=r"token\.unknown"):
            world.officers.by_token(token)
        assert sessions.officer(session, START) is None
        fact = (await facts(world))[-1]
        assert isinstance(fact, AppointmentEnded)
        assert (fact.open_work, fact.successor) == (left.open_work, heir)

    async def test_nobody_of_another_unit_ends_it(self, world: World) -> None:
        officer_id, token = await world.appoint(*NEW)
        for officer, code in ((SCHOOL, "unit.not-yours"), (BUREAU, "post.not-competent")):
            with pytest.raises(Refused) as caught:
                await world.appointments.leave(officer_id, Leaving(reason="退休"), officer, None)
            assert caught.value.code == code
        assert world.officers.by_token(token).id == officer_id

    async def test_who_has_left_leaves_no_second_time(self, world: World) -> None:
        officer_id, _ = await world.appoint(*NEW)
        for _ in range(2):
            await world.appointments.leave(officer_id, Leaving(reason="退休"), ADMIN, None)
        assert await said_of(world, officer_id) == [OfficerAppointed, AppointmentEnded]


class TestTokens:
    async def test_a_token_withdrawn_opens_nothing_and_the_post_stays(self, world: World) -> None:
        officer_id, token = await world.appoint(*NEW)
        await world.appointments.withdraw_token(officer_id, TokenLost(reason="丢失"), ADMIN, None)
        with pytest.raises(Refused, match=r"token\.unknown"):
            world.officers.by_token(token)
        assert await said_of(world, officer_id) == [OfficerAppointed, TokenWithdrawn]
        _, token = await world.appoint(*NEW, officer=officer_id)
        assert world.officers.by_token(token).id == officer_id

    async def test_a_token_ends_with_the_term_and_begins_with_it(self, world: World) -> None:
        _, over = await world.appoint(*NEW, until=START + timedelta(seconds=1))
        _, early = await world.appoint(*NEW, since=START + timedelta(days=1))
        assert world.officers.by_token(over)
        with pytest.raises(Refused, match=r"token\.not-valid"):
            world.officers.by_token(early)
        world.officers.clock = lambda: START + timedelta(seconds=1)
        with pytest.raises(Refused, match=r"token\.not-valid"):
            world.officers.by_token(over)

    async def test_a_token_without_a_term_expires_after_a_year(self, world: World) -> None:
        _, token = await world.appoint(*NEW)
        world.officers.clock = lambda: START + timedelta(days=365)
        assert world.officers.by_token(token)
        world.officers.clock = lambda: START + timedelta(days=366)
        with pytest.raises(Refused, match=r"token\.not-valid"):
            world.officers.by_token(token)


class TestFourEyes:
    NUMBER = "QINGHE-2026-000001"

    async def drafted(self, world: World, drafter: str) -> Officer:
        """A draft by somebody, who holds a leading post besides."""
        await world.registered(self.NUMBER)
        first, token = await world.appoint("示例·辰", "QH-YZ", "info_officer")
        who = world.officers.by_token(token)
        await world.act(who, "draft", self.NUMBER, kind="result", text="两本课本已补发。")
        known: dict[str, Any] = {"officer": first, "besides": True} if drafter == "known" else {}
        _, token = await world.appoint("示例·辰", "QH-YZ", "principal_leader", **known)
        return world.officers.by_token(token)

    async def test_nobody_approves_his_own_words_in_another_post(self, world: World) -> None:
        leader = await self.drafted(world, "known")
        with pytest.raises(Refused, match="drafter"):
            await world.act(leader, "approve", self.NUMBER)

    async def test_nor_once_it_is_recognised_whose_they_are(self, world: World) -> None:
        leader = await self.drafted(world, "unknown")
        [first] = [
            each.id
            for each in await world.appointments.officers(ADMIN)
            if each.post == "info_officer"
        ]
        order = Recognition(same_as=first, reason="名册核对")
        await world.appointments.recognise(leader.id, order, ADMIN, None)
        with pytest.raises(Refused, match="drafter"):
            await world.act(leader, "approve", self.NUMBER)

    async def test_another_person_approves(self, world: World) -> None:
        leader = await self.drafted(world, "unknown")
        await world.act(leader, "approve", self.NUMBER)


async def test_an_auditor_takes_no_act(world: World) -> None:
    await world.registered("QINGHE-2026-000001")
    _, token = await world.appoint("示例·申", "QH-JYJ", "auditor", until=TERM)
    auditor = world.officers.by_token(token)
    with pytest.raises(Refused, match=r"post\.reads-only"):
        await world.act(auditor, "grade", "QINGHE-2026-000001", grade="ordinary", grounds="一般")
    await world.act(BUREAU, "grade", "QINGHE-2026-000001", grade="ordinary", grounds="一般")
