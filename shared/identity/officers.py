"""The directory of officers: who a token belongs to, and the post held (人员名册).

Names live here and nowhere else, so that they can be erased; events carry the pseudonymous id.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.clock import Clock, from_micros, system_clock, to_micros
from shared.errors import Refused, Unavailable
from shared.identity.officer import Officer
from shared.store.database import Tables
from shared.store.failures import translated
from shared.store.sql import Row, upsert


@dataclass(frozen=True, slots=True)
class TermOfOffice:
    """From when until when somebody holds a post, and the token is good (UTC; none: no end).

    ``person`` holds it, ``instead_of`` is the appointment whose holder a substitute stands for.
    """

    person: str
    since: datetime | None = None
    until: datetime | None = None
    token_until: datetime | None = None
    instead_of: str | None = None


SCHEMA = (
    "CREATE TABLE IF NOT EXISTS officers (id TEXT PRIMARY KEY, name TEXT, unit TEXT, post TEXT,"
    " token_hash TEXT UNIQUE)",
    "CREATE TABLE IF NOT EXISTS tenures (id TEXT PRIMARY KEY, person TEXT, since BIGINT,"
    " until BIGINT, token_until BIGINT, instead_of TEXT)",
)

KNOWN = (
    "SELECT o.id, o.name, o.unit, o.post, o.token_hash, t.person, t.since, t.until, t.token_until,"
    " t.instead_of FROM officers o LEFT JOIN tenures t ON t.id = o.id"
)
"""Every officer with the tenure; those of releases that knew none have no end."""


class Officers:
    """The directory, shared by all rooms as a library."""

    def __init__(self, tables: Tables, clock: Clock = system_clock) -> None:
        self.tables = tables
        self.clock = clock
        with translated(), tables.making() as sql:
            for table in SCHEMA:
                sql.execute(table)

    def enter(self, officer: Officer, tenure: TermOfOffice | None = None) -> str:
        """Enter an officer, or change the entry; returns a new token, shown once."""
        token = f"hy-{secrets.token_urlsafe(24)}"
        entry = {"name": officer.name, "unit": officer.unit, "post": officer.post}
        with translated(), self.tables.writing() as sql:
            upsert(sql, "officers", officer.id, entry | {"token_hash": hash_of(token)}, {})
            upsert(sql, "tenures", officer.id, _row(tenure or TermOfOffice(officer.id)), {})
        return token

    def silence(self, officer: str) -> None:
        """End an officer's token, and every session with it."""
        with translated(), self.tables.writing() as sql:
            sql.execute("UPDATE officers SET token_hash = NULL WHERE id = ?", (officer,))

    def by_token(self, token: str) -> Officer:
        """Who a token belongs to; raises Refused ``token.unknown``, ``token.not-valid``."""
        with translated(), self.tables.reading() as sql:
            row = sql.one(f"{KNOWN} WHERE o.token_hash = ?", (hash_of(token),))
        if row is None:
            raise unknown_token()
        if not is_valid(row, self._now()):
            raise _not_valid()
        return officer_of(row)

    def names(self) -> dict[str, str]:
        """Names by officer id, for showing; of a substitute (代理) both names."""
        with translated(), self.tables.reading() as sql:
            known = {row["id"]: row for row in sql.all(KNOWN)}
        return {id_: _shown(row, known) for id_, row in known.items()}

    def all(self) -> list[tuple[Officer, TermOfOffice | None]]:
        """Every officer with the tenure, by unit and post; none for whoever holds no post now."""
        now = self._now()
        with translated(), self.tables.reading() as sql:
            rows = sql.all(f"{KNOWN} ORDER BY o.unit, o.post")
        return [
            (officer_of(row), _tenure(row) if _is_in_office(row, now) else None) for row in rows
        ]

    def close(self) -> None:
        """Give the connections back."""
        self.tables.close()

    def _now(self) -> datetime:
        """A clock that jumped stops what is recorded, and keeps nobody from asking why."""
        try:
            return self.clock()
        except Unavailable:
            return system_clock()


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


def is_valid(row: Row, now: datetime) -> bool:
    """Whether the token in a row of ``KNOWN`` is good at that moment (UTC)."""
    until = row["token_until"]
    return _is_in_office(row, now) and (until is None or to_micros(now) < until)


def officer_of(row: Row) -> Officer:
    """The officer in a row of the directory."""
    return Officer(row["id"], row["name"], row["unit"], row["post"])


def hash_of(secret: str) -> str:
    """What is kept of a secret: of 192 random bits or more nothing can be guessed backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_in_office(row: Row, now: datetime) -> bool:
    since, until = row["since"], row["until"]
    begun = since is None or since <= to_micros(now)
    return begun and (until is None or to_micros(now) < until) and row["token_hash"] is not None


def _row(tenure: TermOfOffice) -> dict[str, Any]:
    moments = {
        name: None if (at := getattr(tenure, name)) is None else to_micros(at)
        for name in ("since", "until", "token_until")
    }
    return {"person": tenure.person, "instead_of": tenure.instead_of, **moments}


def _tenure(row: Row) -> TermOfOffice:
    since, until, token_until = (
        None if row[name] is None else from_micros(row[name])
        for name in ("since", "until", "token_until")
    )
    return TermOfOffice(row["person"] or row["id"], since, until, token_until, row["instead_of"])


def _shown(row: Row, known: dict[str, Row]) -> str:
    instead = known.get(row["instead_of"]) if row["instead_of"] else None
    return f"{row['name']}（代{instead['name']}）" if instead else str(row["name"])


def _not_valid() -> Refused:
    return Refused(
        "token.not-valid",
        "这个令牌已过期, 或任职尚未开始、已经结束。",
        "请联系本单位的系统管理员（huiyin appoint --officer 发放新令牌）。",
        "Authorization",
    )
