"""Founding, units and appointments over a real database."""

import pytest

from shared.contracts.envelope import decode
from shared.contracts.routing import CountyFounded, OfficerAppointed
from shared.errors import Invalid, Refused, Unavailable
from shared.identity.officers import Officer
from shared.store.requests import Request
from tests.routing.world import ADMIN, BUREAU, COUNTY, World

pytestmark = pytest.mark.anyio

NEW = ("示例·辰", "QH-LX", "liaison")


async def appointments(world: World) -> list[OfficerAppointed]:
    """Every appointment on record."""
    stored = await world.room.store.notifications(0, 1000)
    facts = [decode(each.state).fact for each in stored]
    return [fact for fact in facts if isinstance(fact, OfficerAppointed)]


async def test_founding_puts_county_and_root_on_record_once(world: World) -> None:
    again = await world.administration.found_county(COUNTY, "青禾县教育局", ADMIN)

    stored = [decode(each.state) for each in await world.room.store.notifications(0, 1000)]
    assert again.events == ()
    assert [e.envelope.type for e in stored] == [
        "routing.county-founded.v1",
        "routing.unit-established.v1",
        "routing.pack-adopted.v1",
        *["routing.unit-established.v1"] * 2,
    ]
    assert all(e.envelope.correlation == e.envelope.stream_id for e in stored)


async def test_another_county_is_refused_in_the_same_store(world: World) -> None:
    other = CountyFounded(code="BAIHE", name="白禾县", root="BH-JYJ", demonstration=False)
    with pytest.raises(Refused, match=r"county\.already-founded"):
        await world.administration.found_county(other, "白禾县教育局", ADMIN)


async def test_a_unit_is_in_the_directory_at_once(world: World) -> None:
    done = await world.administration.establish_unit(
        "QH-LXXX", "柳溪镇中心小学", ("柳溪小学",), "QH-LX", ADMIN
    )

    units = {unit.code: unit for unit in await world.administration.units()}
    assert (units["QH-LXXX"].parent, units["QH-LXXX"].aliases) == ("QH-LX", ("柳溪小学",))
    assert (done.incident, done.number) == (None, "QH-LXXX")
    assert done.position == f"routing:{world.room.store.position()}"


async def test_a_units_changes_are_in_one_stream(world: World) -> None:
    await world.administration.establish_unit("QH-LX", "柳溪镇教育管理办", (), None, ADMIN)

    stored = [decode(each.state).envelope for each in await world.room.store.notifications(0, 99)]
    of_town = [envelope for envelope in stored if envelope.unit == "QH-LX"]
    assert [envelope.seq for envelope in of_town] == [1, 2]
    assert len({envelope.stream for envelope in of_town}) == 1


async def test_the_same_unit_again_is_quiet(world: World) -> None:
    again = await world.administration.establish_unit("QH-LX", "柳溪镇教育办", (), None, ADMIN)
    assert again.events == ()


async def test_whoever_is_no_administrator_changes_nothing(world: World) -> None:
    before = world.room.store.position()
    office = world.administration
    for attempt in (
        lambda: office.found_county(COUNTY, "局", BUREAU),
        lambda: office.establish_unit("QH-X", "某校", (), None, BUREAU),
        lambda: office.appoint(*NEW, BUREAU),
        lambda: office.officers(BUREAU),
    ):
        with pytest.raises(Refused, match=r"post\.not-competent"):
            await attempt()
    assert world.room.store.position() == before


class TestAppoint:
    async def test_the_token_opens_the_door_and_no_event_holds_the_name(self, world: World) -> None:
        officer_id, token = await world.administration.appoint(*NEW, ADMIN)

        assert world.officers.by_token(token) == Officer(officer_id, *NEW)
        last = (await world.room.store.notifications(0, 1000))[-1].state
        assert decode(last).fact == OfficerAppointed(
            officer=officer_id, post="liaison", unit="QH-LX"
        )
        assert "示例·辰".encode() not in last
        assert token.encode() not in last

    async def test_a_known_officer_gets_another_post(self, world: World) -> None:
        officer_id, _ = await world.administration.appoint(*NEW, ADMIN)
        again, token = await world.administration.appoint(
            "示例·辰", "QH-JYJ", "supervisor", ADMIN, officer_id
        )
        assert again == officer_id
        assert world.officers.by_token(token).post == "supervisor"
        assert [each.officer for each in await appointments(world)] == [officer_id] * 2

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
            await world.administration.appoint(*who, ADMIN)
        assert caught.value.code == code
        assert world.officers.all() == []

    async def test_the_same_post_again_adds_no_event_and_gives_a_new_token(
        self, world: World
    ) -> None:
        officer_id, first = await world.administration.appoint(*NEW, ADMIN)
        _, second = await world.administration.appoint(*NEW, ADMIN, officer_id)
        assert len(await appointments(world)) == 1
        assert world.officers.by_token(second).id == officer_id
        with pytest.raises(Refused, match=r"token\.unknown"):
            world.officers.by_token(first)

    async def test_a_repeated_request_after_a_failed_directory_enters_the_same_officer(
        self, world: World
    ) -> None:
        request = Request.of(ADMIN.id, "k1", "appoint")
        world.break_directory()
        with pytest.raises(Unavailable):
            await world.administration.appoint(*NEW, ADMIN, request=request)
        world.mend_directory()

        officer_id, token = await world.administration.appoint(*NEW, ADMIN, request=request)

        assert [each.officer for each in await appointments(world)] == [officer_id]
        assert world.officers.by_token(token) == Officer(officer_id, *NEW)

    async def test_an_old_request_repeated_does_not_bring_back_an_old_post(
        self, world: World
    ) -> None:
        request = Request.of(ADMIN.id, "k1", "appoint")
        officer_id, _ = await world.administration.appoint(*NEW, ADMIN, request=request)
        await world.administration.appoint("示例·辰", "QH-JYJ", "supervisor", ADMIN, officer_id)

        _, token = await world.administration.appoint(*NEW, ADMIN, request=request)

        now = world.officers.by_token(token)
        assert (now.unit, now.post) == ("QH-JYJ", "supervisor")


async def test_who_judges_the_root_is_named_once_and_appointed_in_its_words(world: World) -> None:
    naming = world.administration.name_supervisor("SJ", "市教育局", ADMIN)
    named, again = await naming, await world.administration.name_supervisor("SJ", None, ADMIN)
    _, token = await world.administration.appoint("示例·辰", "SJ", "supervisor", ADMIN)

    assert named.events == ("routing.unit-established.v1", "routing.supervisor-named.v1")
    assert (again.events, bool(token)) == ((), True)
    units = {unit.code: unit.parent for unit in await world.administration.units()}
    assert units["SJ"] is None


async def test_only_an_administrator_names_who_judges_the_root(world: World) -> None:
    with pytest.raises(Refused, match=r"post\.not-competent"):
        await world.administration.name_supervisor("QH-LX", None, BUREAU)
