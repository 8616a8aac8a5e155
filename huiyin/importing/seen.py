"""What a file has brought so far, kept beside the memory so that a large file needs no more of it.

Only keyed digests of words are kept, in a private file that is gone with the process; the key is
never written anywhere.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SAME = ("title", "body", "posted_at", "reply", "replied_at", "category")
"""What must be the same where an id comes again, in the order in which it is compared."""

_SCHEMA = (
    "CREATE TABLE ids (id BLOB PRIMARY KEY, row INTEGER, said BLOB) WITHOUT ROWID",
    "CREATE TABLE bodies (body BLOB PRIMARY KEY) WITHOUT ROWID",
    "PRAGMA journal_mode = OFF",
)
_SIZE = 12
"""Bytes of a digest."""


@dataclass(frozen=True, slots=True)
class Before:
    """The row in which an id came before, and the first field in which it said otherwise."""

    row: int
    differs: str | None


class Seen:
    """The messages of one file that came in (or would)."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._db = sqlite3.connect("", isolation_level=None)
        for statement in _SCHEMA:
            self._db.execute(statement)
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def note(self, message: Mapping[str, Any]) -> None:
        """Note that a message came in."""
        said = b"".join(self._digest(message[field]) for field in SAME)
        row = (self._digest(message["message_id"]), message["row"], said)
        self._db.execute("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", row)

    def resubmitted(self, message: Mapping[str, Any]) -> bool:
        """Whether another message had the same body; notes it for those that follow."""
        body = self._digest("".join(message["body"].split()))
        done = self._db.execute("INSERT OR IGNORE INTO bodies VALUES (?)", (body,))
        return bool(message["body"].strip()) and done.rowcount == 0

    def again(self, message: Mapping[str, Any]) -> "Before | None":
        """Where the id came before, if it did."""
        key = self._digest(message["message_id"])
        found = self._db.execute("SELECT row, said FROM ids WHERE id = ?", (key,)).fetchone()
        if found is None:
            return None
        for at, field in enumerate(SAME):
            if found[1][at * _SIZE : (at + 1) * _SIZE] != self._digest(message[field]):
                return Before(int(found[0]), field)
        return Before(int(found[0]), None)

    def _digest(self, value: str | None) -> bytes:
        words = (value or "").strip().encode(errors="surrogatepass")
        return hashlib.blake2b(words, digest_size=_SIZE, key=self._key).digest()
