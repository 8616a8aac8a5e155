"""The barrier: when it lifts, everything said before, and what followed from it, is applied."""

from collections.abc import Mapping, Sequence
from functools import partial

import pytest
from nats.aio.client import Client

from shared.errors import Unavailable
from shared.messaging.consumer import Consumer
from shared.messaging.running import RunningRoom
from shared.messaging.server import NatsServer
from shared.messaging.status import RoomStatus, Upstream
from shared.messaging.waiting import barrier, lagging, positions
from tests.messaging.line import Diary, heard, listener
from tests.messaging.rooms import plain_room, running
from tests.support.stores import saying


def room(
    service: str, position: int, ends: Mapping[str, int] | None = None, **upstreams: int
) -> RoomStatus:
    """A room that has said so much and stands so far in each upstream."""
    return RoomStatus(
        service=service,
        epoch="e",
        position=position,
        relayed=position,
        recorded_until=None,
        clock=None,
        upstreams={name: Upstream(position=at, complete_to=None) for name, at in upstreams.items()},
        ends=dict(ends or {}),
        parked=(),
        halts=(),
    )


class Scene:
    """What the rooms answer, one look after the other; the last answer stays."""

    def __init__(self, *looks: Sequence[RoomStatus]) -> None:
        self.looks = list(looks)
        self.seen = 0

    async def __call__(self) -> Sequence[RoomStatus]:
        self.seen += 1
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


@pytest.mark.anyio
async def test_where_nobody_is_behind_it_lifts_at_once() -> None:
    scene = Scene([room("intake", 5, routing=7), room("routing", 7, intake=5)])

    await barrier(scene, within=0)

    assert lagging(scene.looks[0]) == {}


@pytest.mark.anyio
async def test_it_waits_until_what_was_there_is_applied() -> None:
    intake = room("intake", 5, routing=0)
    scene = Scene(*([intake, room("routing", 0, intake=at)] for at in (3, 3, 4, 5)))

    await barrier(scene)

    assert len(scene.looks) == 1


@pytest.mark.anyio
async def test_it_waits_for_what_was_answered_meanwhile() -> None:
    """Routing answers an event of intake with one of its own, which intake must hear of too."""
    scene = Scene(
        [room("intake", 1, routing=0), room("routing", 0, intake=0)],
        [room("intake", 1, routing=0), room("routing", 1, intake=1)],
        [room("intake", 1, routing=0), room("routing", 1, intake=1)],
        [room("intake", 1, routing=0), room("routing", 1, intake=1)],
        [room("intake", 1, routing=1), room("routing", 1, intake=1)],
    )

    await barrier(scene)

    assert len(scene.looks) == 1


@pytest.mark.anyio
async def test_a_sequence_of_one_room_s_own_is_waited_for_too() -> None:
    """Reporting's ledger reads the audit log, which only reporting keeps."""
    behind = room("reporting", 0, {"log": 9}, log=8)
    scene = Scene([behind], [behind], [room("reporting", 0, {"log": 9}, log=9)])

    await barrier(scene)

    assert len(scene.looks) == 1


@pytest.mark.anyio
async def test_new_commands_do_not_prolong_it_for_ever() -> None:
    """Somebody registers incidents all the time; each look finds the end a little further."""
    scene = Scene(
        *(
            [room("intake", at, routing=0), room("routing", 0, intake=at - 1)]
            for at in range(1, 100)
        )
    )

    await barrier(scene, within=5)

    assert scene.seen < 30


@pytest.mark.anyio
async def test_it_names_who_is_behind_when_time_is_up() -> None:
    scene = Scene([room("intake", 5), room("routing", 0, intake=2)])

    with pytest.raises(Unavailable) as refused:
        await barrier(scene, within=0.05)

    assert refused.value.code == "barrier.not-reached"
    assert "routing<intake 落后 3 条" in refused.value.message


def test_ends_are_every_room_s_events_and_its_own_sequences() -> None:
    rooms = [room("intake", 5), room("reporting", 2, {"log": 7})]

    assert positions(rooms) == {"intake": 5, "reporting": 2, "log": 7}


@pytest.mark.anyio
async def test_over_real_rooms_everything_that_followed_is_there_when_it_lifts(
    location: str, client: Client, server: NatsServer
) -> None:
    intake, routing = listener(location, "intake"), listener(location)
    rooms = (
        plain_room(intake, Consumer(intake, "routing", Diary(answers=False))),
        plain_room(routing, Consumer(routing, "intake", Diary())),
    )

    async with running(server.url, client, *rooms) as at_work:
        for round_ in range(3):
            words = [f"{round_}.{number}" for number in range(20)]
            for each in words:
                await intake.write(saying(each))
            await barrier(partial(_ask_all, at_work))
            assert (await heard(routing))[-20:] == words
            assert (await heard(intake))[-20:] == [f"听到{each}" for each in words]

    await intake.close()
    await routing.close()


async def _ask_all(rooms: Sequence[RunningRoom]) -> Sequence[RoomStatus]:
    return [await each.status() for each in rooms]
