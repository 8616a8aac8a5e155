"""What the room hears becomes duties and verdicts, in whatever order it hears it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from services.deadlines import tables
from services.deadlines.scheduler import observe_due
from services.deadlines.tables import MODEL, fold_duties
from shared.clock import to_micros
from shared.contracts.deadlines import DutyStarted
from shared.contracts.intake import IncidentRegistered, IncidentVoided
from shared.contracts.routing import StandingConflictFound
from shared.copies.matters import FACTS
from shared.copies.reach import EVERYTHING
from shared.policy import COUNTY_BASELINE, Pack, load_pack
from shared.store.database import SqliteTables
from shared.store.readmodel import Placed
from tests.deadlines.world import Upstream, World, at

pytestmark = pytest.mark.anyio


async def test_a_registration_starts_the_clock_from_the_post(world: World) -> None:
    incident = await world.registered(posted=at(1, 23), discovered=at(2, 8))

    await world.deliver("intake")

    [event] = await world.events(incident)
    assert event.fact == DutyStarted(
        duty="B.T01",
        title="回复",
        clause="自发帖之日起三日内公开回复",
        party="handling_unit",
        stop="publish",
        start=at(1, 23),
        due=at(5),
        rule="B.T01",
        each="",
        clock="days",
        known_at=(await world.heard(IncidentRegistered))[0].envelope.recorded_at,
        provisional=False,
        period=None,
    )
    said = (await world.upstreams["intake"].notifications(0, 1))[0]
    envelope = event.envelope
    assert envelope.stream == f"deadlines/docket/{incident}"
    assert (envelope.correlation, envelope.unit) == (incident, "QH-YZ")
    assert str(envelope.cause) in said.state.decode()
    assert envelope.policy == load_pack(COUNTY_BASELINE).pin
    assert (envelope.actor.officer, envelope.actor.post) == ("system", "deadlines")
    assert envelope.occurred_at == envelope.recorded_at


async def test_without_a_time_of_posting_it_counts_from_the_discovery(world: World) -> None:
    incident = await world.registered(discovered=at(1, 8))

    await world.deliver("intake")

    assert (await world.row(incident)).due == to_micros(at(5))


async def test_without_either_it_counts_from_the_registration(world: World) -> None:
    incident = await world.registered()

    await world.deliver("intake")

    assert (await world.row(incident)).due == to_micros(at(6))


async def test_a_second_registration_changes_nothing(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.registered(posted=at(2), incident=incident)

    await world.deliver("intake")

    assert await world.said(incident) == ["started"]
    assert (await world.row(incident)).due == to_micros(at(5))


async def test_events_delivered_twice_change_nothing(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.published(incident)
    await world.deliver("intake", "routing")

    await world.deliver("intake", "routing", again=5)

    assert await world.said(incident) == ["started", "met"]


@pytest.mark.parametrize("kind", ["interim", "result"])
async def test_any_published_reply_fulfils_the_duty(world: World, kind: str) -> None:
    incident = await world.registered(posted=at(1))
    await world.published(incident, kind=kind)

    await world.deliver("intake", "routing")

    row = await world.row(incident)
    assert (row.state, row.done_at) == ("met", to_micros(at(2, 9)))
    assert row.spare_seconds == timedelta(days=2, hours=15).total_seconds()


async def test_a_reply_after_the_limit_is_late(world: World) -> None:
    incident = await world.registered(posted=at(1))
    world.clock.now = at(5, 0, 1)
    await world.published(incident)

    await world.deliver("intake", "routing")

    row = await world.row(incident)
    assert (row.state, row.late_seconds) == ("met_late", 60)


async def test_a_reply_claimed_in_time_but_recorded_after_the_limit_is_set_apart(
    world: World,
) -> None:
    incident = await world.registered(posted=at(1))
    world.clock.now = at(5, 8)
    await world.published(incident, done=at(4, 23))

    await world.deliver("intake", "routing")

    assert await world.said(incident) == ["started", "missed", "recorded-late"]


async def test_a_reply_that_was_on_its_way_corrects_a_miss(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.published(incident)
    await world.deliver("intake")
    world.clock.now = at(5, 0, 1)
    await world.store.write(lambda tx: observe_due(tx, world.clock()))

    await world.deliver("routing")

    assert await world.said(incident) == ["started", "missed", "superseded"]


async def test_voiding_and_linking_end_what_runs(world: World) -> None:
    voided, linked = await world.registered(posted=at(1)), await world.registered(posted=at(1))
    await world.voided(voided)
    await world.linked(linked)

    await world.deliver("intake")

    assert (await world.row(voided)).because == "voided"
    assert (await world.row(linked)).because == "linked"


async def test_an_answered_import_has_its_verdict_at_once_and_apart(world: World) -> None:
    incident = await world.registered(posted=at(1) - timedelta(days=900), standing="imported")
    replied = at(1) - timedelta(days=890)
    await world.published(incident, done=replied, standing="imported")
    await world.closed(incident, "answered")

    await world.deliver("intake", "routing")

    events = await world.events(incident)
    assert await world.said(incident) == ["started", "met-late"]
    assert {event.envelope.standing for event in events} == {"imported"}
    assert (await world.row(incident)).standing == "imported"


async def test_an_import_answered_in_time_is_in_time_though_recorded_years_later(
    world: World,
) -> None:
    posted = at(1, 9) - timedelta(days=900)
    incident = await world.registered(posted=posted, standing="imported")
    await world.published(incident, done=posted + timedelta(days=1), standing="imported")

    await world.deliver("intake", "routing")

    assert await world.said(incident) == ["started", "met"]


async def test_an_import_closed_without_an_answer_is_history(world: World) -> None:
    incident = await world.registered(posted=at(1) - timedelta(days=900), standing="imported")
    await world.closed(incident, "history")

    await world.deliver("intake", "routing")

    row = await world.row(incident)
    assert (row.state, row.because, row.standing) == ("cancelled", "history", "imported")


async def test_an_import_left_open_and_answered_here_keeps_its_standing(world: World) -> None:
    incident = await world.registered(posted=at(1) - timedelta(days=9), standing="imported")
    await world.published(incident)

    await world.deliver("intake", "routing")

    last = (await world.events(incident))[-1]
    assert last.envelope.type == "deadlines.duty-met-late.v1"
    assert last.envelope.standing == "imported"


async def test_closing_an_answered_incident_says_nothing_of_its_duty(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.closed(incident, "answered")

    await world.deliver("intake", "routing")

    assert await world.said(incident) == ["started"]


async def test_the_lead_unit_is_kept_also_when_it_is_heard_of_first(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.assigned(incident, "QH-EZ")
    await world.assigned(incident, "QH-SZ")

    await world.deliver("routing", "intake")

    [(_, _, lead)] = await world.store.read(
        lambda sql: tables.duties(sql, EVERYTHING, None, "QH-SZ", 9)
    )
    assert lead == "QH-SZ"
    assert (
        await world.store.read(lambda sql: tables.duties(sql, EVERYTHING, None, "QH-YZ", 9)) == []
    )


async def test_what_came_early_keeps_its_times_and_its_cause(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.published(incident, done=at(2, 8))
    await world.deliver("routing")
    assert await world.events() == []
    world.clock.now = at(9)

    await world.deliver("intake")

    said = (await world.upstreams["routing"].notifications(0, 1))[0]
    last = (await world.events(incident))[-1]
    assert (await world.row(incident)).done_at == to_micros(at(2, 8))
    assert last.envelope.type == "deadlines.duty-met.v1"
    assert str(last.envelope.cause) in said.state.decode()


async def test_the_order_in_which_the_upstreams_are_heard_does_not_matter(world: World) -> None:
    for of_intake in (["registered"], ["registered", "voided"], ["registered", "linked"]):
        for of_routing in (["assigned", "published", "late"], ["late", "published"], []):
            ends = [
                await _end(world, of_intake, of_routing, order)
                for order in _orders(len(of_intake), len(of_routing))
            ]
            assert len(set(ends)) == 1, (of_intake, of_routing, ends)


@pytest.mark.parametrize("order", [("intake", "routing"), ("routing", "intake")])
async def test_a_void_that_knew_too_little_ends_nothing_in_whichever_order_it_is_heard(
    world: World, order: tuple[Upstream, Upstream]
) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")
    await world.voided(incident)
    [void] = await world.heard(IncidentVoided)
    found = StandingConflictFound(
        ended=void.envelope.id, because="voided", unknown=(void.envelope.id,)
    )
    await world.says("routing", incident, found)

    for upstream in order:
        await world.deliver(upstream)

    assert (await world.row(incident)).state == "running"
    assert await world.said(incident) == (
        ["started", "cancelled", "resumed"] if order[0] == "intake" else ["started"]
    )
    await world.passes(at(5, 1))
    assert (await world.row(incident)).state == "missed"


async def test_a_docket_keeps_the_rules_it_was_opened_under(world: World, tmp_path: Path) -> None:
    old, new = _packs(tmp_path)
    await world.adopted(old)
    incident = await world.registered(posted=at(1), pack=old)
    await world.deliver("routing", "intake")
    await world.adopted(new)
    await world.published(incident)

    await world.deliver("routing")

    assert {event.envelope.policy for event in await world.events(incident)} == {old.pin}
    assert await world.said(incident) == ["started", "met"]


async def test_what_is_registered_under_newer_rules_is_judged_by_them(
    world: World, tmp_path: Path
) -> None:
    old, new = _packs(tmp_path)
    await world.adopted(old)
    await world.adopted(new)
    incident = await world.registered(posted=at(1), pack=new)

    await world.deliver("routing", "intake")

    assert await world.said(incident) == ["started", "started"]
    assert {event.envelope.policy for event in await world.events(incident)} == {new.pin}


async def test_a_second_registration_under_newer_rules_restarts_no_clock(
    world: World, tmp_path: Path
) -> None:
    old, new = _packs(tmp_path)
    await world.adopted(old)
    await world.adopted(new)
    incident = await world.registered(posted=at(1), pack=old)
    await world.deliver("routing", "intake")

    await world.registered(posted=at(2), incident=incident, pack=old)
    await world.deliver("intake")

    assert await world.said(incident) == ["started"]


async def test_the_tables_are_a_fold_of_events_in_any_order_of_services(
    world: World, tmp_path: Path
) -> None:
    for reply in (at(2), at(4, 23), None):
        incident = await world.registered(posted=at(1))
        await world.assigned(incident, "QH-EZ")
        if reply:
            await world.published(incident, done=reply)
    await world.voided(await world.registered(posted=at(1)))
    await world.deliver("intake")
    world.clock.now = at(5, 0, 1)
    await world.store.write(lambda tx: observe_due(tx, world.clock()))
    await world.deliver("routing")

    own = await world.events()
    live = await world.rows()
    assert fold_duties(own) == live
    assert {row.state for row in live.values()} == {"superseded", "missed", "cancelled"}
    heard = await world.heard(*FACTS)
    backwards = SqliteTables(tmp_path / "afresh.db")
    with backwards.writing() as sql:
        for statement in MODEL.schema:
            sql.execute(statement)
        MODEL.apply(sql, [Placed(at, event) for at, event in enumerate([*own, *heard[::-1]])])
    with backwards.reading() as sql:
        assert tables.all_duties(sql) == live
        afresh = [dict(row) for row in sql.all("SELECT * FROM incidents ORDER BY id")]
    backwards.close()
    kept = await world.store.read(lambda sql: sql.all("SELECT * FROM incidents ORDER BY id"))
    assert afresh == [dict(row) for row in kept]


def _packs(directory: Path) -> tuple[Pack, Pack]:
    """The baseline as an older pack, and a newer one with a duty more."""
    baseline = COUNTY_BASELINE.read_text("utf-8").replace("county-baseline", "qinghe")
    duty = baseline[baseline.index("[duty.") :].replace("B.T01", "B.T02")
    older, newer = directory / "older.toml", directory / "newer.toml"
    older.write_text(baseline, "utf-8")
    newer.write_text(baseline.replace("2026.1", "2027.1") + duty, "utf-8")
    return load_pack(older), load_pack(newer)


def _orders(intake: int, routing: int) -> Iterator[list[Upstream]]:
    """Every order of arrival that keeps each upstream's own."""
    for places in combinations(range(intake + routing), intake):
        yield ["intake" if at in places else "routing" for at in range(intake + routing)]


async def _end(
    world: World, of_intake: list[str], of_routing: list[str], order: list[Upstream]
) -> tuple[object, ...]:
    """How a duty ends when what was said arrives in that order."""
    incident = await world.registered(posted=at(1))
    for what in [*of_intake[1:], *of_routing]:
        match what:
            case "voided":
                await world.voided(incident)
            case "linked":
                await world.linked(incident)
            case "assigned":
                await world.assigned(incident, "QH-EZ")
            case "published":
                await world.published(incident, done=at(2, 8))
            case "late":
                await world.published(incident, done=at(7), kind="interim")
    for upstream in order:
        await world.deliver(upstream, count=1)
    row = await world.row(incident)
    return row.state, row.done_at, row.spare_seconds, row.late_seconds, row.because
