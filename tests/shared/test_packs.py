"""A room's own copy of the packs: learned from adoptions, in force for a unit and all under it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from shared.contracts.routing import PackAdopted, PackWithdrawn, UnitEstablished
from shared.copies import packs, units
from shared.errors import Untrusted
from shared.policy import Duty
from shared.policy.language.loading import build
from shared.store.sql import Sql
from shared.store.store import Store
from tests.support.stores import open_store

T = TypeVar("T")

TREE = {"QINGHE": None, "QH-LX": "QINGHE", "QH-LX-XX": "QH-LX", "QH-YZ": "QINGHE"}

TEXT = """
[pack]
id = "{id}"
version = "{version}"
zh = "青禾县"
[params.days]
zh = "天数"
default = 3
[duty."Q.T1"]
zh = "答复"
start = "posted"
stop = "publish"
days = "$days"
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store that keeps packs and knows the county's units."""
    sqlite = request.param == "sqlite"
    location = str(tmp_path) if sqlite else str(request.getfixturevalue("postgres_url"))
    opened = open_store(location, schema=(*units.MODEL.schema, *packs.MODEL.schema))
    for code, parent in TREE.items():
        fact = UnitEstablished(code=code, name=code, aliases=(), parent=parent)
        await opened.write(lambda tx, fact=fact: units.learn_unit(tx.sql, fact))  # type: ignore[misc]
    yield opened
    await opened.close()


def adopted(unit: str, pack: str, version: str = "1", **params: str | int) -> PackAdopted:
    """An adoption as routing tells it."""
    texts = (TEXT.format(id=pack, version=version),)
    made, complaints = build(texts, params)
    assert made, complaints
    return PackAdopted(
        unit=unit,
        pack=pack,
        version=version,
        pin=made.pin,
        texts=texts,
        params=params,
        reason="试行",
    )


async def learn(store: Store, *facts: PackAdopted | PackWithdrawn) -> None:
    for fact in facts:
        await store.write(lambda tx, fact=fact: packs.learn_pack(tx.sql, fact))  # type: ignore[misc]


async def in_force(store: Store) -> dict[str, str]:
    """The pack that binds each unit."""

    def ask(sql: Sql) -> dict[str, str]:
        return {unit: packs.pack_in_force(sql, unit).id for unit in TREE}

    return await store.read(ask)


async def ask(store: Store, question: Callable[[Sql], T]) -> T:
    return await store.read(question)


@pytest.mark.anyio
async def test_without_an_adoption_the_baseline_binds_every_unit(store: Store) -> None:
    assert await in_force(store) == dict.fromkeys(TREE, "county-baseline")


@pytest.mark.anyio
async def test_the_pack_of_the_nearest_unit_above_binds(store: Store) -> None:
    await learn(store, adopted("QINGHE", "county"), adopted("QH-LX", "town"))

    assert await in_force(store) == {
        "QINGHE": "county",
        "QH-LX": "town",
        "QH-LX-XX": "town",
        "QH-YZ": "county",
    }


@pytest.mark.anyio
async def test_a_later_adoption_takes_the_place_of_the_earlier_which_is_kept(store: Store) -> None:
    first, second = adopted("QH-LX", "town", "1"), adopted("QH-LX", "town", "2")

    await learn(store, first, second)

    now = await ask(store, lambda sql: packs.pack_in_force(sql, "QH-LX"))
    then = await ask(store, lambda sql: packs.pack_by_pin(sql, first.pin))
    assert (now.pin, then.pin) == (second.pin, first.pin)


@pytest.mark.anyio
async def test_heard_twice_is_heard_once(store: Store) -> None:
    fact = adopted("QH-LX", "town")

    await learn(store, fact, fact)

    kept = await ask(store, lambda sql: sql.all("SELECT pin FROM packs"))
    assert [row["pin"] for row in kept] == [fact.pin]


@pytest.mark.anyio
async def test_what_is_withdrawn_binds_no_more_and_is_kept(store: Store) -> None:
    fact = adopted("QH-LX", "town")

    await learn(store, fact, PackWithdrawn(unit="QH-LX", pin=fact.pin, reason="停用"))

    assert (await in_force(store))["QH-LX"] == "county-baseline"
    assert (await ask(store, lambda sql: packs.pack_by_pin(sql, fact.pin))).id == "town"


@pytest.mark.anyio
async def test_a_withdrawal_of_an_earlier_pack_leaves_the_later_in_force(store: Store) -> None:
    first, second = adopted("QH-LX", "town", "1"), adopted("QH-LX", "town", "2")

    await learn(store, first, second, PackWithdrawn(unit="QH-LX", pin=first.pin, reason="停用"))

    assert (await ask(store, lambda sql: packs.pack_in_force(sql, "QH-LX"))).pin == second.pin


@pytest.mark.anyio
async def test_the_parameters_chosen_are_kept_with_the_pack(store: Store) -> None:
    fact = adopted("QH-LX", "town", days=2)

    await learn(store, fact)

    pack = await ask(store, lambda sql: packs.pack_in_force(sql, "QH-LX"))
    assert (pack.pin, pack.of(Duty)["Q.T1"].days) == (fact.pin, 2)


@pytest.mark.anyio
async def test_a_pin_that_was_never_heard_is_refused(store: Store) -> None:
    with pytest.raises(Untrusted) as told:
        await ask(store, lambda sql: packs.pack_by_pin(sql, "town@1#000000000000"))

    assert told.value.code == "pack.not-heard"


@pytest.mark.anyio
async def test_without_a_pin_and_by_its_own_the_baseline_is_meant(store: Store) -> None:
    baseline = packs.baseline()

    assert await ask(store, lambda sql: packs.pack_by_pin(sql, None)) is baseline
    assert await ask(store, lambda sql: packs.pack_by_pin(sql, baseline.pin)) is baseline
