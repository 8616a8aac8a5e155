"""Turns what a page knows into HTML, with the headers that every page carries."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.reporting.console.assets import Assets
from services.reporting.console.ledger_view import urgency
from services.reporting.console.spans import remaining, span
from services.reporting.trail.wording import BECAUSE
from shared.clock import SHANGHAI, shown, shown_limit
from shared.copies.units import Unit
from shared.identity.posts import POSTS
from shared.store.micros import from_micros
from shared.words import CHANNELS, GRADES, OUTCOMES, STATUSES, VERDICTS

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
            "moment": lambda told: shown(_moment(told)),
            "minute": lambda told: _local(told).strftime("%Y-%m-%d %H:%M"),
            "day": lambda told: _local(told).strftime("%m-%d"),
            "field": lambda told: _local(told).strftime("%Y-%m-%dT%H:%M"),
            "machine": lambda told: _moment(told).isoformat(timespec="seconds"),
            "limit": lambda told: shown_limit(_moment(told)),
            "span": span,
            "left": lambda due, now: remaining((due - now) // 1_000_000),
            "unit": _unit,
            "said": _said,
        }

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        return HTMLResponse(self._templates.get_template(template).render(values), status)


def guarded(response: Response) -> Response:
    """The response with every header that it does not set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _moment(told: datetime | int) -> datetime:
    return from_micros(told) if isinstance(told, int) else told


def _local(told: datetime | int) -> datetime:
    return _moment(told).astimezone(SHANGHAI)


def _unit(code: str | None, units: Mapping[str, Unit]) -> str:
    """A unit's name, or its code while the name is not known."""
    if code is None:
        return ""
    return units[code].name if code in units else code


def _said(what: str, units: Mapping[str, Unit], type_: str) -> str:
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
