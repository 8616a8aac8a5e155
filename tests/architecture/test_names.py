"""One word per idea: the name of a class stands once in the product."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRODUCT = ("huiyin", "services", "shared")

MOST = 8
"""Names that may stand twice."""

TWICE: Mapping[str, str] = {}
"""Names that stand more than once, each with the reason."""

BEING_RENAMED: set[str] = set()
"""Names that still stand more than once; to be emptied."""


def _classes() -> Iterator[tuple[str, str]]:
    """Every class of the product that is not private to its file, and where it stands."""
    for part in PRODUCT:
        for path in sorted((ROOT / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield node.name, f"{path.relative_to(ROOT)}:{node.lineno}"


def _repeated() -> Mapping[str, list[str]]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in _classes():
        places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def test_the_name_of_a_class_stands_once_in_the_product() -> None:
    excepted = TWICE.keys() | BEING_RENAMED
    assert {name: at for name, at in _repeated().items() if name not in excepted} == {}


def test_every_exception_still_stands_twice() -> None:
    assert TWICE.keys() - _repeated().keys() == set()


def test_few_names_are_excepted_and_none_without_a_reason() -> None:
    assert len(TWICE) <= MOST
    assert all(TWICE.values())


def test_the_classes_are_found() -> None:
    assert {"Store", "Vault", "Relay", "Calendar"} <= {name for name, _ in _classes()}
