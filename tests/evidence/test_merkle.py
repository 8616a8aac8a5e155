"""The tree hash agrees with the RFCs, with their official vectors, and with a plain recursion."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.evidence.merkle import EMPTY, Tree, extends, includes, leaf_hash, node_hash, root

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "merkle-vectors"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the official Merkle vectors are not at ../shared/data"
)

INPUTS = [
    bytes.fromhex(data)
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The leaves that implementations of RFC 6962 test with."""

ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The root after each of them, from none to all."""


def plain(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(plain(leaves[:split]), plain(leaves[split:]))


def vectors(kind: str) -> list[Any]:
    """Each official case, named by its file."""
    files = sorted((VECTORS / kind).rglob("*.json"))
    return [
        pytest.param(json.loads(file.read_bytes()), id=str(file.relative_to(VECTORS / kind)))
        for file in files
    ]


def test_leaf_and_node_hashes_are_those_of_rfc_6962() -> None:
    assert leaf_hash(b"").hex() == ROOTS[1]
    said = "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert leaf_hash(b"L123456").hex() == said
    said = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert node_hash(b"N123", b"N456").hex() == said


@pytest.mark.parametrize("size", range(9))
def test_the_root_after_each_known_leaf_is_the_known_root(size: int) -> None:
    assert root(leaf_hash(data) for data in INPUTS[:size]).hex() == ROOTS[size]


@given(st.integers(0, 700))
def test_the_root_is_what_a_plain_recursion_gives(size: int) -> None:
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]

    assert root(leaves) == plain(leaves)


@given(st.integers(0, 70), st.integers(0, 5))
def test_perfect_subtrees_and_leaves_give_the_root_that_leaves_alone_give(
    size: int, height: int
) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    width = 1 << height
    whole = size // width * width

    tree = Tree()
    for start in range(0, whole, width):
        tree.add(plain(leaves[start : start + width]), height)
    for each in leaves[whole:]:
        tree.add(each)

    assert (tree.size, tree.root()) == (size, plain(leaves))


def test_a_subtree_that_cannot_begin_here_is_refused() -> None:
    tree = Tree()
    tree.add(leaf_hash(b""))

    with pytest.raises(ValueError, match="height 1"):
        tree.add(leaf_hash(b""), 1)

    assert (tree.size, tree.root()) == (1, leaf_hash(b""))


@needs_vectors
@pytest.mark.parametrize("case", vectors("inclusion"))
def test_inclusion_is_shown_exactly_where_the_official_vectors_say(case: dict[str, Any]) -> None:
    shown = includes(
        _hash(case["root"]),
        case["treeSize"],
        case["leafIdx"],
        _hash(case["leafHash"]),
        _proof(case),
    )

    assert shown is not case["wantErr"], case["desc"]


@needs_vectors
@pytest.mark.parametrize("case", vectors("consistency"))
def test_growth_is_shown_exactly_where_the_official_vectors_say(case: dict[str, Any]) -> None:
    shown = extends(
        _hash(case["root1"]), case["size1"], _hash(case["root2"]), case["size2"], _proof(case)
    )

    assert shown is not case["wantErr"], case["desc"]


@needs_vectors
def test_the_roots_of_the_official_vectors_are_our_roots() -> None:
    cases = [case.values[0] for case in vectors("consistency")]
    said = {
        case[f"size{which}"]: _hash(case[f"root{which}"]).hex()
        for case in cases
        if case["desc"] == "happy path"
        for which in (1, 2)
    }

    assert said == {size: ROOTS[size] for size in (1, 2, 5, 6, 7, 8)}


@needs_vectors
def test_all_official_vectors_are_there() -> None:
    assert [len(vectors(kind)) for kind in ("inclusion", "consistency")] == [98, 98]


def _hash(text: str | None) -> bytes:
    return b64decode(text or "")


def _proof(case: dict[str, Any]) -> list[bytes]:
    return [_hash(each) for each in case["proof"] or ()]
