"""Decisions are given time, ids and chance with the command; they never fetch them themselves."""

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

NEVER_CALLED = {
    "now": "the time of a command comes with it",
    "utcnow": "the time of a command comes with it",
    "today": "the day of a command comes with it",
    "uuid1": "ids come with the command",
    "uuid4": "ids come with the command",
    "urandom": "a decision taken again must be the same",
    "open": "a decision reads no files",
    "print": "a decision says what it says by its events",
    "input": "a decision asks nobody",
}

NEVER_NAMED = {"system_clock", "since_boot", "SteadyClock", "getLogger", "get_logger"}


def pure_files() -> list[Path]:
    """The files of .importlinter's list of decisions, policies and contracts."""
    linter = ConfigParser()
    linter.read(ROOT / ".importlinter")
    modules = linter["importlinter:contract:decisions"]["source_modules"].split()
    places = [ROOT.joinpath(*module.split(".")) for module in modules]
    return [file for place in places for file in _files(place)]


def _files(place: Path) -> list[Path]:
    module = place.with_suffix(".py")
    return [module] if module.exists() else sorted(place.rglob("*.py"))


def offences(source: str) -> list[str]:
    """What a module does that a decision must not do, each with its line."""
    return sorted({*_calls(ast.parse(source)), *_names(ast.parse(source))})


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _last_name(node.func)) in NEVER_CALLED:
            yield f"line {node.lineno}: {name}() -- {NEVER_CALLED[name]}"


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        named = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        for name in {*named, _last_name(node)} & NEVER_NAMED:
            yield f"line {getattr(node, 'lineno', 0)}: {name}"


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


@pytest.mark.parametrize("file", pure_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_pure_module_fetches_neither_time_nor_ids_nor_chance(file: Path) -> None:
    assert offences(file.read_text()) == []


def test_the_list_names_files_that_exist() -> None:
    names = {str(file.relative_to(ROOT)) for file in pure_files()}

    assert {"services/intake/incident.py", "shared/contracts/envelope.py"} <= names
    assert len(names) >= 15


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime, UTC\nmoment = datetime.now(UTC)",
        "import datetime\nday = datetime.date.today()",
        "from uuid import uuid4\nname = uuid4()",
        "import uuid\nname = uuid.uuid4()",
        "from shared.clock import system_clock",
        "import shared.clock\nmoment = shared.clock.system_clock()",
        "text = open('x').read()",
    ],
)
def test_the_scan_sees_it(source: str) -> None:
    assert len(offences(source)) >= 1


@pytest.mark.parametrize(
    "source", ["moment = command.now", "from uuid import UUID\nx = UUID(int=1)"]
)
def test_the_scan_leaves_alone_what_came_with_the_command(source: str) -> None:
    assert offences(source) == []


def test_whatever_calls_itself_pure_is_within_the_walls() -> None:
    product = [
        file for part in ("services", "shared", "huiyin") for file in (ROOT / part).rglob("*.py")
    ]
    said = {file for file in product if re.search(r"\bpure\b", _first_line(file), re.IGNORECASE)}
    assert said - set(pure_files()) == set()
    assert len(said) > 10


def _first_line(file: Path) -> str:
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return said.partition("\n\n")[0]
