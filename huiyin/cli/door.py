"""How a command reaches the system: over HTTP when it runs, otherwise by booting it for a moment.

Either way it is the same HTTP interface, with the same refusals.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2

from huiyin.cli.output import complain
from huiyin.host.directory import DataDirectory, Serving, in_use
from shared.errors import Unavailable, answered_error
from shared.settings import Settings

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
    if serving is not None and serving.url is not None:
        async with httpx2.AsyncClient(
            base_url=serving.url, headers=headers, timeout=ANSWER_WITHIN
        ) as client:
            yield Door(client)
    else:
        async with _own_door(settings, directory, to_read=to_read) as app:
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://huiyin", headers=headers
            ) as client:
                yield Door(client)


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


def not_serving() -> Unavailable:
    """The error for what only a running system can do."""
    return Unavailable(
        "http.not-serving", "系统没有在运行。", "请先用 huiyin up 启动, 再另开一个终端运行本命令。"
    )
