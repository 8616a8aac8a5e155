"""What the values of steps and expectations hold, by the kind of their field."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from huiyin.drills.nodes import (
    Node,
    day_of,
    moment_of,
    number_of,
    span_of,
    text_of,
    texts_of,
    truth_of,
)


def value_of(kind: str, node: Node) -> Any:
    """The value of a field of that kind; raises ValueError for what is none."""
    return _READERS[kind](node)


def _table(node: Node) -> Mapping[str, Node]:
    if not isinstance(node.value, Mapping):
        raise ValueError(node.value)  # noqa: TRY004 - told as a complaint of the file
    return node.value


def _judged(node: Node) -> dict[str, list[str]]:
    return {axis: list(texts_of(each)) for axis, each in _table(node).items()}


def _said(node: Node) -> str:
    """What somebody said, filled in or named: it may be empty, to be refused for that."""
    return "" if node.value == "" else text_of(node)


def _words(node: Node) -> dict[str, str]:
    return {key: _said(each) for key, each in _table(node).items()}


def until_of(text: str) -> datetime:
    """A moment, or the end of a day (UTC); raises ValueError for what is neither."""
    try:
        return moment_of(f"{day_of(text)} 24:00")
    except ValueError:
        return moment_of(text)


def _amount(node: Node) -> float:
    """A number, a percentage or a part: 1.0, 0.5, 100%."""
    text = text_of(node)
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _text(read: Callable[[str], Any]) -> Callable[[Node], Any]:
    return lambda node: read(text_of(node))


def _several(read: Callable[[str], Any]) -> Callable[[Node], Any]:
    return lambda node: [read(each) for each in texts_of(node)]


_READERS: Mapping[str, Callable[[Node], Any]] = {
    "text": _said,
    "texts": lambda node: list(texts_of(node)),
    "number": _text(number_of),
    "amount": _amount,
    "truth": _text(truth_of),
    "moment": _text(moment_of),
    "until": _text(until_of),
    "span": _text(span_of),
    "day": _text(day_of),
    "days": _several(day_of),
    "unit": _said,
    "units": lambda node: list(texts_of(node)),
    "incident": text_of,
    "incidents": lambda node: list(texts_of(node)),
    "draft": text_of,
    "judged": _judged,
    "parties": lambda node: list(texts_of(node)),
    "words": _words,
}
