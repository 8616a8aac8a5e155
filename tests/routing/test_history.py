"""What routing makes of an imported message's past."""

from uuid import UUID

import pytest

from shared.contracts.envelope import associated_data, event_hash
from shared.contracts.routing import IncidentAssigned, IncidentClosed, ReplyPublished
from shared.messaging.taking import Poison
from shared.store.tracking import parked
from tests.routing.world import (
    ADMIN,
    BUREAU,
    CLERK,
    POSTED,
    REPLIED,
    START,
    TOWN,
    World,
    history,
)

pytestmark = pytest.mark.anyio

NUMBER = "QINGHE-2026-000001"
REPLY = "已与承运方核对, 校车改停校门东侧。"


async def imported(world: World, **file: object) -> UUID:
    """When an old message is imported and heard of."""
    incident = await world.register(NUMBER, "QH-JYJ")
    fact = history(NUMBER, **file)  # type: ignore[arg-type]
    await world.say(incident, "QH-JYJ", fact, POSTED, "imported")
    await world.deliver()
    return incident


async def test_an_answered_message_becomes_a_closed_case_at_its_own_times(world: World) -> None:
    incident = await imported(world, reply=REPLY)

    events = await world.case(incident)
    assert [(e.envelope.type.split(".")[1], e.envelope.occurred_at) for e in events] == [
        ("incident-assigned", POSTED),
        ("reply-published", REPLIED),
        ("incident-closed", REPLIED),
    ]
    assert events[-1].fact == IncidentClosed(outcome="answered", note="")


async def test_it_is_marked_imported_and_names_its_cause_and_actor(world: World) -> None:
    incident = await imported(world, reply=REPLY)

    said = (await world.upstream.notifications(0, 10))[-1]
    for event in await world.case(incident):
        envelope = event.envelope
        assert envelope.standing == "imported"
        assert str(envelope.cause).encode() in said.state
        assert envelope.actor == CLERK
        assert envelope.recorded_at >= START


async def test_the_events_of_the_case_are_chained(world: World) -> None:
    events = await world.case(await imported(world, reply=REPLY))
    assert [e.envelope.seq for e in events] == [1, 2, 3]
    assert [e.envelope.prev for e in events[1:]] == [event_hash(e.raw) for e in events[:-1]]


async def test_the_old_reply_is_sealed_anew_and_opens(world: World) -> None:
    incident = await imported(world, reply=REPLY)

    event = (await world.case(incident))[1]
    assert isinstance(event.fact, ReplyPublished)
    assert world.vault.open(event.fact.text, associated_data(event.raw, "text")) == REPLY
    assert event.fact.content == world.vault.commitment(f"{incident}/reply", REPLY)
    assert (event.fact.draft, event.fact.kind, event.fact.channel) == (None, "result", "import")


@pytest.mark.parametrize(
    ("named", "shown"), [("", "柳溪镇教育办"), ("柳溪镇教育管理办公室", "柳溪镇教育管理办公室")]
)
async def test_the_reply_is_named_as_the_file_has_it_or_as_the_unit_is(
    world: World, named: str, shown: str
) -> None:
    incident = await imported(world, reply=REPLY, named=named)
    fact = (await world.case(incident))[1].fact
    assert isinstance(fact, ReplyPublished)
    assert fact.named_unit == shown


async def test_an_unanswered_message_is_closed_as_history_when_posted(world: World) -> None:
    incident = await imported(world)

    events = await world.case(incident)
    assert [e.fact for e in events] == [
        IncidentAssigned(lead="QH-LX", co_handling=(), instruction=""),
        IncidentClosed(outcome="history", note=""),
    ]
    assert {e.envelope.occurred_at for e in events} == {POSTED}


async def test_a_message_left_open_goes_on_with_its_lead(world: World) -> None:
    incident = await imported(world, left_open=True)

    await world.act(TOWN, "draft", NUMBER, kind="result", text=REPLY)

    assert await world.types(incident) == ["incident-assigned", "reply-drafted"]
    standings = [event.envelope.standing for event in await world.case(incident)]
    assert standings == ["imported", "live"]


async def test_delivered_twice_it_is_taken_once(world: World) -> None:
    incident = await world.register(NUMBER, "QH-JYJ")
    await world.say(incident, "QH-JYJ", history(NUMBER, reply=REPLY), POSTED, "imported")
    batch = await world.incoming()

    await world.take(batch)
    await world.take(batch)

    assert len(await world.case(incident)) == 3


async def test_a_unit_not_yet_established_sets_it_aside_until_it_is(world: World) -> None:
    incident = await world.register(NUMBER, "QH-JYJ")
    other = await world.register("QINGHE-2026-000002", "QH-YZ")
    fact = history(NUMBER, reply=REPLY, unit="QH-YT")
    await world.say(incident, "QH-JYJ", fact, POSTED, "imported")

    with pytest.raises(Poison, match=r"unit\.unknown"):
        await world.deliver()
    taken = await world.deliver(last_try=True)

    waiting = await world.room.store.read(parked)
    assert (len(taken.aside), [each.matter for each in waiting]) == (1, [str(incident)])
    assert (await world.routing.find(str(other))).standing == "open"

    await world.administration.establish_unit("QH-YT", "云台镇教育办", (), None, ADMIN)
    released = await world.room.consumers[0].release(str(incident), BUREAU.actor)

    assert released == 1
    assert (await world.types(incident))[:3] == [
        "incident-assigned",
        "reply-published",
        "incident-closed",
    ]
