"""The client's batch pull: what it loses by itself, and that it loses nothing with our fetch."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from typing import Annotated, Any

import nats.errors
import nats.js.client
import pytest
from faststream import AckPolicy, Context
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage
from nats.aio.client import Client
from nats.js import JetStreamContext, api

from shared.messaging.client import forget_pending, steady_fetch
from shared.messaging.server import NatsServer
from tests.support.sizes import PATIENCE

Pull = JetStreamContext.PullSubscription


def original_fetch() -> Any:
    """The library's own fetch, even when ours has been put in its place in this process."""
    spec = importlib.util.find_spec("nats.js.client")
    assert spec is not None
    assert spec.loader is not None
    pristine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pristine)
    return pristine.JetStreamContext.PullSubscription.fetch


@pytest.fixture
async def stream(client: Client) -> JetStreamContext:
    """A stream of its own."""
    js = client.jetstream()
    await js.add_stream(name="NUMBERS", subjects=["numbers"])
    return js


class Listener:
    """A FastStream batch subscriber that keeps what it is given."""

    def __init__(self, url: str) -> None:
        self.given: list[int] = []
        self.broker = NatsBroker(url, logger=None)
        self.broker.subscriber(
            "numbers",
            stream=JStream("NUMBERS", declare=False),
            durable="listener",
            decoder=_body,
            pull_sub=PullSub(batch_size=100, timeout=0.05, batch=True),
            ack_policy=AckPolicy.MANUAL,
            config=api.ConsumerConfig(ack_policy=api.AckPolicy.ALL, ack_wait=30),
        )(self.keep)

    async def keep(self, message: Annotated[NatsBatchMessage, Context("message")]) -> None:
        self.given += [int(each.data) for each in message.raw_message]
        await message.raw_message[-1].ack()


@pytest.fixture
async def listener(stream: JetStreamContext, server: NatsServer) -> AsyncIterator[Listener]:
    """The subscriber, not started yet."""
    del stream
    listener = Listener(server.url)
    yield listener
    await listener.broker.stop()


async def trickle(js: JetStreamContext, numbers: range) -> None:
    """Publish slowly, so that batches are never full when their time is up."""
    for number in numbers:
        await js.publish("numbers", str(number).encode())
        await asyncio.sleep(0.001)


@pytest.mark.anyio
async def test_without_it_a_fetch_that_runs_out_of_time_raises_another_error_than_expected(
    stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastStream catches ``nats.errors.TimeoutError``; the builtin one ends its task."""
    monkeypatch.setattr(Pull, "fetch", original_fetch())
    pull = await stream.pull_subscribe("numbers", durable="direct")
    raised: set[type[Exception]] = set()
    for micros in range(20, 20_000, 40):
        raised.add(type(await _problem(pull, micros / 1e6)))
        if TimeoutError in raised:
            return

    pytest.fail(f"only {raised}: is the library mended?")


@pytest.mark.anyio
async def test_with_it_only_the_client_s_own_error_is_raised(
    stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pull, "fetch", steady_fetch)
    pull = await stream.pull_subscribe("numbers", durable="direct")
    raised = {type(await _problem(pull, micros / 1e6)) for micros in range(20, 20_000, 400)}

    assert raised == {nats.errors.TimeoutError}


@pytest.mark.anyio
async def test_without_it_faststream_loses_what_it_had_in_hand(
    listener: Listener, stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should this fail one day the libraries are mended, and the work-around can go."""
    monkeypatch.setattr(Pull, "fetch", original_fetch())
    await listener.broker.start()
    published = 0
    while published == len(listener.given) and published < 3000:
        await trickle(stream, range(published, published + 200))
        published += 200
        await asyncio.sleep(0.15)

    assert len(listener.given) < published


@pytest.mark.anyio
async def test_with_it_faststream_is_given_everything_once_in_order(
    listener: Listener, stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pull, "fetch", steady_fetch)
    await listener.broker.start()
    await trickle(stream, range(600))
    await asyncio.sleep(0.15)

    assert listener.given == list(range(600))


@pytest.mark.anyio
async def test_what_is_here_is_handed_over_at_once_and_at_most_a_batch(
    stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pull, "fetch", steady_fetch)
    for number in range(5):
        await stream.publish("numbers", str(number).encode())
    pull = await stream.pull_subscribe("numbers", durable="direct")

    taken: list[int] = []
    while len(taken) < 5:
        batch = await asyncio.wait_for(pull.fetch(3, timeout=10 * PATIENCE), PATIENCE)
        assert len(batch) <= 3
        taken += [int(message.data) for message in batch]

    assert taken == [0, 1, 2, 3, 4]


@pytest.mark.anyio
async def test_more_than_one_request_s_worth_keeps_coming(
    stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request is renewed before it is used up, and nothing falls between two of them."""
    monkeypatch.setattr(Pull, "fetch", steady_fetch)
    pull = await stream.pull_subscribe("numbers", durable="direct")
    for number in range(50):
        await stream.publish("numbers", str(number).encode())

    taken: list[int] = []
    while len(taken) < 50:
        taken += [int(message.data) for message in await pull.fetch(4, timeout=PATIENCE)]

    assert taken == list(range(50))


@pytest.mark.anyio
async def test_what_had_arrived_before_a_reset_is_forgotten(
    stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pull, "fetch", steady_fetch)
    pull = await stream.pull_subscribe("numbers", durable="direct")
    await stream.publish("numbers", b"0")
    await pull.fetch(8, timeout=PATIENCE)
    for number in range(1, 6):  # they come by themselves, for the request is still open
        await stream.publish("numbers", str(number).encode())
    while pull.pending_msgs < 5:
        await asyncio.sleep(0.005)

    forget_pending(pull)
    await stream.reset_consumer("NUMBERS", "direct", seq=1)
    taken: list[int] = []
    while len(taken) < 6:
        taken += [int(message.data) for message in await pull.fetch(8, timeout=PATIENCE)]

    assert taken == [0, 1, 2, 3, 4, 5]


async def _problem(pull: Pull, seconds: float) -> Exception:
    try:
        await pull.fetch(10, timeout=seconds)
    except (TimeoutError, nats.errors.Error) as problem:
        return problem
    raise AssertionError("something was fetched from an empty stream")


def _body(message: Any) -> Any:
    return message.body
