"""Rebuilding: the ledger folded afresh from the log is the live one, row by row."""

import pytest

from services.reporting.projector import MODEL
from services.reporting.rebuild import Compared, compare
from shared.contracts.reporting import IncidentErased
from shared.contracts.routing import IncidentAssigned, IncidentClosed, IncidentGraded
from tests.reporting.world import IN_ONE_DATABASE, World

pytestmark = pytest.mark.anyio

GRADED = IncidentGraded(grade="major", grounds="多人反映")
ASSIGNED = IncidentAssigned(lead="QH-YZ", co_handling=("QH-LX",), instruction="")
CLOSED = IncidentClosed(outcome="answered", note="")


async def told(world: World) -> None:
    """Two incidents, heard of in the wrong order, and one of them erased."""
    one = await world.registered("QINGHE-2026-000001")
    two = await world.registered("QINGHE-2026-000002")
    await world.say("routing", one, GRADED, ASSIGNED, CLOSED)
    await world.say("routing", two, ASSIGNED)
    await world.say("reporting", one, IncidentErased(keys=(), grounds="期限届满"))
    await world.sequence("routing", "reporting", "intake")


def compared(world: World) -> Compared:
    """What comparing the ledger finds."""
    tables = compare({"reporting": MODEL}, world.recorders, world.log)
    return next(each for each in tables if each.table == "ledger")


async def test_the_live_ledger_is_what_the_log_says(world: World) -> None:
    await told(world)

    found = compared(world)

    assert found.holds, found
    assert found.live == found.rebuilt == 7
    assert [row.status for row in await world.ledger()] == ["closed", "assigned"]


@IN_ONE_DATABASE
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE ledger SET grade = 'larger' WHERE grade = 'major' AND from_leaf = 0", "grade"),
        ("UPDATE ledger SET to_leaf = 2 WHERE to_leaf = 1", "to_leaf"),
        ("UPDATE ledger SET late_seconds = 0 WHERE from_leaf = 4", "late_seconds"),
        ("DELETE FROM ledger WHERE from_leaf = 3", "重建有而现有没有"),
        ("UPDATE ledger SET incident = '0' WHERE from_leaf = 0", "('0', 0)：现有而重建没有"),
    ],
)
async def test_a_row_that_was_changed_is_named_with_what_differs(
    world: World, change: str, said: str
) -> None:
    await told(world)
    with world.log.writing() as sql:
        sql.execute(change)

    found = compared(world)

    assert found.holds is False
    assert found.difference is not None
    assert said in found.difference


async def test_what_the_ledger_has_not_folded_yet_is_no_difference(world: World) -> None:
    await told(world)
    with world.log.writing() as sql:  # as it stood two leaves ago
        sql.execute("DELETE FROM ledger WHERE from_leaf >= 5")
        sql.execute("UPDATE ledger SET to_leaf = 4611686018427387904 WHERE to_leaf >= 5")
        sql.execute("UPDATE tracking SET position = 5 WHERE upstream = 'log'")

    assert compared(world).holds

    await world.folded()
    assert compared(world).holds
    assert compared(world).live == 7
