"""A part of a transaction may fail alone: what it wrote is undone, the rest is done."""

from contextlib import suppress

import pytest

from shared.store.store import Store
from shared.store.transaction import Transaction
from tests.store.test_appending import chained, loading
from tests.support.stores import matter, said, say


class Odd(Exception):
    """A part's own problem."""


@pytest.mark.anyio
async def test_a_part_that_fails_is_undone_and_the_chain_goes_on_without_it(store: Store) -> None:
    about = matter()

    def work(tx: Transaction) -> None:
        say(tx, "前", about)
        with suppress(Odd), tx.savepoint():
            say(tx, "不该留下", about)
            tx.sql.execute("INSERT INTO kept VALUES ('不该留下')")
            raise Odd
        say(tx, "后", about)

    await store.write(work)

    assert await said(store) == ["前", "后"]
    assert chained(await store.write(loading(about)))
    assert await store.read(lambda sql: sql.all("SELECT * FROM kept")) == []


@pytest.mark.anyio
async def test_a_stream_begun_in_a_part_that_failed_begins_anew(store: Store) -> None:
    about = matter()

    def work(tx: Transaction) -> None:
        with suppress(Odd), tx.savepoint():
            say(tx, "不该留下", about)
            assert len(tx.load(about.id)) == 1
            raise Odd
        assert tx.load(about.id) == []
        say(tx, "先", about)

    await store.write(work)

    assert await said(store) == ["先"]
    assert chained(await store.write(loading(about)))


@pytest.mark.anyio
async def test_parts_within_parts_fail_from_the_inside_out(store: Store) -> None:
    def work(tx: Transaction) -> None:
        with tx.savepoint():
            say(tx, "外")
            with suppress(Odd), tx.savepoint():
                say(tx, "内")
                raise Odd
            with tx.savepoint():
                say(tx, "又")
        with suppress(Odd), tx.savepoint():
            with tx.savepoint():
                say(tx, "内里做成了")
            raise Odd

    await store.write(work)

    assert await said(store) == ["外", "又"]


@pytest.mark.anyio
async def test_a_part_that_its_table_does_not_take_is_undone_alone(store: Store) -> None:
    def work(tx: Transaction) -> str:
        tx.sql.execute("INSERT INTO kept VALUES ('甲')")
        try:
            with tx.savepoint():
                say(tx, "不该留下")
                tx.sql.execute("INSERT INTO kept VALUES ('甲')")
        except Exception:  # each database's driver has its own
            say(tx, "后")
        return "done"

    assert await store.write(work) == "done"
    assert await said(store) == ["后"]
