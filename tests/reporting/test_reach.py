"""Who may read which matter (可见范围), by the versions of its row in the ledger."""

from uuid import UUID, uuid4

import pytest

from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.entry import Filters, export
from services.reporting.ledger.files import ledger_sheet
from services.reporting.log.feed import Wanted, read_page
from services.reporting.reach import check_seen
from services.reporting.versions import NOW
from shared.contracts.routing import (
    CountyFounded,
    IncidentAssigned,
    SupervisorNamed,
    UnitEstablished,
)
from shared.copies.reach import EVERYTHING, Reach, reach_of
from shared.errors import Refused, Unknown
from shared.identity.officer import Officer
from tests.reporting.world import IN_ONE_DATABASE, START, World

pytestmark = pytest.mark.anyio

NUMBER = "QINGHE-2026-000001"
UNITS = {"QINGHE": None, "QH-YZ": "QINGHE", "QH-EZ": "QINGHE", "QH-ZX": "QINGHE", "QH-XX": "QH-ZX"}


@pytest.fixture
async def told(world: World) -> tuple[World, UUID]:
    """QH-YZ registered a matter; QH-EZ led it, until QH-XX was given it."""
    founded = CountyFounded(code="QINGHE", name="青禾县", root="QINGHE", demonstration=False)
    units = (UnitEstablished(code=c, name=c, aliases=(), parent=p) for c, p in UNITS.items())
    await world.say("routing", uuid4(), founded, *units, unit="QINGHE")
    incident = await world.registered(NUMBER)
    await world.sequence()
    await world.say("routing", incident, assigned("QH-EZ"), unit="QINGHE")
    await world.say("routing", incident, assigned("QH-XX"), unit="QINGHE")
    await world.sequence()
    return world, incident


def assigned(lead: str, *others: str) -> IncidentAssigned:
    """Who handles it."""
    return IncidentAssigned(lead=lead, co_handling=others, instruction="")


async def reach(world: World, unit: str) -> Reach:
    """How far an officer of a unit reads."""
    officer = Officer("o-1", "示例", unit, "info_officer")
    return await world.room.store.read(lambda sql: reach_of(sql, officer))


async def upto(world: World, unit: str) -> int:
    """How many leaves such an officer may read of the matter."""
    theirs = await reach(world, unit)
    return await world.room.store.read(
        lambda sql: check_seen(sql, theirs, ledger_table.known(sql, NUMBER), NUMBER)
    )


async def listed(world: World, unit: str) -> int:
    """How many rows such an officer's ledger has."""
    theirs = await reach(world, unit)
    return len(await world.room.store.read(lambda sql: ledger_table.as_of(sql, NOW, theirs)))


@pytest.mark.parametrize("unit", ["QH-YZ", "QH-XX", "QH-ZX", "QINGHE"])
async def test_who_takes_part_and_all_above_see_the_matter(
    told: tuple[World, UUID], unit: str
) -> None:
    world, _ = told

    assert await upto(world, unit) == NOW
    assert await listed(world, unit) == 1


async def test_co_handlers_see_it_too(told: tuple[World, UUID]) -> None:
    world, incident = told
    await world.say("routing", incident, assigned("QH-YZ", "QH-EZ", "QH-XX"))
    await world.sequence()

    assert await upto(world, "QH-EZ") == await upto(world, "QH-ZX") == NOW
    assert await listed(world, "QH-EZ") == await listed(world, "QH-ZX") == 1


async def test_who_left_sees_it_as_it_stood_before_the_event_that_took_it_away(
    told: tuple[World, UUID],
) -> None:
    world, incident = told
    size = await upto(world, "QH-EZ")

    row = await world.room.store.read(lambda sql: ledger_table.at(sql, str(incident), size))

    assert row is not None
    assert row.lead == "QH-EZ"
    assert await listed(world, "QH-EZ") == 0


async def test_who_is_given_it_again_sees_all_of_it(told: tuple[World, UUID]) -> None:
    world, incident = told
    await world.say("routing", incident, assigned("QH-EZ"))
    await world.sequence()

    assert await upto(world, "QH-EZ") == NOW
    assert await upto(world, "QH-ZX") < NOW


async def test_who_never_took_part_is_refused_and_told_nothing(told: tuple[World, UUID]) -> None:
    world, incident = told
    stranger = UnitEstablished(code="QH", name="示例", aliases=(), parent="QINGHE")
    await world.say("routing", uuid4(), stranger)
    await world.sequence()

    with pytest.raises(Refused) as refused:
        await upto(world, "QH")

    assert refused.value.code == "matter.not-yours"
    assert NUMBER not in str(refused.value)
    assert await listed(world, "QH") == 0  # though every other code begins like its own
    assert str(incident) not in str(refused.value)


async def test_before_it_is_known_whose_a_matter_is_nobody_knows_it(
    told: tuple[World, UUID],
) -> None:
    world, theirs = told[0], await reach(told[0], "QH-EZ")
    early = uuid4()
    await world.say("routing", early, assigned("QH-YZ"))
    await world.sequence()

    def ask(name: str) -> int:
        with world.log.reading() as sql:
            return check_seen(sql, theirs, ledger_table.known(sql, name), name)

    with pytest.raises(Unknown):
        ask(str(early))


async def test_until_units_are_heard_of_nobody_reads_more_than_the_own(world: World) -> None:
    assert await reach(world, "QH-YZ") == Reach("QH-YZ", frozenset({"QH-YZ"}))
    assert await world.room.store.read(lambda sql: reach_of(sql, None)) == EVERYTHING


async def test_the_root_reads_without_any_condition(told: tuple[World, UUID]) -> None:
    assert (await reach(told[0], "QINGHE")).units is None


async def test_the_feed_gives_what_is_within_reach_and_goes_on_behind_the_rest(
    told: tuple[World, UUID],
) -> None:
    world, incident = told

    def read(theirs: Reach) -> tuple[list[str], int]:
        with world.log.reading() as sql:
            leaves, behind = read_page(sql, 0, 1000, Wanted(), theirs)
            return [leaf.correlation for leaf in leaves], behind

    everything, end = read(EVERYTHING)
    own, own_end = read(await reach(world, "QH-YZ"))
    left, _ = read(await reach(world, "QH-EZ"))

    assert own == [str(incident)] * 3
    assert left == [str(incident)] * 2
    assert (end, own_end) == (len(everything), len(everything))


@IN_ONE_DATABASE
async def test_a_file_says_of_which_unit_it_is_a_part(told: tuple[World, UUID]) -> None:
    world, _ = told
    theirs = await reach(world, "QH-ZX")
    with world.log.reading() as sql:
        part = export(sql, world.vault, Filters(), None, START, theirs)
        whole = export(sql, world.vault, Filters(), None, START, EVERYTHING)

    assert "范围：QH-ZX（QH-ZX）及其下级单位参与的事件" in ledger_sheet(part).notes
    assert not any(note.startswith("范围") for note in ledger_sheet(whole).notes)
    assert (part.of, whole.of) == ("QH-ZX", None)


async def test_a_supervising_unit_reads_what_it_judges_and_the_root_no_less_than_before(
    told: tuple[World, UUID],
) -> None:
    world, _ = told
    outside = UnitEstablished(code="SJ", name="市局", aliases=(), parent=None)
    await world.say("routing", uuid4(), outside, unit="QINGHE")
    await world.sequence()
    assert (await reach(world, "SJ")).units == frozenset({"SJ"})

    named = SupervisorNamed(unit="QINGHE", supervisor="SJ")
    await world.say("routing", uuid4(), named, unit="QINGHE")
    await world.sequence()

    assert [(await reach(world, unit)).units for unit in ("SJ", "QINGHE")] == [None, None]
    assert (await reach(world, "QH-ZX")).units == frozenset({"QH-ZX", "QH-XX"})
