"""Serves a host over HTTP until it is told to stop: the one life of every serving process."""

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI

from huiyin.host.app import create_app
from shared.errors import Unavailable
from shared.settings import Settings

if TYPE_CHECKING:  # only one of them runs here, and what the other needs takes a while to load
    from huiyin.host.distributed import Distributed
    from huiyin.host.embedded import Embedded

STOP_WITHIN = 1
"""Seconds that open connections are given when the server stops."""


async def serve(site: "Embedded | Distributed", settings: Settings) -> None:
    """Open a host and answer requests; returns after SIGINT or SIGTERM, in about two seconds.

    A site says what it calls its ``county``; ``held`` holds what only one process may use and gives
    whom to tell once requests are answered; ``opened`` has the rooms, built and connected.

    Raises Unavailable ``http.port-taken``, and what its site raises.
    """
    with site.held() as announce:
        listener = _listen(settings)
        url = f"http://{settings.http_host}:{listener.getsockname()[1]}"
        async with site.opened() as host:
            app = create_app(host, site.county, settings)
            answering = _serve_until_stopped(app, listener, partial(announce, url))
            await _first(*(work() for work in host.beside), answering)


async def _first(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things until one of them ends; the others are cancelled, a failure is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        all_ended = await asyncio.gather(*tasks, return_exceptions=True)
    for ended in all_ended:
        if isinstance(ended, Exception):
            raise ended


async def _serve_until_stopped(
    app: FastAPI, listener: socket.socket, announce: Callable[[], None]
) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` is called once requests are answered."""
    # Nothing of ours happens in the app's lifespan; cut short, it would only print a traceback.
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,  # its lines go the same way as ours
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_WITHIN,
        ),
        app.state.stopping,
    )
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, server.stop)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if server.started:
        announce()
    await serving


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process behind our back.

    ``stopping`` tells those who hold an answer back, for whom it would wait.
    """

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.stopping = stopping

    def stop(self) -> None:
        self.stopping.set()
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(settings: Settings) -> socket.socket:
    """The address to serve at, taken; raises Unavailable ``http.port-taken``."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
    except OSError as problem:
        listener.close()
        raise Unavailable(
            "http.port-taken",
            f"地址 {settings.http_host}:{settings.http_port} 不能使用（可能已被占用）。",
            "请停止占用它的程序, 或用 HUIYIN_HTTP_PORT 另选端口（0 表示任选）。",
            "HUIYIN_HTTP_PORT",
        ) from problem
    return listener
