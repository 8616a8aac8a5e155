"""A request repeated under its key is answered as before and changes nothing."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from shared.errors import Refused
from shared.store.requests import Answer, Request, answer, once
from shared.store.store import Store
from shared.store.transaction import Transaction
from tests.store.groups import together
from tests.support.stores import matter, open_store, said, say

KEY = Request.of("o-1", "key-1", "hmac-sha256:01")


def asked(request: Request | None, words: str) -> Callable[[Transaction], Answer]:
    """The piece of work that answers a request to say so."""
    return partial(once, request=request, do=partial(_answered, words=words))


def _answered(tx: Transaction, words: str) -> Answer:
    about = matter()
    return answer(tx, say(tx, words, about), about, "QINGHE-2026-000001")


@pytest.mark.anyio
async def test_a_repeated_request_is_answered_as_before(store: Store) -> None:
    first = await store.write(asked(KEY, "甲"))
    again = await store.write(asked(KEY, "甲"))

    assert again == first
    assert first.position == "intake:1"
    assert await said(store) == ["甲"]


@pytest.mark.anyio
async def test_a_request_repeated_before_it_was_answered_is_done_once(
    store: Store, location: str
) -> None:
    """Impatient people click twice; two processes may get one click each."""
    other = open_store(location, clock=store.clock)

    in_one_group = await together(store, *(asked(KEY, "甲") for _ in range(3)))
    at_two = await asyncio.gather(*(s.write(asked(KEY, "甲")) for s in (store, other, store)))

    assert len(set(in_one_group) | set(at_two)) == 1
    assert await said(store) == ["甲"]
    await other.close()


@pytest.mark.anyio
async def test_a_key_used_for_something_else_is_refused(store: Store) -> None:
    await store.write(asked(KEY, "甲"))

    with pytest.raises(Refused) as refused:
        await store.write(asked(Request.of("o-1", "key-1", "hmac-sha256:02"), "乙"))

    assert refused.value.code == "request.key-reused"
    assert await said(store) == ["甲"]


@pytest.mark.anyio
async def test_the_same_key_of_another_officer_is_another_key(store: Store) -> None:
    await store.write(asked(KEY, "甲"))
    await store.write(asked(Request.of("o-2", "key-1", "hmac-sha256:01"), "乙"))

    assert await said(store) == ["甲", "乙"]


@pytest.mark.anyio
async def test_a_refused_request_may_be_made_again_under_its_key(store: Store) -> None:
    def refuse(tx: Transaction) -> Answer:
        say(tx, "不该留下")
        raise Refused("test.refused", "不行。")

    with pytest.raises(Refused):
        await store.write(partial(once, request=KEY, do=refuse))
    await store.write(asked(KEY, "甲"))

    assert await said(store) == ["甲"]


@pytest.mark.anyio
async def test_without_a_key_everything_is_done_as_often_as_it_is_asked(store: Store) -> None:
    for _ in range(2):
        await store.write(asked(None, "甲"))

    assert await said(store) == ["甲", "甲"]
