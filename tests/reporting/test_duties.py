"""Duties as they stood, and tables that another release made."""

from datetime import timedelta

import pytest

from services.reporting.duties import table as duties_table
from services.reporting.projector import MODEL
from services.reporting.rebuild import compare
from shared.contracts.deadlines import STATES, DutyStarted
from shared.contracts.envelope import Recorded
from shared.copies.reach import EVERYTHING
from shared.duties import CHANGED_BY, DutyRow, project
from shared.errors import Unavailable
from shared.store.sql import Sql
from tests.contracts.samples import envelope, sample
from tests.reporting.console.desk import FIRST, SECOND, THIRD, Desk, met, missed
from tests.reporting.world import IN_ONE_DATABASE, START, World

DUE = START + timedelta(days=2)


@pytest.mark.parametrize("kind", list(STATES))
def test_each_verdict_leaves_a_started_duty_in_its_state(kind: type) -> None:
    started = project(None, event(DutyStarted))
    assert started is not None
    assert started.state == "running"

    judged = project(started, event(kind))

    assert judged is not None
    assert judged.state == STATES[kind]
    assert judged.due == started.due


def test_a_verdict_alone_tells_of_no_duty() -> None:
    assert [project(None, event(kind)) for kind in STATES] == [None] * len(STATES)


def test_the_table_wants_what_changes_a_duty_and_nothing_else() -> None:
    assert set(duties_table.MODEL.facts) == set(CHANGED_BY)


def event(kind: type) -> Recorded:
    """An event of that kind."""
    return Recorded(envelope(kind.TYPE), sample(kind), b"")  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_a_duty_can_be_read_as_it_stood_after_each_leaf(world: World) -> None:
    desk = Desk(world)
    incident = await desk.register(FIRST, due=DUE)  # leaves 0 and 1
    await desk.then("deadlines", incident, missed(DUE), met(DUE))

    def states(sql: Sql) -> list[list[str]]:
        rows = [duties_table.of_incident(sql, str(incident), size) for size in range(5)]
        return [[row.state for row in each] for each in rows]

    assert await world.room.store.read(states) == [[], [], ["running"], ["missed"], ["met"]]


@pytest.mark.anyio
async def test_tables_of_another_release_are_made_anew_from_the_log(world: World) -> None:
    desk = Desk(world)
    await desk.story()
    before = await world.room.store.read(rows)
    with world.log.writing() as sql:  # as an earlier release left them
        sql.execute("DROP TABLE duties")
        sql.execute("UPDATE read_models SET shape = 'older'")
    with pytest.raises(Unavailable, match=r"read-model\.older"):
        compare({"reporting": MODEL}, world.recorders, world.log)

    renewal = world.room.renewal
    assert renewal is not None
    assert await renewal.begin()
    assert not await renewal.begin()
    await renewal.run()

    assert await world.room.store.read(rows) == before
    assert all(table.holds for table in compare({"reporting": MODEL}, world.recorders, world.log))
    assert [row.number for row in await world.ledger()] == [FIRST, SECOND, THIRD]


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_a_change_by_hand_is_found_by_comparing(world: World) -> None:
    await Desk(world).story()
    with world.log.writing() as sql:
        sql.execute("UPDATE duties SET state = 'met' WHERE state = 'missed'")

    differing = [
        t for t in compare({"reporting": MODEL}, world.recorders, world.log) if not t.holds
    ]

    assert [table.table for table in differing] == ["duties"]


def rows(sql: Sql) -> list[DutyRow]:
    """Every duty owed."""
    page = slice(0, 10)
    listed, _ = duties_table.owed(sql, None, None, "live", EVERYTHING, by_unit=False, page=page)
    return [owed.duty for owed in listed]
