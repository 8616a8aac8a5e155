"""The console blocks of a page: what to type and what it prints, and playing them in a shell."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 600.0
"""Seconds for a whole page."""

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_END = "\x1e"
"""Printed by the shell after each command."""


@dataclass(frozen=True)
class Step:
    """A command, perhaps of several lines, and what the page says that it prints."""

    command: str
    shown: str


def steps(page: str) -> Iterator[Step]:
    """What the console blocks of a page say: ``$ `` begins a command, ``> `` goes on with it."""
    for block in _BLOCK.findall(page):
        for said in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *rest = said.splitlines()
            more = [line[2:] for line in rest if line.startswith("> ")]
            shown = [line for line in rest if not line.startswith("> ")]
            yield Step("\n".join([first, *more]), "\n".join(shown))


def play(commands: list[str], place: Path) -> list[str]:
    """What each command prints, errors among it, all in one bash in the repository.

    Temporary files lie under ``place``; whatever a command left running is ended.
    """
    script = place / "page.sh"
    lines = [f"{command}\nprintf '\\036'\n" for command in commands]
    script.write_text("".join(lines), encoding="utf-8")
    shell = subprocess.Popen(
        ["/usr/bin/env", "bash", script],
        cwd=ROOT,
        env=_environment(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        printed, _ = shell.communicate(timeout=LONGEST)
    finally:
        _end_all(shell.pid)
    return printed.split(_END)[:-1]


def holds(shown: str, printed: str) -> bool:
    """Whether a page tells truly what was printed.

    ``…`` stands for anything within a line, and alone on a line for any number of lines; runs of
    spaces count as one.
    """
    pattern = "".join(map(_pattern, shown.splitlines()))
    said = "".join(f"{_plain(line)}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, said) is not None


def _pattern(line: str) -> str:
    plain = _plain(line)
    if plain == "…":
        return r"(?:.*\n)*?"
    return ".*".join(re.escape(part) for part in re.split(r" ?… ?", plain)) + r"\n"


def _plain(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


def _environment(place: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return kept | {"PATH": path, "TMPDIR": str(place), "LC_ALL": "C.UTF-8", "COLUMNS": "80"}


def _end_all(group: int) -> None:
    try:
        os.killpg(group, signal.SIGTERM)
    except ProcessLookupError:
        return  # the page ended what it began
