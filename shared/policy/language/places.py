"""Where in a pack's file a key stands (行列), for complaints that people can act on."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*\[\[?(?P<name>.*?)\]\]?\s*(#.*)?$")
_ENTRY = re.compile(
    r"""^\s*(?P<key>("[^"]*"|'[^']*'|[0-9A-Za-z_-]+)(\s*\.\s*("[^"]*"|'[^']*'|[0-9A-Za-z_-]+))*)\s*="""
)
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([0-9A-Za-z_-]+))\s*(?:\.|$)""")


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"第 {self.line} 行第 {self.column} 列"


def place_of(text: str, path: Sequence[str]) -> Place:
    """Where the key stands, or the nearest table above it; the first line if there is none."""
    best, depth = Place(1, 1), 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            table = _keys(header["name"])
            here = table
        elif entry := _ENTRY.match(line):
            here = table + _keys(entry["key"])
        else:
            continue
        common = len(here) if tuple(path[: len(here)]) == here else 0
        if common > depth:
            best, depth = Place(number, len(line) - len(line.lstrip()) + 1), common
    return best


def place_in_error(problem: tomllib.TOMLDecodeError) -> Place | None:
    """The place that the TOML reader names in its message."""
    found = re.search(r"line (\d+), column (\d+)", str(problem))
    return Place(int(found[1]), int(found[2])) if found else None


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))
