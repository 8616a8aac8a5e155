"""Differences that somebody has looked at, each with its reason (``county/allowed.toml``)."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.nets.story import COUNTY

ANYTHING = "*"


@dataclass(frozen=True)
class Difference:
    """What is said otherwise at a place: empty where nothing is said."""

    question: str
    place: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.question} {self.place}: {self.was or '-'} -> {self.now or '-'}"


@dataclass(frozen=True)
class Allowed:
    """Differences that are as they should be, and why; ``*`` stands for anything.

    ``only`` says over which store, where it is not seen over both.
    """

    question: str
    place: str
    was: str
    now: str
    reason: str
    only: str | None = None

    def covers(self, found: Difference) -> bool:
        """Whether this is such a difference."""
        return self.question == found.question and all(
            _fits(pattern, text)
            for pattern, text in (
                (self.place, found.place),
                (self.was, found.was),
                (self.now, found.now),
            )
        )


def allowed(kind: str) -> list[Allowed]:
    """Those over one store; raises KeyError for an entry that leaves something out."""
    told = tomllib.loads((COUNTY / "allowed.toml").read_text(encoding="utf-8"))
    listed = [_entry(each) for each in told.get("difference", ())]
    return [each for each in listed if each.only in (None, kind)]


def _entry(told: Mapping[str, str]) -> Allowed:
    known = (told["question"], told["place"], told["was"], told["is"], told["reason"])
    return Allowed(*known, told.get("only"))


def differences(
    question: str, before: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Difference]:
    """Where two answers are not the same."""
    for place in before.keys() | now.keys():
        was, is_ = before.get(place, ""), now.get(place, "")
        if was != is_:
            yield Difference(question, place, was, is_)


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split(ANYTHING))), text) is not None
