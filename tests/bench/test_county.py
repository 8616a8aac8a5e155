"""The county that is measured is a sound one: what is told of it could have happened."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import InfrastructureFactory

from bench.county import running
from bench.progress import folded
from bench.stories import STAGES, some, tell_all
from bench.yardstick import Log, SqliteLedger, in_sqlite, project_by_hand, stored
from huiyin.host.host import Host
from huiyin.host.offline import rebuilt, verified
from services.reporting.ledger.table import NOW
from services.reporting.log.log import every_leaf
from shared.store.sql import Sql

pytestmark = pytest.mark.anyio

INCIDENTS = 10


@pytest.fixture
async def told() -> AsyncIterator[Host]:
    """A county in which ten incidents were told to the end."""
    async with running() as system:
        await tell_all(system, some(INCIDENTS))
        await folded(system)
        yield system


async def test_every_incident_is_closed_in_the_ledger_and_its_duty_met(told: Host) -> None:
    rows = told.rooms["reporting"].store.read_now(_present)
    assert [row["status"] for row in rows] == ["closed"] * INCIDENTS
    assert [row["verdict"] for row in rows] == ["met"] * INCIDENTS


async def test_when_all_is_folded_nothing_more_comes(told: Host) -> None:
    before = await folded(told)
    await told.settle()
    assert await folded(told) == before
    assert before >= INCIDENTS * len(STAGES)


async def test_record_and_read_models_hold(told: Host) -> None:
    await told.settle()
    assert verified(told.recorders).holds
    assert [each.table for each in rebuilt(told.recorders) if not each.holds] == []


async def test_the_librarys_way_leads_to_the_same_ledger(told: Host, tmp_path: Path) -> None:
    store = told.rooms["reporting"].store
    events = store.read_now(lambda sql: [leaf.raw for leaf in every_leaf(sql)])
    factory = InfrastructureFactory[SqliteLedger].construct(in_sqlite(tmp_path / "ledger.db"))
    with closing(factory), closing(Log(in_sqlite(tmp_path / "log.db"))) as log:
        log.recorder.insert_events(stored(events))
        view = factory.tracking_recorder(SqliteLedger)
        project_by_hand(log, view)
        with view.datastore.transaction(commit=False) as cursor:
            theirs = _present(Sql(cursor, postgres=False))
    assert theirs == store.read_now(_present)


def _present(sql: Sql) -> list[dict[str, Any]]:
    rows = sql.all("SELECT * FROM ledger WHERE to_leaf = ? AND number IS NOT NULL", (NOW,))
    return sorted((dict(row) for row in rows), key=lambda row: str(row["number"]))
