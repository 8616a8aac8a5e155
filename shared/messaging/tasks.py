"""Background tasks that must not end: one that does is a halt, with what to do.

Nothing is begun again behind the operator's back: what ended for a reason nobody foresaw would
rather be looked at.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from shared.contracts.catalogue import Contract
from shared.errors import HuiyinError
from shared.logs import told

log = structlog.get_logger("tasks")


class Halt(Contract):
    """Something that stopped itself rather than guess, and why."""

    part: str
    code: str
    message: str
    remedy: str


class Tasks:
    """What goes on by itself in one room or process, each task under a name."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._tasks: list[tuple[str, asyncio.Task[None]]] = []
        self._stopping = False

    def begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Let it go on until ``stop``."""
        task = asyncio.create_task(work, name=f"{self._place} {name}")
        task.add_done_callback(self._ended)
        self._tasks.append((name, task))

    def halts(self) -> list[Halt]:
        """The tasks that broke off; one that ended in order has said itself why it halted."""
        return [] if self._stopping else [ended(n, t) for n, t in self._tasks if _broke_off(t)]

    async def stop(self) -> None:
        """End them all; what is being written is finished."""
        self._stopping = True
        while left := [task for _, task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()  # again: before Python 3.12 ``wait_for`` may swallow one
            await asyncio.wait(left, timeout=0.1)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if _broke_off(task) and not (self._stopping and task.cancelled()):
            problem = None if task.cancelled() else task.exception()
            log.error("task ended", task=task.get_name(), problem=problem or "cancelled")


def halt(part: str, problem: HuiyinError) -> Halt:
    """What stopped a part of a room."""
    return Halt(part=part, code=problem.code, message=problem.message, remedy=problem.remedy)


def _broke_off(task: "asyncio.Task[None]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def ended(part: str, task: "asyncio.Task[Any] | None" = None) -> Halt:
    """The halt of a part whose task is no more."""
    problem = task.exception() if task and task.done() and not task.cancelled() else None
    why = f"（{told(problem)}）" if problem else ""
    return Halt(
        part=part,
        code="task.ended",
        message=f"后台任务意外结束{why}, 这部分工作已不再进行",
        remedy="请先保存日志, 再重新启动：停止后运行 huiyin up（单独运行的服务用 huiyin serve）。",
    )


async def woken(event: asyncio.Event, within: float) -> bool:
    """Whether the event was set within so many seconds.

    Before Python 3.12 ``wait_for`` may swallow a cancellation that comes together with the event.
    """
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiter}, timeout=within)
    finally:
        waiter.cancel()
    return event.is_set()
