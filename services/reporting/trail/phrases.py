"""Small pieces of sentences (词句): spans, names, what was judged, in the words of a pack."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.policy.language.pack import Pack
from shared.words import CATEGORIES, GRADES

Read = Callable[[str], str]
"""Opens a sealed field of the event at hand."""

_COMMON: Mapping[str, Mapping[str, str]] = {"severity": GRADES, "category": CATEGORIES}
"""What values are called where no pack says so."""


def then(text: str) -> str:
    """What follows in a sentence, if anything does."""
    return f", {text}" if text else ""


def names(each: Iterable[str]) -> str:
    """Several names."""
    return "、".join(each)


def set_words(sets: Mapping[str, Sequence[str]], pack: Pack | None) -> str:
    """What was judged on which axes; severity speaks for itself."""
    return ", ".join(_judged(axis, values, pack) for axis, values in sets.items())


def span(seconds: int) -> str:
    """So long, in days, hours, minutes and seconds."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    parts = [(days, "天"), (hours, "小时"), (rest // 60, "分"), (rest % 60, "秒")]
    said = "".join(f"{count}{unit}" for count, unit in parts if count)
    return said or "0秒"


def _judged(axis: str, values: Sequence[str], pack: Pack | None) -> str:
    declared = pack.axes.get(axis) if pack else None
    called = {**_COMMON.get(axis, {}), **(declared.values if declared else {})}
    said = names(called.get(value, value) for value in values)
    if axis == "severity":
        return said
    return f"{declared.zh if declared else axis} {said}"
