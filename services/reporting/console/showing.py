"""Turns what a page knows into HTML, with the headers that every page carries; also what cannot be
shown, in Chinese, with a remedy and a code.

Style sheet and modules stand under an address that changes with their content.
"""

import hashlib
import secrets
from asyncio import to_thread
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.reporting.console.door import form_secret, form_token, inside, with_form
from services.reporting.console.lists import as_moment, urgency
from services.reporting.trail.wording import BECAUSE
from services.reporting.unshown import shown, shown_limit
from shared import words
from shared.clock import shown_span
from shared.copies.units import Unit
from shared.errors import HTTP_STATUS, HuiyinError, Invalid, Unknown
from shared.web import STATUS, LateRoute

WORDS = ("CHANNELS", "OUTCOMES", "POSTS", "STATUSES", "VERDICTS")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses hold numbers and words searched for
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer of the console says, unless it says otherwise itself."""

STATUS_BY_CODE = STATUS | {
    "sign-in.needed": 401,
    "sign-in.too-many": 429,
    "code.unknown": 401,
    "form.foreign": 403,
}
"""HTTP status by error code; others by the kind of error."""

AT_THE_DOOR = ("sign-in.needed", "sign-in.too-many", "token.unknown", "code.unknown")
"""Answered with the page to sign in."""

HEADINGS = {403: "不能办理", 404: "没有找到", 422: "请求有误", 500: "系统出错", 503: "暂时不能办理"}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

HERE = Path(__file__).parent
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


_UNREADABLE = Invalid("request.invalid", "地址或表单里有看不懂的内容。", "请从台账首页重新选择。")

logger = structlog.get_logger("console")


class Assets:
    """Every static file, read once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        content = b"".join(name.encode() + files[name] for name in sorted(files))
        self.version = hashlib.sha256(content).hexdigest()[:12]

    @classmethod
    def read(cls) -> "Assets":
        """Those that the console comes with."""
        found = (path for path in (HERE / "static").iterdir() if path.suffix in KINDS)
        return cls({path.name: path.read_bytes() for path in found})

    def url(self, name: str) -> str:
        """The address of a file; one version for all, so that modules find each other."""
        assert name in self._files, name
        return f"/static/{self.version}/{name}"

    def answer(self, request: Request, version: str, name: str) -> Response:
        """A file; raises Unknown ``address.unknown``. An old page may ask for an old version."""
        if name not in self._files:
            raise Unknown("address.unknown", "没有这个文件。", "请刷新页面。")
        tag = f'"{self.version}"'
        kept = FOR_EVER if version == self.version else "no-cache"
        headers = {"ETag": tag, "Cache-Control": kept}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(self._files[name], media_type=KINDS[Path(name).suffix], headers=headers)


class Showing:
    """The templates, ready to be filled in."""

    def __init__(self, assets: Assets, county: Callable[[], str]) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "asset": assets.url,
            "county": county,
            "urgency": urgency,
            "BECAUSE": BECAUSE,
            **{name: getattr(words, name) for name in WORDS},
        }
        self._templates.filters |= {
            "moment": lambda at: shown(as_moment(at)),
            "minute": lambda at: shown(as_moment(at), "%Y-%m-%d %H:%M"),
            "field": lambda at: shown(as_moment(at), "%Y-%m-%dT%H:%M"),
            "machine": lambda at: as_moment(at).isoformat(timespec="seconds"),
            "limit": lambda at: shown_limit(as_moment(at)),
            "span": span,
            "left": lambda due, now: remaining((as_moment(due) - now) // timedelta(seconds=1)),
            "unit": _unit,
            "named": _with_names,
        }

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        return HTMLResponse(self._templates.get_template(template).render(values), status)


def guarded(response: Response) -> Response:
    """The response with every header that it does not set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def page_route(showing: Showing) -> type[LateRoute]:
    """Routes that answer with pages, also when something is wrong."""

    class PageRoute(LateRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return guarded(await handle(request))
                except Exception as problem:
                    return guarded(await to_thread(problem_page, showing, request, problem))

            return handled

    return PageRoute


def problem_page(showing: Showing, request: Request, problem: Exception) -> Response:
    """A problem as a page; who is not let in gets the page to sign in."""
    if isinstance(problem, RequestValidationError):
        problem = _UNREADABLE
    if not isinstance(problem, HuiyinError):
        return _failed(showing, problem)
    status = STATUS_BY_CODE.get(problem.code) or HTTP_STATUS.get(type(problem), 500)
    if problem.code in AT_THE_DOOR:
        return sign_in_page(showing, request, problem, status)
    heading = HEADINGS.get(status, "不能办理")
    return showing.page("problem.html", status, problem=problem, heading=heading)


def sign_in_page(
    showing: Showing, request: Request, problem: HuiyinError | None = None, status: int = 200
) -> Response:
    """The page to sign in, which leads back to where the reader wanted to go."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = request.query_params.get("to", "/") if request.url.path == "/sign-in" else asked
    secret = form_secret(request)
    page = showing.page(
        "sign_in.html",
        status,
        problem=problem,
        to=inside(to),
        code=request.query_params.get("code", "") if problem is None else "",
        form=form_token(secret),
    )
    return with_form(request, page, secret)


def _failed(showing: Showing, problem: Exception) -> Response:
    """Something of ours is broken: the page has a code by which the log tells what.

    Neither has the problem's own text, in which words of people could stand.
    """
    code = f"page.failed-{secrets.token_hex(4)}"
    logger.error("page failed", code=code, exc_info=problem)
    failed = HuiyinError(code, "这一页没有做成。", "请刷新重试；若一直如此, 请把代码告诉管理员。")
    return showing.page("problem.html", 500, problem=failed, heading=HEADINGS[500])


def _unit(code: str | None, units: Mapping[str, Unit]) -> str:
    """A unit's name, or its code while the name is not known."""
    known = units.get(code or "")
    return known.name if known else code or ""


def _with_names(what: str, units: Mapping[str, Unit], type_: str) -> str:
    """What an assignment says, with names for codes; words of people stay as they are."""
    if not type_.startswith("routing.incident-assigned."):
        return what
    for code in sorted(units, key=len, reverse=True):
        what = what.replace(f"牵头 {code}", f"牵头 {units[code].name}")
    head, sign, rest = what.partition("协办 ")
    if not sign:
        return what
    codes, comma, rest = rest.partition(", ")
    named = "、".join(_unit(code, units) for code in codes.split("、"))
    return f"{head}{sign}{named}{comma}{rest}"


def span(seconds: int) -> str:
    """The two largest units of a span in seconds, cut off: ``1天3小时``, ``42分``."""
    return shown_span(seconds - seconds % 60) if seconds >= 60 else "不到1分"


def remaining(seconds: int) -> str:
    """What is left until a limit, or how long ago it passed (``seconds`` below zero).

    static/countdown.js says the same in the browser.
    """
    return f"还剩 {span(seconds)}" if seconds >= 0 else f"已逾期 {span(-seconds)}"
