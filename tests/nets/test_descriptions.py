"""What is offered over HTTP and on the command line, and what is refused in which words, is what it
was, unless somebody said otherwise.

A difference is looked at, line by line. One that is meant is kept by
``python -m tests.nets.write NAME``, and the note of the change gives its reason.
"""

from difflib import unified_diff

import pytest

from tests.nets import kept

NAMES = sorted(each.stem for each in kept.SNAPSHOTS.glob("*.txt"))


@pytest.fixture(scope="module")
def described() -> dict[str, str]:
    return kept.described()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described_as_it_was(name: str, described: dict[str, str]) -> None:
    before = kept.path(name).read_text(encoding="utf-8").splitlines()
    now = described.get(name, "").splitlines()
    different = "\n".join(unified_diff(before, now, "kept", "now", lineterm="", n=3))
    assert not different, f"python -m tests.nets.write {name} keeps it, once reviewed\n{different}"


def test_everything_described_is_kept(described: dict[str, str]) -> None:
    assert sorted(described) == NAMES
