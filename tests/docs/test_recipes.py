"""CONTRIBUTING's recipes work as they are written: applied in order to a copy of the repository."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.console import ROOT
from tests.docs.recipes import Change, Command, apply, environment, recipe, run

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEPS = list(recipe(PAGE))
PRODUCT = ("huiyin/", "services/", "shared/")

BROUGHT = [
    step.path
    for step in STEPS
    if isinstance(step, Change) and Path(step.path).name.startswith("test_") and not step.old
]
"""The tests that the recipes themselves write."""

HOLDING = (
    *("tests/contracts/test_golden.py", "tests/acts/test_vocabulary.py"),
    *("tests/acts/test_acts_page.py", "tests/reporting/test_wording.py"),
    *("tests/drills/test_page.py::test_the_page_names_every_act_with_its_fields",),
    "tests/policy/test_rules_page.py::test_every_act_clock_moment_and_kind_of_matter_is_on_the_page",
)
"""Tests of the house that fail where a recipe leaves something out."""

DRILL = "tests/drills/test_scenarios.py"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as it is after all recipes."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no repository: what belongs to it cannot be told")
    tree = tmp_path_factory.mktemp("recipes") / "house"
    _copy(tree)
    for step in _once(STEPS):
        if isinstance(step, Change):
            apply(step, tree)
        else:
            run(step.words, tree)
    return tree


def test_after_all_recipes_the_house_and_their_own_tests_are_green(house: Path) -> None:
    tests = [*BROUGHT, *HOLDING, DRILL]
    chosen = "not postgres and (not scenario or asked-back)"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", chosen]

    ended = subprocess.run(
        [*command, *tests],
        cwd=house,
        capture_output=True,
        check=False,
        text=True,
        env=environment(house),
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(BROUGHT) == 3


def test_an_act_then_has_its_row_command_and_route(house: Path) -> None:
    route = "/routing/incidents/{incident}/acts/visit"
    [row] = [line for line in _read(house, "docs/acts.md") if line.startswith("| `visit`")]

    assert "`routing.visit-made.v2`" in row
    assert "`huiyin visit`" in row
    assert f"`{route}`" in row
    assert "huiyin visit" in _read(house, "tests/nets/snapshots/commands.txt")
    assert f"POST {route}" in _read(house, "tests/nets/snapshots/openapi-routing.txt")


def test_to_add_an_act_takes_three_files_of_the_product() -> None:
    act = PAGE[PAGE.index("## Add an event") : PAGE.index("## When the shape of an event changes")]

    touched = {step.path for step in recipe(act) if isinstance(step, Change)}

    assert sorted(path for path in touched if path.startswith(PRODUCT)) == [
        "services/routing/case.py",
        "shared/acts/vocabulary.py",
        "shared/contracts/routing.py",
    ]


def test_a_block_is_read_as_what_it_says_to_do() -> None:
    page = (
        "```diff\n--- a.py\n same\n-old\n+new\n@@\n+more\n after\n```\n"
        "```python\n# b.py (new)\nb = 1\n```\n```python\nno = recipe\n```\n"
        "```sh\n.venv/bin/python -m c\n```\n```\nnothing\n```\n"
    )

    assert list(recipe(page)) == [
        Change("a.py", "same\nold\n", "same\nnew\n"),
        Change("a.py", "after\n", "more\nafter\n"),
        Change("b.py", "", "b = 1\n"),
        Command((".venv/bin/python", "-m", "c")),
    ]


@pytest.mark.parametrize("text", ["", "x = 1\n", "x = 0\nx = 0\n"])
def test_a_change_of_what_is_not_there_once_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"a\.py"):
        apply(Change("a.py", "x = 0\n", "x = 2\n"), tmp_path)


def _copy(tree: Path) -> None:
    """What belongs to the repository, as it lies here; nothing that is ignored."""
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _once(steps: list[Change | Command]) -> Iterator[Change | Command]:
    """A command that comes again later, to make the same from what is there then, only then."""
    for number, step in enumerate(steps):
        if isinstance(step, Change) or step not in steps[number + 1 :]:
            yield step


def _read(house: Path, path: str) -> list[str]:
    return (house / path).read_text(encoding="utf-8").splitlines()
