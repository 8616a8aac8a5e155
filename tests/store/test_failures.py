"""When the database fails nobody is told "done", nothing is half done, and work goes on after."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.store.store import Store
from shared.store.transaction import Transaction
from tests.store.groups import together
from tests.support.stores import HandClock, open_store, said, say, saying

LARGE = "满" * 4000


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: writing then fails as on a full disk.

    SQLite meets this limit where a transaction's pages go into its log, which is at the commit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_more_pages(store: Store, spare: int) -> Iterator[None]:
    """Let the SQLite file grow by that many pages only, as far as our one connection goes."""

    def limit(pages: int) -> None:
        with store.recorder.writing() as sql:
            sql.execute(f"PRAGMA max_page_count = {pages}")

    with store.recorder.reading() as sql:
        row = sql.one("PRAGMA page_count")
        assert row is not None
    limit(row[0] + spare)
    try:
        yield
    finally:
        limit(2**30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The SQLite file of intake."""
    return tmp_path / "intake.db"


@pytest.mark.anyio
async def test_a_full_disk_fails_the_whole_group_and_nobody_is_told_done(file: Path) -> None:
    store = open_store(str(file.parent))
    await store.write(saying("甲"))
    heard: list[str] = []
    store.on_append(lambda: heard.append("appended"))

    with no_more_pages(store, spare=3):
        results = await together(store, *(saying(LARGE) for _ in range(5)), saying("小"))

    assert [getattr(result, "code", result) for result in results] == ["store.full"] * 6
    assert await said(store) == ["甲"]
    assert heard == []
    await store.write(saying("乙"))
    assert await said(store) == ["甲", "乙"]
    await store.close()


@pytest.mark.anyio
async def test_a_disk_that_is_full_at_the_very_commit_leaves_nothing_behind(file: Path) -> None:
    store = open_store(str(file.parent))
    await store.write(saying("甲"))
    log = file.with_name("intake.db-wal")

    with no_file_beyond(log.stat().st_size + 8_000):
        results = await together(store, *(saying(LARGE) for _ in range(5)))

    assert [getattr(result, "code", result) for result in results] == ["store.full"] * 5
    assert await said(store) == ["甲"]
    again = open_store(str(file.parent))
    assert await said(again) == ["甲"]
    for each in (store, again):
        await each.write(saying("乙"))
        await each.close()


@pytest.mark.anyio
async def test_small_work_goes_on_on_a_full_disk_while_it_fits(file: Path) -> None:
    """A group that failed does not take those with it that come after."""
    store = open_store(str(file.parent))
    await store.write(saying("甲"))

    with no_more_pages(store, spare=3):
        with pytest.raises(Unavailable):
            await store.write(saying(LARGE * 4))
        await store.write(saying("乙"))

    assert await said(store) == ["甲", "乙"]
    await store.close()


@pytest.mark.anyio
async def test_a_connection_lost_in_the_middle_fails_the_whole_group(postgres_url: str) -> None:
    store = open_store(postgres_url)

    def lose(tx: Transaction) -> None:
        tx.sql.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    results = await together(store, saying("甲"), lose, saying("乙"))

    assert [type(result) for result in results] == [Unavailable] * 3
    assert await said(store) == []
    await store.write(saying("丙"))
    assert await said(store) == ["丙"]
    await store.close()


@pytest.mark.anyio
async def test_a_commit_that_the_database_refuses_fails_the_whole_group(postgres_url: str) -> None:
    store = open_store(
        postgres_url,
        schema=(
            "CREATE TABLE book (name TEXT PRIMARY KEY)",
            "CREATE TABLE page (book TEXT REFERENCES book DEFERRABLE INITIALLY DEFERRED)",
        ),
    )

    def found_wrong_at_the_commit(tx: Transaction) -> str:
        tx.sql.execute("INSERT INTO page VALUES ('no such book')")
        return "done"

    results = await together(store, saying("甲"), found_wrong_at_the_commit)

    assert [getattr(result, "code", result) for result in results] == ["store.failed"] * 2
    assert await said(store) == []
    await store.write(saying("乙"))
    assert await said(store) == ["乙"]
    await store.close()


@pytest.mark.anyio
async def test_a_database_that_somebody_else_holds_is_busy_and_free_again_later(
    location: str,
) -> None:
    holder, store = open_store(location), open_store(location, clock=HandClock())
    if location.startswith("postgresql://"):
        # the library asks for five seconds, which nobody wants to wait for here
        store.recorder.lock_table_statements[0] = "SET LOCAL lock_timeout = '50ms'"  # type: ignore[attr-defined]
    else:
        with store.recorder.reading() as sql:
            sql.one("PRAGMA busy_timeout = 50")

    with holder.recorder.writing() as sql:
        sql.execute("UPDATE store SET recorded_until = recorded_until")
        with pytest.raises(Unavailable) as refused:
            await store.write(lambda tx: say(tx, "甲"))

    assert refused.value.code == "store.busy"
    await store.write(lambda tx: say(tx, "乙"))
    assert await said(store) == ["乙"]
    for each in (holder, store):
        await each.close()


@pytest.mark.anyio
async def test_a_file_that_cannot_be_read_says_so(file: Path) -> None:
    file.write_bytes(b"this is no database, whatever its name says" * 100)

    with pytest.raises(Unavailable) as refused:
        open_store(str(file.parent))

    assert refused.value.code == "store.failed"
