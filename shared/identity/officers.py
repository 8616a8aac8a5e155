"""The directory of officers: who a token belongs to, and the post held (人员名册).

Names live here and nowhere else, so that they can be erased; events carry the pseudonymous id.
"""

import hashlib
import secrets
from dataclasses import dataclass

from shared.contracts.envelope import Actor
from shared.errors import Refused
from shared.store.database import Tables
from shared.store.failures import translated
from shared.store.sql import Row


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who acts for a unit: pseudonymous id, name, unit's code and post."""

    id: str
    name: str
    unit: str
    post: str

    @property
    def actor(self) -> Actor:
        return Actor(officer=self.id, post=self.post)


class Officers:
    """The directory, shared by all rooms as a library."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        with translated(), tables.making() as sql:
            sql.execute(
                "CREATE TABLE IF NOT EXISTS officers (id TEXT PRIMARY KEY, name TEXT, unit TEXT,"
                " post TEXT, token_hash TEXT UNIQUE)"
            )

    def enter(self, officer: Officer) -> str:
        """Enter an officer, or give a known one another post; returns a new token, shown once."""
        token = f"hy-{secrets.token_urlsafe(24)}"
        with translated(), self.tables.writing() as sql:
            sql.execute(
                "INSERT INTO officers VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " name = excluded.name, unit = excluded.unit, post = excluded.post,"
                " token_hash = excluded.token_hash",
                (officer.id, officer.name, officer.unit, officer.post, hash_of(token)),
            )
        return token

    def by_token(self, token: str) -> Officer:
        """Who a token belongs to; raises Refused ``token.unknown``."""
        with translated(), self.tables.reading() as sql:
            row = sql.one("SELECT * FROM officers WHERE token_hash = ?", (hash_of(token),))
        if row is None:
            raise unknown_token()
        return officer_of(row)

    def names(self) -> dict[str, str]:
        """Names by officer id, for showing."""
        with translated(), self.tables.reading() as sql:
            return {row["id"]: row["name"] for row in sql.all("SELECT id, name FROM officers")}

    def all(self) -> list[Officer]:
        """Every officer, by unit and post."""
        with translated(), self.tables.reading() as sql:
            return [
                officer_of(row) for row in sql.all("SELECT * FROM officers ORDER BY unit, post")
            ]

    def close(self) -> None:
        """Give the connections back."""
        self.tables.close()


def new_officer_id() -> str:
    """A pseudonymous id: it tells nothing about who bears it."""
    return f"o-{secrets.token_hex(6)}"


def unknown_token() -> Refused:
    """The error for a missing or unknown token."""
    return Refused(
        "token.unknown",
        "没有有效的身份令牌。",
        "请带上 Authorization: Bearer <令牌>；令牌由管理员用 huiyin appoint 发放, 只显示一次。",
        "Authorization",
    )


def officer_of(row: Row) -> Officer:
    """The officer in a row of the directory."""
    return Officer(row["id"], row["name"], row["unit"], row["post"])


def hash_of(secret: str) -> str:
    """What is kept of a secret: of 192 random bits or more nothing can be guessed backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()
