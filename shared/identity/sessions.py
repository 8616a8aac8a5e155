"""Who is signed in (登录会话): opaque ids with a record on the server, so that they can be ended.

Only hashes are stored. A session ends with the token it was opened with: once an officer is given
a new token, or leaves, whoever signed in with the old one is out.
"""

import secrets
from datetime import datetime, timedelta

from shared.clock import to_micros
from shared.errors import Refused
from shared.identity.officer import Officer
from shared.identity.officers import KNOWN, Officers, hash_of, is_valid, officer_of
from shared.store.failures import translated
from shared.store.sql import Sql

LASTS = timedelta(hours=12)
"""How long a session lasts: a long working day."""

CODE_LASTS = timedelta(minutes=15)
"""How long a sign-in code can be exchanged for a session."""


class Sessions:
    """Sessions and single-use sign-in codes, shared by all processes of a county.

    Moments are aware UTC. Every method raises Unavailable ``store.*`` when the tables are out of
    reach.
    """

    def __init__(self, officers: Officers) -> None:
        self._officers = officers
        self._tables = officers.tables
        with translated(), self._tables.making() as sql:
            for table in ("sessions", "sign_in_codes"):
                sql.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} (hash TEXT PRIMARY KEY, officer TEXT,"
                    " token_hash TEXT, until BIGINT)"
                )

    def open(self, token: str, now: datetime) -> str:
        """A new session for a token's bearer; its id. Raises Refused ``token.unknown``."""
        return self._enter("sessions", self._officers.by_token(token), now + LASTS, now)

    def offer(self, officer: Officer, now: datetime) -> str:
        """A code that opens one session for that officer, once, and soon."""
        return self._enter("sign_in_codes", officer, now + CODE_LASTS, now)

    def redeem(self, code: str, now: datetime) -> str:
        """A new session for a code, which is used up; raises Refused ``code.unknown``."""
        with translated(), self._tables.writing() as sql:
            said = sql.one(
                "DELETE FROM sign_in_codes WHERE hash = ? RETURNING officer, token_hash, until",
                (hash_of(code),),
            )
            if said is None or said["until"] <= to_micros(now):
                raise _unknown_code()
            return _insert(sql, "sessions", said["officer"], said["token_hash"], now + LASTS)

    def officer(self, session: str, now: datetime) -> Officer | None:
        """Who is signed in under that id, or none when it is unknown, ended or expired."""
        with translated(), self._tables.reading() as sql:
            row = sql.one(
                f"{KNOWN} JOIN sessions s ON o.id = s.officer AND o.token_hash = s.token_hash"
                " WHERE s.hash = ? AND s.until > ?",
                (hash_of(session), to_micros(now)),
            )
        return officer_of(row) if row and is_valid(row, now) else None

    def close(self, session: str) -> None:
        """End a session; harmless when it has ended."""
        with translated(), self._tables.writing() as sql:
            sql.execute("DELETE FROM sessions WHERE hash = ?", (hash_of(session),))

    def _enter(self, table: str, officer: Officer, until: datetime, now: datetime) -> str:
        with translated(), self._tables.writing() as sql:
            sql.execute(f"DELETE FROM {table} WHERE until <= ?", (to_micros(now),))
            row = sql.one("SELECT token_hash FROM officers WHERE id = ?", (officer.id,))
            assert row is not None  # nobody leaves the directory
            return _insert(sql, table, officer.id, row["token_hash"], until)


def _insert(sql: Sql, table: str, officer: str, token_hash: str, until: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    sql.execute(
        f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
        (hash_of(secret), officer, token_hash, to_micros(until)),
    )
    return secret


def _unknown_code() -> Refused:
    return Refused(
        "code.unknown",
        "这个登录链接已用过、已过期或不存在。",
        "请用 huiyin sign-in 另取一个；每个链接只能用一次, 15 分钟内有效。",
        "code",
    )
