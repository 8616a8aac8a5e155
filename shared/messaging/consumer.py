"""A room's ear on one upstream: events in, in order, each applied exactly once.

FastStream delivers batches; ``taking.take`` applies them in one transaction with the tracking row;
only then is the batch acknowledged. Our tracking row is the truth: at start, and whenever a gap
shows, JetStream's consumer is set back to it.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

import structlog
from faststream import AckPolicy, Context
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from shared.contracts.envelope import Actor
from shared.errors import Untrusted
from shared.logs import line
from shared.messaging.client import forget_pending
from shared.messaging.relay import Checkpoint, pass_by
from shared.messaging.renewal import Renewal
from shared.messaging.streams import (
    Incoming,
    about,
    incoming,
    message_at,
    provide_stream,
    stream_name,
)
from shared.messaging.taking import Gap, Handler, Poison, Taken, other_history, release, take
from shared.store.store import Store
from shared.store.tracking import Tracking, tracked
from shared.store.transaction import Transaction

BATCH = 500
"""Events in one transaction."""

PATIENCE = (0.05, 0.1, 0.2)
"""Seconds to wait before each further attempt at an event that cannot be applied."""

FORGOTTEN_AFTER = 60.0
"""Seconds after which the server drops the consumer of a process that is gone."""

PUT_OFF = 0.5
"""Seconds before a batch is read again that could not be taken for a reason of our own."""

HEALS = 3
"""Times a gap at the same place may be healed by reading again before the consumer halts."""

log = structlog.get_logger("consumer")


class Consumer:
    """Follows one upstream service for one store."""

    def __init__(
        self,
        store: Store,
        upstream: str,
        handler: Handler,
        *,
        renewal: Renewal | None = None,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self.store = store
        self.upstream = upstream
        self.handler = handler
        self.halted: Untrusted | None = None
        self.durable = f"{store.source.service}-{secrets.token_hex(4)}"
        """JetStream's consumer is ours alone: two of us at once each hear everything."""
        self._renewal = renewal
        self._checkpoint = checkpoint
        self._heals = 0
        self._stuck_at: Tracking | None = None
        self._subscriber: Any = None
        self._js: JetStreamContext | None = None

    @property
    def room(self) -> str:
        return self.store.source.service

    @property
    def deaf(self) -> bool:
        """Whether nobody waits for batches any more, although nobody stopped us."""
        tasks = self._subscriber.tasks if self._subscriber is not None else []
        return bool(tasks) and all(task.done() for task in tasks)

    def subscribe(self, broker: NatsBroker) -> None:
        """Register with FastStream; to be called before the broker starts."""
        self._subscriber = broker.subscriber(
            f"huiyin.{self.upstream}.>",
            stream=JStream(stream_name(self.upstream), declare=False),
            durable=self.durable,
            config=self._config(),
            decoder=_raw,
            pull_sub=PullSub(batch_size=BATCH, timeout=1.0, batch=True),
            ack_policy=AckPolicy.MANUAL,
            title=f"{self.room} follows {self.upstream}",
        )
        self._subscriber(self._receive)

    async def prepare(self, js: JetStreamContext) -> None:
        """Set JetStream's consumer to our own position; call before the broker starts.

        Raises Untrusted ``consumer.other-history`` when the stream's past is not what we applied.
        """
        self._js = js
        await provide_stream(js, self.upstream)
        await self._provide_durable(js)
        await self._set_back(js)

    async def watch(self, every: float = 1.0) -> None:
        """Bring JetStream's consumer back whenever it has gone; runs until cancelled."""
        assert self._js is not None
        while True:
            await asyncio.sleep(every)
            try:
                await self._js.consumer_info(stream_name(self.upstream), self.durable)
            except NotFoundError:
                log.warning("consumer gone, made again", **self._bound)
                await self._heal_quietly()
            except (APIError, TimeoutError, OSError):
                continue  # the broker is away; the client reconnects by itself

    async def leave(self) -> None:
        """Take JetStream's consumer away; one that is left behind is dropped after a while."""
        if self._js is not None:
            with suppress(NatsError, OSError, TimeoutError):
                await self._js.delete_consumer(stream_name(self.upstream), self.durable)

    async def release(self, matter: str, actor: Actor) -> int:
        """Apply a matter's parked events after what stopped them was mended; returns how many."""
        if self._renewal is not None:
            await self._renewal.check()
        work = partial(release, upstream=self.upstream, handler=self.handler)
        return await self.store.write(lambda tx: work(tx, matter=matter, actor=actor))

    async def _receive(self, message: Annotated[NatsBatchMessage, Context("message")]) -> None:
        if self.halted is None:
            await self.handle(message.raw_message)

    async def handle(self, messages: Sequence[Msg]) -> None:
        """Take a batch and acknowledge it; a gap is healed, a contradiction halts the consumer."""
        with line(room=self.room, upstream=self.upstream):
            await self._handle(messages)

    async def _handle(self, messages: Sequence[Msg]) -> None:
        try:
            batch = [incoming(message) for message in messages]
            if self._renewal is not None:
                await self._renewal.hear(self.upstream, batch)
            taken = await self._take(batch)
            self._checkpoint("consumer.committed")
            await messages[-1].ack()
            self._checkpoint("consumer.acknowledged")
        except Gap as gap:
            await self._heal(gap)
        except Untrusted as problem:
            self._halt(problem)
        except Exception as problem:  # FastStream would drop the batch without a word
            log.warning("batch put off", problem=problem)
            await asyncio.sleep(PUT_OFF)
            await self._heal_quietly()
        else:
            self._note(taken, batch)

    async def _take(self, batch: Sequence[Incoming]) -> Taken:
        for pause in PATIENCE:
            try:
                return await self.store.write(partial(self._take_in, batch=batch, last_try=False))
            except Poison as problem:
                log.warning("event not applied, trying again", problem=problem)
                await asyncio.sleep(pause)
        return await self.store.write(partial(self._take_in, batch=batch, last_try=True))

    def _take_in(self, tx: Transaction, *, batch: Sequence[Incoming], last_try: bool) -> Taken:
        taken = take(tx, self.upstream, batch, self.handler, last_try=last_try)
        self._checkpoint("consumer.in-transaction")
        return taken

    def _note(self, taken: Taken, batch: Sequence[Incoming]) -> None:
        self._heals = 0
        if log.is_enabled_for(logging.DEBUG):
            for event in batch:
                log.debug("event taken", **about(event))
        for event in taken.aside:
            log.error("event set aside", **about(event))
        if taken.stop:
            self._halt(taken.stop)

    def _halt(self, problem: Untrusted) -> None:
        self.halted = problem
        log.error("consumer halted", code=problem.code, place=problem.field, **self._bound)

    async def _heal(self, gap: Gap) -> None:
        log.warning("gap, reading again", gap=str(gap), **self._bound)
        last = await self.store.read(lambda sql: tracked(sql, self.upstream))
        self._heals = self._heals + 1 if last == self._stuck_at else 1
        self._stuck_at = last
        if self._heals > HEALS:
            self._halt(_broken_chain(self.upstream, str(gap)))
        else:
            await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311 -- two must not keep step
            await self._heal_quietly()

    async def _heal_quietly(self) -> None:
        try:
            if self._js is not None:
                await self.prepare(self._js)
        except Untrusted as problem:
            self._halt(problem)
        except (APIError, TimeoutError, OSError) as problem:
            log.warning("broker away", problem=problem, **self._bound)

    async def _provide_durable(self, js: JetStreamContext) -> None:
        try:
            await js.consumer_info(stream_name(self.upstream), self.durable)
        except NotFoundError:
            await js.add_consumer(stream_name(self.upstream), self._config())

    async def _set_back(self, js: JetStreamContext) -> None:
        last = await self.store.read(lambda sql: tracked(sql, self.upstream))
        await self._check_past(js, last)
        if self._subscriber is not None and self._subscriber.subscription is not None:
            forget_pending(self._subscriber.subscription)
        await js.reset_consumer(stream_name(self.upstream), self.durable, seq=max(last.seq, 1))

    async def _check_past(self, js: JetStreamContext, last: Tracking) -> None:
        found = await message_at(js, self.upstream, last.seq) if last.seq else None
        if found and (found.epoch, found.position, found.hash) != (
            last.epoch,
            last.position,
            last.hash,
        ):
            raise other_history(last.position, "与已接收的不同")

    def _config(self) -> api.ConsumerConfig:
        return api.ConsumerConfig(
            durable_name=self.durable,
            name=self.durable,
            ack_policy=api.AckPolicy.ALL,
            deliver_policy=api.DeliverPolicy.ALL,
            max_ack_pending=8 * BATCH,
            ack_wait=30,
            max_deliver=-1,
            inactive_threshold=FORGOTTEN_AFTER,
            mem_storage=True,  # our tracking row is the truth; a server begun anew need not know us
        )

    @property
    def _bound(self) -> dict[str, str]:
        return {"room": self.room, "upstream": self.upstream}


def _raw(message: Any) -> Any:
    return message.body


def _broken_chain(upstream: str, gap: str) -> Untrusted:
    said = f"来自 {upstream} 的事件顺序对不上, 重新读取后仍然如此（{gap}）, 已停止接收。"
    remedy = "请停止系统, 保存并移走 jetstream 目录后重新启动, 消息流会由各库原样补齐。"
    return Untrusted("consumer.broken-chain", said, remedy, "position")
