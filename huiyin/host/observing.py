"""What is noted of every HTTP request: one log line, and figures; never anything that was said."""

import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.logs import line
from shared.messaging.streams import SERVICES

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER = "other"
"""For whatever is not ours: a made-up path or method must not become a label."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}-\d{4}-\d{6}")

log = structlog.get_logger("http")


class HttpFigures:
    """Counts and durations by route, and commands by outcome."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "huiyin_http_requests",
            "HTTP requests answered.",
            ("route", "method", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "huiyin_http_request_seconds",
            "Seconds until an HTTP request was answered.",
            ("route", "method"),
            registry=registry,
            buckets=BOUNDS,
        )
        self.commands = Counter(
            "huiyin_commands",
            "Commands (POST) by outcome: ok, or the code of the refusal.",
            ("room", "code"),
            registry=registry,
        )


class Observing:
    """ASGI middleware around the whole door."""

    def __init__(self, app: ASGIApp, figures: HttpFigures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and note how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with line(room=_room(scope["path"])) as about:
            try:
                await self._app(scope, receive, noting)
            finally:
                self._note(scope, status, time.perf_counter() - began, about)

    def _note(self, scope: Scope, status: int, seconds: float, about: dict[str, object]) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        route = _route(scope)
        code = str(about.setdefault("code", "ok" if status < 400 else str(status)))
        self._figures.requests.labels(route, method, str(status)).inc()
        self._figures.seconds.labels(route, method).observe(seconds)
        said = {"route": route, "status": status, "seconds": round(seconds, 6), **_named(scope)}
        if method == "POST":
            self._figures.commands.labels(about["room"], code).inc()
            log.info("command answered", **{**said, **about})
        else:
            log.debug("question answered", **{**said, **about})


def _room(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in SERVICES else "county"


def _route(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None)
    return str(path) if path else OTHER


def _named(scope: Scope) -> Mapping[str, Any]:
    """The incident that the path names, if it is an id or a number and not somebody's words."""
    name = str(scope.get("path_params", {}).get("incident", ""))
    if IDENTIFIER.fullmatch(name):
        return {"incident": name}
    return {"number": name} if NUMBER.fullmatch(name) else {}
