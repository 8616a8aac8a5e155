"""The ledger as it stood: every prefix of the log can be read again, and is what it was."""

from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.entry import Filters
from services.reporting.ledger.row import CHANGED_BY, LedgerRow, project
from services.reporting.ledger.table import as_of, current
from services.reporting.versions import NOW
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentRegistered
from shared.contracts.routing import IncidentAssigned, IncidentClosed, IncidentGraded
from shared.copies.reach import EVERYTHING
from shared.store.database import Tables, open_tables
from shared.store.readmodel import Placed
from shared.store.sql import Sql
from tests.contracts.samples import envelope, sample
from tests.reporting.world import World
from tests.support.sizes import sized

INCIDENTS = [UUID(int=number) for number in (1, 2, 3)]

told = st.tuples(st.sampled_from(INCIDENTS), st.sampled_from(CHANGED_BY))
"""One event: which incident, and what kind of fact."""


@pytest.fixture
def tables(location: str) -> Any:
    """The ledger's table alone."""
    with closing(open_tables(location, "reporting")) as opened:
        with opened.writing() as sql:
            for statement in ledger_table.SCHEMA:
                sql.execute(statement)
        yield opened


@settings(
    max_examples=sized(25, 500),
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example empties the table
)
@given(st.lists(told, max_size=25), st.sets(st.integers(0, 25)))
def test_as_of_a_size_is_what_folding_that_prefix_gives(
    tables: Tables, history: list[tuple[UUID, type[Fact]]], cuts: set[int]
) -> None:
    placed = [
        Placed(leaf + 1, event(kind, incident)) for leaf, (incident, kind) in enumerate(history)
    ]
    bounds = sorted({0, len(placed), *(cut for cut in cuts if cut < len(placed))})

    with tables.writing() as sql:
        sql.execute("DELETE FROM ledger")
        for start, end in pairwise(bounds):  # in batches of any size
            ledger_table.apply(sql, placed[start:end])

    with tables.reading() as sql:
        for size in range(len(placed) + 1):
            assert as_of(sql, size) == folded(placed[:size])
        assert as_of(sql, NOW) == folded(placed)


def event(kind: type[Fact], incident: UUID) -> Recorded:
    """An event of an incident, whose number is its own."""
    fact = sample(kind)
    if isinstance(fact, IncidentRegistered):
        fact = fact.model_copy(update={"number": number(incident)})
    return Recorded(envelope(kind.TYPE, correlation=incident), fact, b"")


def number(incident: UUID) -> str:
    """The number that an incident is quoted by."""
    return f"QINGHE-2026-{incident.int:06d}"


def folded(placed: Sequence[Placed]) -> list[LedgerRow]:
    """The rows that a prefix leads to, by number; not those whose registration is still to come."""
    rows: dict[UUID, LedgerRow] = {}
    for position, told in placed:
        incident = told.envelope.correlation
        row = rows.get(incident, LedgerRow(str(incident)))
        rows[incident] = project(row, told, position - 1)
    known = [row for row in rows.values() if row.number is not None]
    return sorted(known, key=lambda row: row.number or "")


def apply(sql: Sql, *facts: tuple[type[Fact], UUID]) -> None:
    """One event after the other, from leaf 0 on."""
    batch = [Placed(at, event(kind, incident)) for at, (kind, incident) in enumerate(facts, 1)]
    ledger_table.apply(sql, batch)


def test_the_present_row_is_found_by_number_or_id_once_it_is_registered(tables: Tables) -> None:
    one, two, _ = INCIDENTS
    with tables.writing() as sql:
        apply(sql, (IncidentGraded, one), (IncidentRegistered, one), (IncidentGraded, two))

        by_number, by_id = current(sql, number(one)), current(sql, str(one))

        assert by_number == by_id
        assert by_number is not None
        assert (by_number.status, by_number.number) == ("graded", number(one))
        assert current(sql, "QINGHE-2026-999999") is None
        assert [row.number for row in as_of(sql, NOW)] == [number(one)]


def test_a_unit_sees_what_it_registered_leads_or_handles_with_others(tables: Tables) -> None:
    one, two, three = INCIDENTS
    with tables.writing() as sql:
        apply(
            sql,
            *((IncidentRegistered, incident) for incident in INCIDENTS),
            (IncidentAssigned, two),
            (IncidentClosed, three),
        )
        assigned = sample(IncidentAssigned)
        assert isinstance(assigned, IncidentAssigned)

        def seen(unit: str | None, status: str | None = None) -> list[str | None]:
            return [row.number for row in Filters(unit, status).rows(sql, NOW, EVERYTHING)]

        assert seen("QH-YZ") == [number(one), number(two), number(three)]
        assert seen(assigned.lead) == [number(two)]
        assert seen(assigned.co_handling[1]) == [number(two)]
        assert seen("QH") == []
        assert seen(None, "closed") == [number(three)]
        assert seen("QH-YZ", "assigned") == [number(two)]


@pytest.mark.anyio
async def test_words_that_a_database_cannot_keep_hold_up_no_other_incident(world: World) -> None:
    await world.registered("QINGHE-2026-000001", category="咨询\0求助")
    await world.registered("QINGHE-2026-000002")

    await world.sequence("intake")
    await world.folded()

    assert "QINGHE-2026-000002" in [row.number for row in await world.ledger()]
