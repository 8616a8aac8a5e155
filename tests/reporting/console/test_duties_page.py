"""The duties' page: what is owed, the overdue first, and how each unit stands."""

from datetime import timedelta

import httpx2
import pytest

from shared.copies.units import unit_id
from tests.reporting.console.desk import FIRST, SECOND, THIRD, Desk, met, numbers
from tests.reporting.county import duty, missed
from tests.reporting.world import IN_ONE_DATABASE, START

pytestmark = pytest.mark.anyio


async def test_what_is_owed_is_listed_with_the_overdue_first(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/duties")

    assert numbers(page) == [SECOND, THIRD]
    assert "<b>2</b> 项未办" in page.text
    assert "<b>1</b> 项已逾期" in page.text
    assert "已逾期 1天" in page.text
    assert '柳溪镇教育办</a></th><td class="overdue">1</td>' in page.text


async def test_a_unit_owes_what_it_leads_or_registered(browser: httpx2.AsyncClient) -> None:
    assert numbers(await browser.get("/duties", params={"unit": "QH-LX"})) == [SECOND]
    assert numbers(await browser.get("/duties", params={"unit": "QH-YZ"})) == [THIRD]
    assert numbers(await browser.get("/duties", params={"unit": "QINGHE"})) == []
    assert (await browser.get("/duties", params={"unit": "QH-??"})).status_code == 422


@IN_ONE_DATABASE
async def test_unit_by_unit_each_has_a_heading(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/duties", params={"by": "unit"})

    assert page.text.count('class="group"') == 2
    assert numbers(page) == [SECOND, THIRD]


@IN_ONE_DATABASE
async def test_what_was_fulfilled_is_owed_no_more(desk: Desk) -> None:
    incidents = await desk.story()
    await desk.then("deadlines", incidents[THIRD], met(START + timedelta(hours=5)))
    async with desk.signed_in() as browser:
        page = await browser.get("/duties")

    assert numbers(page) == [SECOND]


@IN_ONE_DATABASE
async def test_imported_history_is_kept_apart(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/duties", params={"history": "1"})

    assert numbers(page) == []
    assert "没有正在计时的时限" in page.text


async def test_what_is_measured_recurs_or_is_owed_to_several_is_shown_as_such(desk: Desk) -> None:
    await desk.found()
    first = await desk.register(FIRST, due=START + timedelta(days=2))
    owed = [
        duty("001#police", "report", None, each="police", clock="soon"),
        duty("002@QH-LX", "verify", START + timedelta(days=1), each="QH-LX", provisional=True),
    ]
    await desk.then("deadlines", first, *owed)
    browse = duty("003#2026-03-02", "browse", START, period="2026-03-02", clock="day")
    too_few = missed("003#2026-03-02", START, count_wanted=3, count_done=2)
    await desk.then("deadlines", unit_id("QH-YZ"), browse, too_few)
    await desk.world.folded()

    async with desk.signed_in() as browser:
        page = (await browser.get("/duties")).text
        incident = (await browser.get(f"/incidents/{FIRST}")).text

    for words in ("不设时限", "只计用时", "致 police", "由 柳溪镇教育办", "（暂定）"):
        assert words in page, words
        assert words in incident, words
    assert "2026-03-02 期, 应 3 次, 实 2 次" in page
    assert "各项时限" in incident
