"""Group commit: many pieces of work, one transaction, and each answers for itself alone."""

import asyncio
from datetime import datetime
from typing import NoReturn

import pytest

from shared.errors import Refused
from shared.store.store import LARGEST_GROUP, Store
from shared.store.transaction import Transaction
from tests.store.groups import together
from tests.store.test_appending import chained, loading
from tests.support.stores import matter, open_store, said, say, saying


def refuse(tx: Transaction) -> NoReturn:
    """Do something and then think better of it."""
    say(tx, "不该留下")
    tx.sql.execute("INSERT INTO kept VALUES ('不该留下')")
    raise Refused("test.refused", "不行。")


def keep(tx: Transaction, word: str) -> None:
    """Write into the room's own table and into the record."""
    tx.sql.execute("INSERT INTO kept VALUES (?)", (word,))
    say(tx, word)


async def kept(store: Store) -> list[str]:
    """What the room's own table holds."""
    rows = await store.read(lambda sql: sql.all("SELECT word FROM kept ORDER BY word"))
    return [row["word"] for row in rows]


@pytest.mark.anyio
async def test_work_that_waits_meets_in_one_transaction(store: Store) -> None:
    moments = await together(store, *(lambda tx: tx.now for _ in range(20)))

    assert len(set(moments)) == 1
    assert isinstance(moments[0], datetime)


@pytest.mark.anyio
async def test_a_refused_piece_leaves_its_neighbours_untouched(store: Store) -> None:
    results = await together(
        store, lambda tx: keep(tx, "a"), refuse, lambda tx: keep(tx, "b"), refuse
    )

    assert [type(result) for result in results] == [type(None), Refused, type(None), Refused]
    assert await said(store) == ["a", "b"]
    assert await kept(store) == ["a", "b"]


@pytest.mark.anyio
async def test_a_refused_piece_leaves_no_hole_in_a_stream_that_others_write(store: Store) -> None:
    about = matter()

    def refused_after_writing(tx: Transaction) -> NoReturn:
        say(tx, "不该留下", about)
        raise Refused("test.refused", "不行。")

    await together(
        store,
        saying("a", about),
        refused_after_writing,
        saying("b", about),
    )

    stream = await store.write(loading(about))
    assert await said(store) == ["a", "b"]
    assert chained(stream)


@pytest.mark.anyio
async def test_a_piece_that_its_table_does_not_take_leaves_its_neighbours_untouched(
    store: Store,
) -> None:
    """A row that is there already is that piece's own mistake, not the database's failure."""
    results = await together(
        store, lambda tx: keep(tx, "a"), lambda tx: keep(tx, "a"), lambda tx: keep(tx, "b")
    )

    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert await said(store) == ["a", "b"]
    assert await kept(store) == ["a", "b"]


@pytest.mark.anyio
async def test_a_piece_with_a_character_that_a_database_refuses_leaves_its_neighbours_untouched(
    store: Store,
) -> None:
    """PostgreSQL has no NUL in TEXT; where it is taken, as in SQLite, it must come back whole."""
    results = await together(store, lambda tx: keep(tx, "a\0z"), lambda tx: keep(tx, "b"))

    assert results[1] is None
    taken = [word for word, result in zip(("a\0z", "b"), results, strict=True) if result is None]
    assert await said(store) == taken
    assert await kept(store) == taken


@pytest.mark.anyio
async def test_more_work_than_fits_into_a_group_is_all_done_in_order(store: Store) -> None:
    many = LARGEST_GROUP + 50

    await together(store, *(saying(str(n)) for n in range(many)))

    assert await said(store) == [str(n) for n in range(many)]


@pytest.mark.anyio
async def test_who_gives_up_waiting_harms_nobody(store: Store) -> None:
    impatient = asyncio.create_task(store.write(saying("a")))
    await asyncio.sleep(0)
    impatient.cancel()

    await together(store, saying("b"))

    assert await said(store) == ["a", "b"]


@pytest.mark.anyio
async def test_a_store_finishes_what_is_waiting_before_it_closes(
    store: Store, location: str
) -> None:
    other = open_store(location, clock=store.clock)
    writing = [asyncio.create_task(other.write(saying("a"))) for _ in range(30)]
    await asyncio.sleep(0)
    await other.close()

    assert len(await asyncio.gather(*writing)) == 30
    assert len(await said(store)) == 30
