"""What cannot be shown (无法显示): a mark in its place, and one line in the logs, without words.

One strange moment, bad entry or lost key spoils one field of one line, never a list or a page.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

import structlog

from services.reporting.log.log import Leaf
from shared import clock
from shared.clock import UNSHOWN, unshown
from shared.contracts.envelope import Recorded, decode
from shared.contracts.sealed import Sealed
from shared.errors import Refused, Unknown, Untrusted
from shared.vault.vault import Vault

logger = structlog.get_logger("reporting")

ERASED = "（密钥已销毁, 原文不可读）"

WHY = {
    "vault.key-missing": "密钥缺失",
    "vault.key-damaged": "密钥损坏",
    "vault.unreadable": "密文核验不符",
    "event.unreadable": "记录损坏",
    "event.unknown-type": "本版本不认识",
}
"""What is said to readers of each problem; others by their code."""


def shown(moment: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment as ``shared.clock`` shows it."""
    return _noted(clock.shown(moment, form))


def shown_limit(moment: datetime) -> str:
    """A limit as ``shared.clock`` shows it."""
    return _noted(clock.shown_limit(moment))


def words_of(vault: Vault, sealed: Sealed, associated: bytes) -> str:
    """Sealed words, opened; what was erased, or cannot be opened, reads as such."""
    try:
        return vault.open(sealed, associated)
    except Refused:
        return ERASED
    except (Untrusted, Unknown) as problem:
        return mark(problem, sealed.key)


def is_mark(words: str) -> bool:
    """Whether it stands for words that nobody can read."""
    return words == ERASED or words.startswith(UNSHOWN)


def mark(problem: Untrusted | Unknown, what: str) -> str:
    """What stands where a problem kept something from being shown; ``what`` names it in the log."""
    _log(problem.code, what)
    return unshown(WHY.get(problem.code, problem.code))


def readable(leaves: Iterable[Leaf]) -> Iterator[tuple[Leaf, Recorded]]:
    """The entries that can be read, with their events; of the others the trail says so."""
    for leaf in leaves:
        if (event := event_of(leaf)) is not None:
            yield leaf, event


def event_of(leaf: Leaf) -> Recorded | None:
    """The event of an entry, or none where this release cannot read it."""
    try:
        return decode(leaf.raw)
    except Untrusted as problem:
        _log(problem.code, f"leaf {leaf.leaf}")
        return None


def _noted(text: str) -> str:
    if text.startswith(UNSHOWN):
        _log("time.unshown", text)
    return text


@lru_cache(maxsize=10_000)
def _log(code: str, what: str) -> None:
    """Each thing once, as long as it is remembered."""
    logger.warning("cannot be shown", code=code, what=what)
