"""Serves the embedded system over HTTP until it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from huiyin.embedded.app import create_app
from huiyin.embedded.directory import County, DataDirectory, Held
from huiyin.embedded.system import booted
from shared.errors import Unavailable
from shared.messaging.relay import Checkpoint, pass_by
from shared.settings import Settings

STOP_WITHIN = 1
"""Seconds that open connections are given when the server stops."""


async def serve(
    settings: Settings,
    ready: Callable[[str, County], None],
    *,
    checkpoint: Checkpoint = pass_by,
) -> None:
    """Hold the data directory, boot, serve; returns after SIGINT or SIGTERM.

    ``ready`` is told the address once requests are answered. Raises Unavailable
    ``http.port-taken`` or ``data.in-use``, Refused ``data.empty``.
    """
    directory = DataDirectory(settings.data)
    county = directory.county()
    with directory.held() as held:
        listener = listen(settings)
        url = f"http://{settings.http_host}:{listener.getsockname()[1]}"
        async with booted(settings, county.code, checkpoint=checkpoint) as system:
            app = create_app(system, county, settings)
            await serve_until_stopped(app, listener, lambda: _announce(held, url, county, ready))


async def serve_until_stopped(
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
        )
    )
    server.stopping = app.state.stopping
    app.state.stopping = server.stopping
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

    ``stopping`` tells those who only listen, for whom it would wait.
    """

    stopping: asyncio.Event

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()
        """Set when the server is told to stop: whoever holds an answer back gives it now."""

    def stop(self) -> None:
        self.stopping.set()
        self.should_exit = True
        self.stopping.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _announce(held: Held, url: str, county: County, ready: Callable[[str, County], None]) -> None:
    held.says(url)
    ready(url, county)


def listen(settings: Settings) -> socket.socket:
    """The address to serve at, taken; raises Unavailable ``http.port-taken``."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
    except OSError as problem:
        listener.close()
        raise _port_taken(settings) from problem
    return listener


def _port_taken(settings: Settings) -> Unavailable:
    return Unavailable(
        "http.port-taken",
        f"地址 {settings.http_host}:{settings.http_port} 不能使用（可能已被占用）。",
        "请停止占用它的程序, 或用 HUIYIN_HTTP_PORT 另选端口（0 表示任选）。",
        "HUIYIN_HTTP_PORT",
    )
