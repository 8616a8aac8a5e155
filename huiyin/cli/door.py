"""How a command reaches the system: over HTTP when it runs, otherwise by booting it for a moment.

Either way it is the same HTTP interface, with the same refusals; here they become a sentence and an
exit status.
"""

import asyncio
import atexit
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Literal, TypeVar

import httpx2
import typer
from pydantic_core import to_jsonable_python

from huiyin.cli.output import complain, ended
from huiyin.host.directory import DataDirectory, Serving, in_use
from shared.errors import HuiyinError, Unavailable, answered_error
from shared.logs import configure
from shared.settings import Settings

OWN = "http://huiyin"
"""What stands for the address of a system in this very process."""

ANSWER_WITHIN = 120.0
"""Seconds to wait for an answer; verification of a large record takes its time."""


class Door:
    """The HTTP interface as one officer uses it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **params: str | None) -> Any:
        """Ask; raises the error that the system answers with."""
        return _told(await self._send("GET", path, params=_given(params)))

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do; raises the error that the system answers with."""
        return _told(await self._send("POST", path, json=_given(body or {})))

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        """Replace; raises the error that the system answers with."""
        return _told(await self._send("PUT", path, json=body))

    async def fetch(self, path: str, **params: str | None) -> bytes:
        """Ask for a file that a plain question names; raises as ``get`` does."""
        return bytes((await self._send("GET", path, params=_given(params))).content)

    async def file(self, path: str, body: dict[str, Any]) -> bytes:
        """Ask for a file; raises as ``get`` does."""
        return bytes((await self._send("POST", path, json=_given(body))).content)

    async def lines(self, path: str, **params: str | None) -> tuple[bytes, int]:
        """Lines of the log, and the leaf to go on from; raises as ``get`` does."""
        response = await self._send("GET", path, params=_given(params))
        return bytes(response.content), int(response.headers["Huiyin-Next"])

    async def settle(self) -> None:
        """Wait until what was done can be seen everywhere; if it cannot, say why and go on."""
        try:
            await self.post("/operations/settle")
        except Unavailable as problem:
            complain(problem)

    async def _send(self, method: str, path: str, **given: Any) -> httpx2.Response:
        try:
            response = await self._client.request(method, path, **given)
        except httpx2.TransportError as problem:
            raise Unavailable(
                "http.no-answer",
                f"运行中的系统（{self._client.base_url!s}）没有应答。",
                "请稍后重试；若它已停止, 再运行一次本命令即可。",
            ) from problem
        if not response.is_success:
            raise answered_error(response.status_code, response.content)
        return response


@asynccontextmanager
async def opened(settings: Settings, *, to_read: bool = False) -> AsyncIterator[Door]:
    """The door, open while the block lasts; ``to_read`` boots nothing if all is applied."""
    directory = DataDirectory(settings.data)
    headers = {"Authorization": f"Bearer {settings.token or directory.token() or ''}"}
    serving = where(settings)
    if serving is not None and serving.url is None:
        raise in_use(directory.path, serving)
    async with AsyncExitStack() as stack:
        transport, url = None, serving.url if serving else None
        if url is None:
            own = _own_door(settings, directory, to_read=to_read)
            transport = httpx2.ASGITransport(await stack.enter_async_context(own))
        client = httpx2.AsyncClient(
            transport=transport, base_url=url or OWN, headers=headers, timeout=ANSWER_WITHIN
        )
        yield Door(await stack.enter_async_context(client))


def where(settings: Settings) -> Serving | None:
    """Who serves the county: the one named by HUIYIN_URL, the holder of the directory, or none.

    Raises Refused ``data.empty``.
    """
    if settings.url:
        return Serving(pid=0, url=settings.url)
    directory = DataDirectory(settings.data)
    directory.county()
    return directory.serving()


@asynccontextmanager
async def _own_door(
    settings: Settings, directory: DataDirectory, *, to_read: bool
) -> AsyncIterator[Any]:
    """The door of a system in this very process, which reads the files alone if that is enough."""
    from huiyin.host.offline import is_settled, reading_app

    if to_read and is_settled(settings):
        with reading_app(settings) as app:
            yield app
        return
    from huiyin.host.app import create_app
    from huiyin.host.embedded import booted

    county = directory.county()
    with directory.held():
        async with booted(settings, county.code) as system:
            with suppress(Unavailable):  # what has halted says so where it is asked
                await system.settle()
            yield create_app(system, county.name, settings)


def _given(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said at all."""
    return {key: value for key, value in said.items() if value is not None}


def _told(response: httpx2.Response) -> Any:
    return response.json() if response.content else None


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
