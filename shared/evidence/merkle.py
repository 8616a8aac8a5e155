"""The Merkle tree hash (树根) of RFC 6962 and RFC 9162 over SHA-256, and what proofs show; pure.

A tree over n leaves splits at the largest power of two below n, so that a perfect subtree never
changes once it is full, whatever is appended later.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf; the byte in front keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in order."""
    tree = Tree()
    for each in leaves:
        tree.add(each)
    return tree.root()


class Tree:
    """A tree that grows to the right, kept as the roots of its perfect subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, subtree: bytes, height: int = 0) -> None:
        """Append a perfect subtree of ``2 ** height`` leaves by its root: a leaf by its hash.

        Raises ValueError where such a subtree cannot begin.
        """
        place, beside = divmod(self.size, 1 << height)
        if beside:
            raise ValueError(f"no subtree of height {height} begins at leaf {self.size}")
        while place & 1:
            subtree = node_hash(self._peaks.pop(), subtree)
            place >>= 1
        self._peaks.append(subtree)
        self.size += 1 << height

    def root(self) -> bytes:
        """The root over everything so far."""
        if not self._peaks:
            return EMPTY
        *left, whole = self._peaks
        for peak in reversed(left):
            whole = node_hash(peak, whole)
        return whole


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that a leaf hash stands at ``index`` under that root of that size.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    here, last = index, size - 1
    for beside in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            leaf = node_hash(beside, leaf)
            here, last = _where_left_child(here, last)
        else:
            leaf = node_hash(leaf, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and leaf == root


def extends(old: bytes, old_size: int, new: bytes, new_size: int, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new root's tree begins with the old root's whole tree.

    RFC 9162, 2.1.4.2. Of a tree without leaves nothing is shown: every tree begins with it.
    """
    if old_size == new_size:
        return old_size > 0 and old == new and not proof
    if not 0 < old_size < new_size:
        return False
    path = [old, *proof] if old_size.bit_count() == 1 else list(proof)
    return bool(proof) and _joins(old, old_size, new, new_size, path)


def _joins(old: bytes, old_size: int, new: bytes, new_size: int, path: Sequence[bytes]) -> bool:
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    was = now = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            was, now = node_hash(beside, was), node_hash(beside, now)
            here, last = _where_left_child(here, last)
        else:
            now = node_hash(now, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and was == old and now == new


def _where_left_child(here: int, last: int) -> tuple[int, int]:
    """Up to where a subtree that ends the tree has something beside it again."""
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last
