"""Stores for tests, in a directory (SQLite) or at a postgresql:// URL, and simple things to say."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from shared.clock import Clock, system_clock
from shared.contracts.envelope import Actor, Recorded, decode
from shared.contracts.intake import IncidentVoided
from shared.contracts.sealed import Sealed, Unsealed
from shared.store.database import open_recorder
from shared.store.store import Store
from shared.store.transaction import Appended, By, Stream, Transaction

CLERK = Actor(officer="o-clerk", post="info_officer")

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class HandClock:
    """A clock that a test sets by hand."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def open_store(
    location: str,
    service: str = "intake",
    *,
    clock: Clock = system_clock,
    schema: Sequence[str] = (),
) -> Store:
    """A store of its own connections and writer; what is said here has no personal words."""
    return Store.open(
        open_recorder(location, service),
        service=service,
        node="QINGHE",
        clock=clock,
        seal_for=_nothing_to_seal,
        schema=schema,
    )


def _nothing_to_seal(incident: UUID, _: Unsealed, __: bytes) -> Sealed:
    raise AssertionError(f"personal words of {incident} in a test that has no vault")


def matter(incident: UUID | None = None, stream: UUID | None = None) -> Stream:
    """An incident of 第一中学; its events form one stream unless another is given."""
    incident = incident or uuid4()
    return Stream("incident", stream or incident, "QH-YZ", incident)


def say(tx: Transaction, words: str, about: Stream | None = None) -> Appended:
    """Append one event that carries those words."""
    return tx.append(about or matter(), [IncidentVoided(reason=words)], By(CLERK, tx.now))


def say_all(tx: Transaction, words: Sequence[str]) -> Appended:
    """Append one event for each of those words, all of one incident."""
    return tx.append(matter(), [IncidentVoided(reason=each) for each in words], By(CLERK, tx.now))


def saying(words: str, about: Stream | None = None) -> Callable[[Transaction], Appended]:
    """The piece of work that says so."""
    return partial(say, words=words, about=about)


async def said(store: Store) -> list[str]:
    """The words of everything in a store, in order."""
    return [words_of(event) for event in await events(store)]


async def events(store: Store) -> list[Recorded]:
    """Everything in a store, in order."""
    return [decode(stored.state) for stored in await store.notifications(0, 1_000_000)]


def words_of(event: Recorded) -> str:
    """The words that an event carries."""
    assert isinstance(event.fact, IncidentVoided)
    return event.fact.reason


def empty(url: str) -> None:
    """Drop everything that rooms made in a PostgreSQL database; faster than making a new one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        schemas = connection.execute(
            "SELECT nspname FROM pg_namespace"
            " WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')"
        ).fetchall()
        for (name,) in schemas:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@contextmanager
def copied(location: str, directory: Path) -> Iterator[str]:
    """A copy of all databases at ``location`` as they are, while nobody has them open."""
    if location.startswith("postgresql://"):
        yield from _copied_database(location)
        return
    directory.mkdir()
    for file in Path(location).glob("*.db"):
        with sqlite3.connect(file) as source, sqlite3.connect(directory / file.name) as copy:
            source.backup(copy)
    yield str(directory)


def _copied_database(url: str) -> Iterator[str]:
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
        try:
            yield f"{url}_copy"
        finally:
            connection.execute(f'DROP DATABASE "{name}_copy" WITH (FORCE)')
