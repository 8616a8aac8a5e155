"""Founding, units and appointments over a real database."""

import pytest

from shared.contracts.envelope import decode
from shared.contracts.routing import CountyFounded
from shared.errors import Refused
from tests.routing.world import ADMIN, BUREAU, COUNTY, World

pytestmark = pytest.mark.anyio


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
        lambda: world.appoint("示例·辰", "QH-LX", "liaison", BUREAU),
        lambda: world.appointments.officers(BUREAU),
    ):
        with pytest.raises(Refused, match=r"post\.not-competent"):
            await attempt()
    assert world.room.store.position() == before


async def test_who_judges_the_root_is_named_once_and_appointed_in_its_words(world: World) -> None:
    naming = world.administration.name_supervisor("SJ", "市教育局", ADMIN)
    named, again = await naming, await world.administration.name_supervisor("SJ", None, ADMIN)
    _, token = await world.appoint("示例·辰", "SJ", "supervisor")

    assert named.events == ("routing.unit-established.v1", "routing.supervisor-named.v1")
    assert (again.events, bool(token)) == ((), True)
    units = {unit.code: unit.parent for unit in await world.administration.units()}
    assert units["SJ"] is None


async def test_only_an_administrator_names_who_judges_the_root(world: World) -> None:
    with pytest.raises(Refused, match=r"post\.not-competent"):
        await world.administration.name_supervisor("QH-LX", None, BUREAU)
