"""Titles can be searched, are held in memory only, and are forgotten with what is erased."""

from datetime import timedelta

import pytest

from services.reporting.ledger.search import Titles
from shared.contracts.reporting import IncidentErased
from tests.reporting.console.desk import FIRST, SECOND, THIRD, Desk
from tests.reporting.world import IN_ONE_DATABASE, START, World

pytestmark = pytest.mark.anyio

DUE = START + timedelta(days=2)


async def found(titles: Titles, desk: Desk, words: str) -> list[str]:
    """Ids of incidents by words of their title."""
    return await desk.world.room.store.read(lambda sql: titles.matching(sql, words))


@IN_ONE_DATABASE
async def test_what_is_registered_later_is_found_too(world: World) -> None:
    desk, titles = Desk(world), Titles(world.vault)
    first = await desk.register(FIRST, "食堂 Menu 公开", due=DUE)
    assert await found(titles, desk, "menu") == [str(first)]

    second = await desk.register(SECOND, "菜单（MENU）太小", due=DUE)

    assert await found(titles, desk, "menu") == [str(first), str(second)]
    assert await found(titles, desk, "没有的词") == []


async def test_what_is_erased_is_forgotten(world: World) -> None:
    desk, titles = Desk(world), Titles(world.vault)
    first = await desk.register(FIRST, "食堂菜单公开", due=DUE)
    assert await found(titles, desk, "菜单") == [str(first)]

    await desk.then("reporting", first, IncidentErased(keys=(), grounds="期限届满"))

    assert await found(titles, desk, "菜单") == []


@IN_ONE_DATABASE
async def test_what_was_shredded_before_its_record_arrived_is_not_opened_again(
    world: World,
) -> None:
    desk, titles = Desk(world), Titles(world.vault)
    first = await desk.register(FIRST, "食堂菜单公开", due=DUE)
    assert await found(titles, desk, "菜单") == [str(first)]
    world.vault.shred(str(first))

    titles.clear()

    assert await found(titles, desk, "菜单") == []


@IN_ONE_DATABASE
async def test_only_so_many_are_held_the_newest(world: World) -> None:
    desk, titles = Desk(world), Titles(world.vault, largest=2)
    for number in (FIRST, SECOND, THIRD):
        last = await desk.register(number, f"第 {number[-1]} 件事", due=DUE)

    held = await found(titles, desk, "件事")

    assert len(held) == 2
    assert held[-1] == str(last)
