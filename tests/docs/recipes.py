"""The recipes of CONTRIBUTING.md: what each block changes or runs, applied to a tree of files."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PLACED = re.compile(r"# (\S+) \((new|at the end)\)\n")
_FILE = "--- "
_PYTHON = ".venv/bin/python "


@dataclass(frozen=True)
class Change:
    """One change of a file: ``old`` stands there once, or is empty where ``new`` is added."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Command:
    """Something to run in the repository."""

    words: tuple[str, ...]


def recipe(page: str) -> Iterator[Change | Command]:
    """What a page says to do, in its order.

    A ``diff`` block names a file (``---``) and has hunks between ``@@``, an ``sh`` block has
    commands, any other says in its first line where it belongs; one that does not is no recipe.
    """
    for language, block in _BLOCK.findall(page):
        if language == "diff":
            yield from _hunks(block)
        elif place := _PLACED.match(block):
            gap = "" if place[2] == "new" else "\n\n"
            yield Change(place[1], "", gap + block[place.end() :])
        elif language == "sh":
            yield from (Command(tuple(line.split())) for line in block.splitlines())


def apply(change: Change, tree: Path) -> None:
    """Change the file; raises ValueError where what should stand there does not, or twice."""
    path = tree / change.path
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if not change.old:
        path.write_text(before + change.new, encoding="utf-8")
        return
    if before.count(change.old) != 1:
        raise ValueError(f"{change.path} has {before.count(change.old)} times:\n{change.old}")
    path.write_text(before.replace(change.old, change.new), encoding="utf-8")


def run(words: tuple[str, ...], tree: Path) -> str:
    """What a command of the page prints, run in that tree by this Python.

    Raises CalledProcessError, which says what it printed.
    """
    line = " ".join(words)
    assert line.startswith(_PYTHON), line
    command = [sys.executable, *words[1:]]
    try:
        ended = subprocess.run(
            command, cwd=tree, check=True, capture_output=True, text=True, env=environment(tree)
        )
    except subprocess.CalledProcessError as problem:
        problem.add_note(f"{problem.stdout}\n{problem.stderr}")
        raise
    return ended.stdout


def environment(tree: Path) -> dict[str, str]:
    """Under which a program finds that tree's modules, and not this one's."""
    return os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}


def _hunks(block: str) -> Iterator[Change]:
    path = ""
    for hunk in re.split(r"^@@\n", block, flags=re.MULTILINE):
        lines = hunk.splitlines()
        if lines[0].startswith(_FILE):
            path, lines = lines[0].removeprefix(_FILE), lines[1:]
        yield Change(path, _side(lines, "-"), _side(lines, "+"))


def _side(lines: list[str], mark: str) -> str:
    kept = [line[1:] for line in lines if not line or line[0] in (" ", mark)]
    return "".join(f"{line}\n" for line in kept)
