"""The audit trail of one incident, made from the log alone."""

import hashlib
from uuid import uuid4

import pytest

from services.reporting.trail.trail import TrailEntry, trail
from services.reporting.unshown import ERASED
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyMissed
from shared.contracts.routing import IncidentClosed, IncidentGraded, OfficerAppointed
from tests.reporting.county import DUE, duty
from tests.reporting.world import CLERK, IN_ONE_DATABASE, START, World

pytestmark = pytest.mark.anyio

GRADED = IncidentGraded(grade="major", grounds="多人反映")
CLOSED = IncidentClosed(outcome="answered", note="已回访")


class IncidentAnnotated(Fact):
    """What a newer release writes; this one does not know it."""

    TYPE = "routing.incident-annotated.v9"

    note: str


async def entries(world: World, incident: object, size: int = 100) -> list[TrailEntry]:
    """The trail within the first ``size`` leaves; only the clerk's name is known."""
    names = {CLERK.officer: "甲一"}
    return await world.room.store.read(
        lambda sql: trail(sql, str(incident), size, world.vault, names)
    )


async def test_it_tells_who_did_what_when_in_the_order_of_the_log(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.registered("QINGHE-2026-000002")
    await world.say("routing", incident, GRADED, CLOSED)
    await world.sequence("intake", "routing")

    told = await entries(world, incident)

    assert [(entry.leaf, entry.title) for entry in told] == [(0, "登记"), (2, "定级"), (3, "办结")]
    assert "课本还差两本没有发" in told[0].what
    assert {(entry.officer, entry.name, entry.post) for entry in told} == {
        ("o-clerk", "甲一", "info_officer")
    }
    assert all(entry.occurred_at == START for entry in told)
    assert all(START < entry.recorded_at < entry.sequenced_at for entry in told)
    assert [(entry.stream.split("/")[0], entry.seq) for entry in told] == [
        ("intake", 1),
        ("routing", 1),
        ("routing", 2),
    ]


@IN_ONE_DATABASE
async def test_the_running_hash_covers_the_incidents_own_entries(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED)
    await world.sequence("intake", "routing")

    running = hashlib.sha256(b"").digest()
    for entry in await entries(world, incident):
        own = bytes.fromhex(entry.hash.removeprefix("sha256:"))
        running = hashlib.sha256(running + own).digest()
        assert entry.running == running.hex()


async def test_as_of_a_size_it_ends_there_and_its_beginning_is_the_same(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED, CLOSED)
    await world.sequence("intake", "routing")

    whole = await entries(world, incident)

    assert [await entries(world, incident, size) for size in range(4)] == [
        whole[:size] for size in range(4)
    ]


@IN_ONE_DATABASE
async def test_what_this_release_does_not_know_is_shown_by_its_name(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, IncidentAnnotated(note="新版本才有的内容"), CLOSED)
    await world.sequence("intake", "routing")

    told = await entries(world, incident)

    assert [entry.title for entry in told] == ["登记", IncidentAnnotated.TYPE, "办结"]
    assert IncidentAnnotated.TYPE in told[1].what


@IN_ONE_DATABASE
async def test_after_erasure_the_trail_reads_on_and_its_hashes_are_the_same(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED)
    await world.sequence("intake", "routing")
    before = await entries(world, incident)

    world.vault.shred(str(incident))
    after = await entries(world, incident)

    assert ERASED in after[0].what
    assert "课本" not in after[0].what
    assert [entry.running for entry in after] == [entry.running for entry in before]


async def appointed(world: World, unit: str) -> None:
    """The clerk holds a post in that unit from now on."""
    fact = OfficerAppointed(officer=CLERK.officer, person=CLERK.officer, post=CLERK.post, unit=unit)
    await world.say("routing", uuid4(), fact, kind="officer")


async def folded(world: World) -> None:
    await world.sequence("intake", "routing", "deadlines")
    await world.folded()


async def test_it_names_a_person_s_own_unit_and_not_the_matter_s(world: World) -> None:
    await appointed(world, "QH-JYJ")
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED)
    await folded(world)

    told = await entries(world, incident)

    assert {(each.unit, each.matter_unit) for each in told} == {("QH-JYJ", "QH-YZ")}


async def test_who_moves_to_another_unit_did_before_what_was_done_before(world: World) -> None:
    await appointed(world, "QH-JYJ")
    incident = await world.registered("QINGHE-2026-000001")
    await world.say("routing", incident, GRADED)
    await appointed(world, "QH-LX")
    await world.say("routing", incident, CLOSED)
    await folded(world)

    told = {each.title: each.unit for each in await entries(world, incident)}

    assert (told["定级"], told["办结"]) == ("QH-JYJ", "QH-LX")


async def test_of_whom_no_appointment_is_told_the_matter_s_unit_is_shown(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    await folded(world)

    [told] = await entries(world, incident)

    assert told.unit == told.matter_unit == "QH-YZ"


async def test_a_verdict_names_the_duty_it_is_about(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    missed = DutyMissed(duty="B.T01", due=DUE, observed_at=DUE)
    await world.say("deadlines", incident, duty("B.T01", "publish"), missed)
    await folded(world)

    told = await entries(world, incident)

    title = duty("B.T01", "publish").title
    assert told[-1].what.startswith(f"{title}（B.T01）：至 ")
