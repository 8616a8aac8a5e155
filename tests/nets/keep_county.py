"""Keeps the county that the tests open: ``python -m tests.nets.keep_county``.

It plays ``county/story.yaml`` through the real system, once over SQLite and once over PostgreSQL,
and keeps what that wrote: data directory, dump, root of the log, and what was answered. That stands
for data that is in use somewhere, so one that exists is never written again: it was written by the
system as it was, and whatever the system becomes has to open it.
"""

import asyncio
import gzip
import json
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from huiyin.host.directory import County
from huiyin.host.founding import found
from shared.clock import SimulatedClock
from shared.copies.units import Unit
from shared.logs import configure
from shared.settings import Settings
from tests.nets.keeping import keep_names, opened
from tests.nets.questions import written
from tests.nets.seen import Seen, seen
from tests.nets.story import COUNTY, story
from tests.support.postgres import PostgresServer, find_installation

LEFT_OUT = ("nats", "lock")
"""What of a data directory is made anew: streams are filled again from the databases."""

KINDS = ("sqlite", "postgres")

PARTICULAR = ("SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict")
"""How lines begin that only one version of PostgreSQL, or its own client, understands."""


def keep() -> None:
    """Write what is not there yet."""
    with tempfile.TemporaryDirectory(prefix="huiyin-kept-") as place:
        if not archive("sqlite").exists():
            settings = _settings(Path(place) / "sqlite")
            asyncio.run(_told(settings))
            _keep_directory(settings.data, archive("sqlite"))
        if not archive("postgres").exists():
            with _database() as (programs, url):
                settings = replace(_settings(Path(place) / "postgres"), database=url)
                asyncio.run(_told(settings))
                _keep_dump(programs, url)
                _keep_directory(settings.data, archive("postgres"))
        for kind in KINDS:
            if not answers(kind).exists():
                with opened_copy(kind, Path(place) / f"asked-{kind}") as settings:
                    _keep_answers(kind, asyncio.run(seen(settings, story())))


def _keep_answers(kind: str, told: Seen) -> None:
    answers(kind).mkdir()
    for question, said in told.said.items():
        (answers(kind) / f"{question}.txt").write_text(written(said), encoding="utf-8")
    verified = json.dumps(told.verified, indent=1)
    (answers(kind) / "verified.json").write_text(verified + "\n", encoding="utf-8")


def answers(kind: str) -> Path:
    """What was answered by the system that wrote it: a file a question, and the verification."""
    return COUNTY / kind


def archive(kind: str) -> Path:
    """A data directory, without the databases of ``postgres``."""
    return COUNTY / f"{kind}.tar.gz"


def dump() -> Path:
    """The databases of ``postgres``, as statements that any client can send."""
    return COUNTY / "postgres.sql.gz"


@contextmanager
def opened_copy(kind: str, place: Path, url: str | None = None) -> Iterator[Settings]:
    """A copy of what is kept, to be opened; ``url`` is an empty database, else a server starts."""
    with tarfile.open(archive(kind)) as tar:
        tar.extractall(place, filter="data")
    if kind == "sqlite":
        yield _settings(place)
    elif url:
        _load(url)
        yield replace(_settings(place), database=url)
    else:
        with _database() as (_, own):
            _load(own)
            yield replace(_settings(place), database=own)


def _load(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(gzip.decompress(dump().read_bytes()))


def _settings(data: Path) -> Settings:
    return Settings.from_environment({"HUIYIN_DATA": str(data), "HUIYIN_HTTP_PORT": "0"})


async def _told(settings: Settings) -> None:
    told = story()
    root = told.county
    county = County(code=root["code"], name=root["name"], root=root["code"], demonstration=True)
    units = [
        Unit(each["code"], each["name"], tuple(each["aliases"]), each["parent"])
        for each in told.units
    ]
    await found(settings, county, units, root["name"], SimulatedClock(told.founded))
    async with opened(settings, told.founded) as kept:
        await kept.tell(told)
        keep_names(kept, settings)


def _keep_directory(data: Path, to: Path) -> None:
    for each in data.glob("*.db"):
        with closing(sqlite3.connect(each)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("VACUUM")
    with tarfile.open(to, "w:gz") as tar:
        for each in sorted(data.iterdir()):
            if each.name not in LEFT_OUT:
                tar.add(each, each.name, filter=_nobodys)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


@contextmanager
def _database() -> Iterator[tuple[Path, str]]:
    """A new database of a server of our own: its programs, and where it is."""
    installation = find_installation()
    server = PostgresServer(installation)
    try:
        server.start()
        with server.database() as url:
            yield installation.programs, url
    finally:
        server.stop()


def _keep_dump(programs: Path, url: str) -> None:
    """Plain INSERTs, without what only one version of PostgreSQL or its own client knows."""
    told = subprocess.run(
        [programs / "pg_dump", "--inserts", "--no-owner", "--no-privileges", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    kept = (line for line in told.splitlines(keepends=True) if not line.startswith(PARTICULAR))
    dump().write_bytes(gzip.compress("".join(kept).encode(), mtime=0))


if __name__ == "__main__":
    configure("error", "text")
    keep()
