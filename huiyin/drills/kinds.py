"""The words of a drill: how values are written, by the kind of their field, and what each kind of
expectation can ask for.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from shared.clock import SHANGHAI
from shared.documents import Node, Notation

T = TypeVar("T")

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_TRUTH = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


def moment_of(text: str) -> datetime:
    """A moment in UTC; ``24:00`` is the end of that day. Raises ValueError."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, time, offset = found.groups()
    ends = time[:5] == "24:00"
    read = datetime.fromisoformat(f"{day}T{'00:00' if ends else time}{offset or ''}")
    moment = read if read.tzinfo else read.replace(tzinfo=SHANGHAI)
    return (moment + timedelta(days=int(ends))).astimezone(UTC)


def until_of(text: str) -> datetime:
    """A moment, or the end of a day (UTC); raises ValueError for what is neither."""
    return moment_of(f"{text} 24:00" if _DAY.fullmatch(text) else text)


def _day_of(text: str) -> str:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return text


def _span_of(text: str) -> timedelta:
    """``P1DT2H3M4S`` as a duration; raises ValueError."""
    found = _SPAN.fullmatch(text)
    if found is None or text in ("P", "PT"):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _truth_of(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _amount_of(text: str) -> float:
    """A number, a percentage or a part: 1.0, 0.5, 100%."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _said(node: Node) -> str:
    """What somebody said, filled in or named: it may be empty, to be refused for that."""
    return "" if node.value == "" else node.text()


def _texts(node: Node) -> list[str]:
    return list(node.texts())


def _text(read: Callable[[str], T], wanted: str) -> Notation[T]:
    return Notation(lambda node: read(node.text()), wanted)


_MOMENTS = " 2026-03-02 14:10（北京时间, 24:00 指当日结束；可带 +08:00 之类的时差）"

MOMENT = _text(moment_of, _MOMENTS)
SPAN = _text(_span_of, " PT1M、PT2H30M、P1D 之类的时长")
NUMBER = _text(int, "整数")
TRUTH = _text(_truth_of, " true 或 false")

NOTATIONS: Mapping[str, Notation[Any]] = {
    "text": Notation(_said, "文字"),
    "texts": Notation(_texts, "文字或列表"),
    "number": NUMBER,
    "amount": _text(_amount_of, "数、几分之几或百分数（142、0.5、100%）"),
    "truth": TRUTH,
    "moment": MOMENT,
    "until": _text(until_of, f"{_MOMENTS} 或 2026-03-02"),
    "span": SPAN,
    "day": _text(_day_of, " 2026-03-02"),
    "days": Notation(lambda node: [_day_of(each) for each in node.texts()], "日期的列表"),
    "unit": Notation(_said, "单位代称"),
    "units": Notation(_texts, "单位代称的列表"),
    "incident": Notation(Node.text, "事件代称"),
    "incidents": Notation(_texts, "事件代称的列表"),
    "draft": Notation(Node.text, "拟稿的标签（as 所取）"),
    "judged": Notation(
        lambda node: {axis: _texts(each) for axis, each in node.table().items()}, "“维度: 值”的表"
    ),
    "parties": Notation(_texts, "当事方或单位代称, 或它们的列表"),
    "words": Notation(
        lambda node: {key: _said(each) for key, each in node.table().items()}, "“键: 文字”的表"
    ),
}
"""How a value of each kind is written."""


def value_of(kind: str, node: Node) -> Any:
    """The value of a field of that kind; raises ValueError for what is none."""
    return NOTATIONS[kind].read(node)


def _asked(keys: str) -> Mapping[str, str]:
    """What can be asked by key: ``key:kind``, or only the key where its kind is called so too."""
    pairs = (key.partition(":") for key in keys.split())
    return {key: kind or key for key, _, kind in pairs}


KINDS: Mapping[str, Mapping[str, str]] = {
    "duty": _asked("""
        incident unit period:text at:moment known_at:moment none:truth recipient:text assignee:unit
        turn:number start:moment due:moment state:text late_by:span spare:span took:span
        done_at:moment because:text provisional:truth count:number shortfall:number duties:number
        gap:span leaderless:span
    """),
    "ledger": _asked("at:moment known_at:moment has:words missing:texts"),
    "trail": _asked("order:texts has:texts not:texts"),
    "finding": _asked("none:truth incident unit evidence:texts of:text good:truth"),
    "breach": _asked("none:truth incident unit rule:text act:text"),
    "figure": _asked("unit is:amount from:day to:day of:number"),
    "paper": _asked("none:truth unit incident period:text has:texts not:texts"),
    "due_in": _asked("duty:text unit dates:texts conflicts:texts"),
    "warning": _asked("none:truth reason:text"),
    "same_as": {},
}
"""What each kind of expectation can ask for, by the key that makes an expectation one of them."""

STATES: Mapping[str, tuple[str, ...]] = {
    "running": ("running",),
    "met": ("met", "superseded", "settled_in_time"),
    "missed": ("missed", "met_late", "settled_late"),
    "late": ("met_late", "settled_late"),
    "overdue": ("missed",),
    "measured": ("measured", "ended"),
    "settled": ("settled_in_time", "settled_late"),
}
"""States of a duty as drills say them, and the verdicts that they mean; others are named as is."""

STATE_WORDS = tuple(
    dict.fromkeys(
        [*STATES, "open", "provisional", "unarmed", "recorded_late", "cancelled"]
        + [verdict for verdicts in STATES.values() for verdict in verdicts]
    )
)
"""Every word for a state that a drill may use."""

PAPERS = {"daily_summary": "summarise", "zero_report": "zero_report", "shift_report": "shift"}
"""Papers by the names that people have for them, and which acts make them."""


def whole(number: str) -> str:
    """The rule of the source that ``…/part`` is a part of; any other number as it is."""
    return number.split("/", maxsplit=1)[0]


def end(number: str) -> str:
    """What stands behind the last dot of a rule's number; all of it where there is none."""
    return number.rsplit(".", 1)[-1]
