"""Who may read: sessions kept in a cookie, and where a form may come from."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from shared.copies.units import founded_county
from shared.errors import Refused, Unavailable
from shared.identity.officer import Officer
from shared.identity.sessions import LASTS, Sessions
from shared.logs import note
from shared.store.store import Store

SESSION = "huiyin_session"
FORM = "huiyin_form"
"""The cookie of a form that is shown before anybody is signed in."""

_LOOPBACK = ("127.0.0.1", "::1")
_FORWARDED = ("forwarded", "x-forwarded-for")
"""Headers by which a proxy says that the request came from elsewhere."""


MOST_FAILURES = 10
"""Wrong tokens from one address within ``FAILED_WITHIN`` seconds."""

FAILED_WITHIN = 60.0

ADDRESSES_KNOWN = 1_000
"""Addresses remembered, the one that failed longest ago going first."""


class Attempts:
    """How often somebody was wrong at the door, by address, in this process's memory."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failed: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises Refused ``sign-in.too-many`` for an address that failed too often of late."""
        if len(self._late(address)) >= MOST_FAILURES:
            raise Refused(
                "sign-in.too-many",
                "连续多次登录失败, 暂不受理。",
                "请一分钟后再试；令牌遗失的, 请管理员用 huiyin appoint 重新发放。",
                "token",
            )

    def failed(self, address: str) -> None:
        """Note a failure."""
        self._failed[address] = [*self._late(address), self._monotonic()]
        self._failed.move_to_end(address)
        if len(self._failed) > ADDRESSES_KNOWN:
            self._failed.popitem(last=False)

    def forget(self, address: str) -> None:
        """Somebody came in from there."""
        self._failed.pop(address, None)

    def _late(self, address: str) -> list[float]:
        since = self._monotonic() - FAILED_WITHIN
        return [moment for moment in self._failed.get(address, []) if moment > since]


@dataclass(frozen=True, slots=True)
class PageReader:
    """Somebody who may read: an officer, or in a demonstration whoever sits at this machine."""

    officer: Officer | None
    session: str


class SessionDoor:
    """Lets readers in, and sees them out."""

    def __init__(self, sessions: Sessions, store: Store, attempts: Attempts) -> None:
        self._sessions = sessions
        self._store = store
        self._attempts = attempts

    def reader(self, request: Request) -> PageReader:
        """Who asks; raises Refused ``sign-in.needed``. Called in a worker thread."""
        session = request.cookies.get(SESSION, "")
        officer = self._sessions.officer(session, self._store.clock()) if session else None
        if officer is None and not self._is_open_to(request):
            message = "请先登录。"
            raise Refused("sign-in.needed", message, "页面上有当事人的原话, 只供有关人员查阅。")
        if officer is not None:
            note(officer=officer.id, unit=officer.unit)
        return PageReader(officer, session if officer else "")

    def county(self) -> str:
        """Whose door it is, as far as it can be told."""
        with suppress(Unavailable):
            county = self._store.read_now(founded_county)
            return county.name if county else ""
        return ""

    def sign_in(self, request: Request, token: str, code: str) -> str:
        """A new session's id for a token or a single-use code; raises Refused."""
        address = request.client.host if request.client else ""
        self._attempts.check(address)
        now = self._store.clock()
        try:
            if code:
                session = self._sessions.redeem(code, now)
            else:
                session = self._sessions.open(token.strip(), now)
        except Refused:
            self._attempts.failed(address)
            raise
        self._attempts.forget(address)
        return session

    def sign_out(self, request: Request) -> None:
        """End the request's session."""
        self._sessions.close(request.cookies.get(SESSION, ""))

    def offer(self, officer: Officer) -> str:
        """A single-use code that signs an officer in."""
        return self._sessions.offer(officer, self._store.clock())

    def _is_open_to(self, request: Request) -> bool:
        """In a demonstration everything is invented: this machine's user reads as they come."""
        if request.client is None or request.client.host not in _LOOPBACK:
            return False
        if any(name in request.headers for name in _FORWARDED):
            return False
        county = self._store.read_now(founded_county)
        return county is not None and county.demonstration


def form_token(secret: str) -> str:
    """What a form must bring back: only who has the cookie can know it."""
    return hashlib.sha256(f"form/{secret}".encode()).hexdigest()


def check_form(request: Request, cookie: str, token: str) -> None:
    """Raises Refused ``form.foreign`` unless the form was ours, shown to this very browser.

    ``cookie`` names the one that its token was made from.
    """
    secret = request.cookies.get(cookie, "")
    known = bool(secret) and hmac.compare_digest(token.encode(), form_token(secret).encode())
    if not known or not _from_here(request):
        raise Refused(
            "form.foreign",
            "这个表单不是从本页面提交的, 或已经过期。",
            "请返回上一页, 刷新后重新提交；请勿在浏览器中禁用 Cookie。",
            "form",
        )


def _from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    # Without referrers a browser sends "null" for our own forms too; the token then decides.
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")


def signed_in(request: Request, session: str, to: str) -> Response:
    """On to a page of ours, with the session's cookie."""
    response = RedirectResponse(inside(to), 303)
    _set(request, response, SESSION, session, int(LASTS.total_seconds()))
    response.delete_cookie(FORM, path="/")
    return response


def signed_out() -> Response:
    """Back to the door, without the cookie."""
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(SESSION, path="/", httponly=True, samesite="strict")
    return response


def with_form(request: Request, response: Response, secret: str) -> Response:
    """Let the browser bring back the form that this response shows."""
    _set(request, response, FORM, secret, 3600)
    return response


def form_secret(request: Request) -> str:
    """The secret of forms shown to this browser; a new one on its first visit."""
    return request.cookies.get(FORM) or secrets.token_urlsafe(24)


def inside(path: str) -> str:
    """The path if it leads to a page of ours, otherwise the first page."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else "/"


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=_came_by_https(request),
        httponly=True,
        samesite="strict",
    )


def _came_by_https(request: Request) -> bool:
    # A header that is not true only makes the sender's own cookie stricter.
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
