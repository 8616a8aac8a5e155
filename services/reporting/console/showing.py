"""Turns what a page knows into HTML, with the headers that every page carries.

Style sheet and modules stand under an address that changes with their content.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.reporting.console.ledger_view import as_moment, urgency
from services.reporting.trail.wording import BECAUSE
from shared.clock import SHANGHAI, shown, shown_limit
from shared.copies.units import Unit
from shared.errors import Unknown
from shared.words import CHANNELS, GRADES, OUTCOMES, POSTS, STATUSES, VERDICTS

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses hold numbers and words searched for
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer of the console says, unless it says otherwise itself."""

WORDS = {
    "CHANNELS": CHANNELS,
    "GRADES": GRADES,
    "OUTCOMES": OUTCOMES,
    "POSTS": POSTS,
    "STATUSES": STATUSES,
    "VERDICTS": VERDICTS,
    "BECAUSE": BECAUSE,
}


STATIC = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


MINUTE, HOUR, DAY = 60, 3_600, 86_400


class Assets:
    """Every static file, read once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        content = b"".join(name.encode() + files[name] for name in sorted(files))
        self.version = hashlib.sha256(content).hexdigest()[:12]

    @classmethod
    def read(cls) -> "Assets":
        """Those that the console comes with."""
        found = (path for path in STATIC.iterdir() if path.suffix in KINDS)
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
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "asset": assets.url,
            "county": county,
            "urgency": urgency,
            **WORDS,
        }
        self._templates.filters |= {
            "moment": lambda at: shown(as_moment(at)),
            "minute": lambda at: _local(at).strftime("%Y-%m-%d %H:%M"),
            "day": lambda at: _local(at).strftime("%m-%d"),
            "field": lambda at: _local(at).strftime("%Y-%m-%dT%H:%M"),
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


def _local(moment: datetime | int) -> datetime:
    return as_moment(moment).astimezone(SHANGHAI)


def _unit(code: str | None, units: Mapping[str, Unit]) -> str:
    """A unit's name, or its code while the name is not known."""
    if code is None:
        return ""
    return units[code].name if code in units else code


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
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{minutes}分" if minutes else "不到1分"


def remaining(seconds: int) -> str:
    """What is left until a limit, or how long ago it passed (``seconds`` below zero).

    static/countdown.js says the same in the browser.
    """
    return f"还剩 {span(seconds)}" if seconds >= 0 else f"已逾期 {span(-seconds)}"
