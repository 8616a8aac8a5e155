"""Runs a command's work and turns problems into a sentence and an exit status."""

import asyncio
import atexit
import gc
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal, TypeVar

import typer
from pydantic_core import to_jsonable_python

from huiyin.cli.door import Door, opened, where
from huiyin.cli.output import ended
from shared.errors import HuiyinError
from shared.logs import configure
from shared.settings import Settings

T = TypeVar("T")


def run(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Do the work in an event loop of its own; exits with 1 when it is refused."""
    try:
        settings = Settings.from_environment()
        configure("warning", settings.log_format)
        return run_loop(work(settings))
    except HuiyinError as problem:
        raise ended(problem) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def through_door(work: Callable[[Door], Coroutine[Any, Any, T]], *, to_read: bool = False) -> T:
    """Do the work through the system's HTTP interface, running or not."""

    async def opened_work(settings: Settings) -> T:
        async with opened(settings, to_read=to_read) as door:
            return await work(door)

    return run(opened_work)


def ask(path: str, params: Mapping[str, str | None] = {}, *, to_read: bool = False) -> Any:
    """What the system answers to a question; exits with 1 when it refuses."""
    return through_door(lambda door: door.get(path, **params), to_read=to_read)


def do(path: str, body: Mapping[str, Any]) -> Any:
    """Do something, and wait until it can be seen everywhere; exits with 1 when it is refused."""

    async def work(door: Door) -> Any:
        answer = await door.post(path, dict(body))
        await door.settle()
        return answer

    return through_door(work)


def by_door_or_files(
    ask_door: Callable[[Door], Coroutine[Any, Any, Any]],
    of_files: Literal["examine", "verify", "rebuild"],
) -> Any:
    """Ask the running system; while none runs, look at the files themselves, read-only."""

    async def work(settings: Settings) -> Any:
        if where(settings) is None:
            from huiyin.host.offline import OFFLINE

            return to_jsonable_python(OFFLINE[of_files](settings))
        async with opened(settings) as door:
            return await ask_door(door)

    return run(work)


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in the fastest event loop there is on this machine."""
    try:
        import uvloop
    except ImportError:  # it is not there on every platform
        return asyncio.run(work)
    return uvloop.run(work)


def collect_seldom() -> None:
    """Look for garbage seldom, and not at the end; for the whole process."""
    gc.set_threshold(50_000, 20, 50)  # events are many small objects that live as long as a batch
    atexit.register(gc.freeze)  # else the end looks through every object, for up to a second
