"""The relay (outbox): from a store's notification log into its JetStream stream, each event once.

The relay keeps no position of its own. It reads on behind the last message that the stream itself
holds, after comparing that message with its own row: a store restored from an older backup would
otherwise lose its next commands silently. Two relays are safe: the stream takes a page only behind
the message its sender saw last.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Sequence

import nats.errors
import structlog
from eventsourcing.persistence import Notification
from nats.aio.client import Client
from nats.js.errors import APIError

from shared.errors import Unavailable, Untrusted
from shared.messaging.client import publish_all
from shared.messaging.streams import Incoming, Outgoing, message_at, outgoing, provide_stream
from shared.messaging.tasks import woken
from shared.store.store import Store

PAGE = 500
"""Events in one atomic batch (the server takes at most 1,000)."""

LOOK_EVERY = 1.0
"""Seconds between looks at an idle stream."""

ANSWER_WITHIN = 2.0
"""Seconds to wait for the server's acknowledgement."""

Checkpoint = Callable[[str], None]
"""Told where the work stands; tests use it to kill the process there."""

log = structlog.get_logger("relay")


def pass_by(_: str) -> None:
    """The checkpoint of production: nothing happens."""


class Relay:
    """Publishes one store's events; run one or several of them."""

    def __init__(
        self, store: Store, client: Client, *, poll: float = 0.5, checkpoint: Checkpoint = pass_by
    ) -> None:
        self.store = store
        self.halted: Untrusted | None = None
        self.position = 0
        self._client = client
        self._js = client.jetstream(timeout=ANSWER_WITHIN)
        self._poll = poll
        self._checkpoint = checkpoint
        self.failing_since: float | None = None
        self.problem: Exception | None = None
        self._seq: int | None = None
        self._look_again_at = 0.0
        self._appended = asyncio.Event()
        store.on_append(self._appended.set)

    async def run(self) -> None:
        """Publish until cancelled; halts, and says why, when the stream is not this store's."""
        while self.halted is None:
            try:
                if self._seq is None:
                    await self.resync()
                if not await self._publish_page():
                    await self._wait()
                self.failing_since = self.problem = None
            except Untrusted as problem:
                self.halted = problem
                log.error(  # noqa: TRY400 -- the message says it all, a traceback would not
                    "relay halted", service=self._service, code=problem.code
                )
            except (APIError, nats.errors.Error, TimeoutError, OSError, Unavailable) as problem:
                self._seq, self.problem = None, problem
                if not _is_stores_trouble(problem):
                    self.failing_since = self.failing_since or time.monotonic()
                log.warning("relay starts over", service=self._service, problem=problem)
                await asyncio.sleep(0.1)

    async def resync(self) -> None:
        """Find the position to go on from: behind the stream's last message.

        Raises Untrusted ``relay.stream-ahead`` when that message is not in this store.
        """
        info = await provide_stream(self._js, self._service)
        last = info.state.last_seq
        self.position = await self._verified_position(last) if last else 0
        self._seq = last

    async def _verified_position(self, seq: int) -> int:
        last = await message_at(self._js, self._service, seq)
        if last is None:
            raise Unavailable("relay.stream-moving", "消息流刚刚变动。", "将自动重试。")
        own = await self.store.notifications(last.position - 1, 1)
        if last.epoch != self.store.source.epoch or not own or not _same(own[0], last):
            raise stream_ahead(self._service, last.position, self.store.position())
        return last.position

    async def _publish_page(self) -> int:
        events = await self.store.notifications(self.position, PAGE)
        if not events:
            return 0
        self._checkpoint("relay.read")
        await self._publish(self._page(events))
        self._checkpoint("relay.acknowledged")
        assert self._seq is not None
        self._seq += len(events)
        self.position = events[-1].id
        return len(events)

    def _page(self, events: Sequence[Notification]) -> list[Outgoing]:
        before = [self.position, *(event.id for event in events)]
        return [
            outgoing(self.store.source, event, after)
            for event, after in zip(events, before, strict=False)
        ]

    async def _publish(self, page: Sequence[Outgoing]) -> None:
        page[0].headers["Nats-Expected-Last-Sequence"] = str(self._seq)
        if len(page) > 1:
            _mark_batch(page)
        await publish_all(self._client, page[:-1])
        self._checkpoint("relay.publishing")
        last = page[-1]
        reply = await self._client.request(
            last.subject, last.raw, timeout=ANSWER_WITHIN, headers=last.headers
        )
        self._check_answer(json.loads(reply.data), len(page))

    def _check_answer(self, answer: dict[str, object], published: int) -> None:
        if "error" in answer:
            raise Unavailable(
                "relay.not-taken", f"消息流没有接受：{answer['error']}", "将自动重试。"
            )
        assert self._seq is not None
        if answer["seq"] != self._seq + published:
            raise Unavailable("relay.not-taken", f"消息流的序号不符：{answer}", "将自动重试。")

    async def _wait(self) -> None:
        if await woken(self._appended, self._poll):
            self._appended.clear()
        elif time.monotonic() > self._look_again_at:
            await self._look_at_stream()

    async def _look_at_stream(self) -> None:
        """Notice that the stream was lost, though nothing new is to be published."""
        self._look_again_at = time.monotonic() + LOOK_EVERY
        info = await provide_stream(self._js, self._service)
        if info.state.last_seq != self._seq:
            self._seq = None

    @property
    def _service(self) -> str:
        return self.store.source.service


def _is_stores_trouble(problem: Exception) -> bool:
    return isinstance(problem, Unavailable) and problem.code.startswith("store.")


def _same(own: Notification, published: Incoming) -> bool:
    return own.id == published.position and own.state == published.raw


def _mark_batch(page: Sequence[Outgoing]) -> None:
    """An atomic batch: all of the page is stored or nothing of it."""
    batch = secrets.token_hex(12)
    for number, event in enumerate(page, 1):
        event.headers["Nats-Batch-Id"] = batch
        event.headers["Nats-Batch-Sequence"] = str(number)
    page[-1].headers["Nats-Batch-Commit"] = "1"


def stream_ahead(service: str, stream: int, store: int) -> Untrusted:
    """The error for a stream that holds what its store does not: an older backup was restored."""
    return Untrusted(
        "relay.stream-ahead",
        f"{service} 的消息流已有第 {stream} 号事件, 而数据库（共 {store} 条）没有同一条记录："
        "数据库可能是从较旧的备份恢复的。为避免无声丢失, 已拒绝继续。",
        "请恢复不早于消息流的备份；确认无法恢复时, 请先保存 jetstream 目录再联系系统管理员。",
        "stream",
    )
