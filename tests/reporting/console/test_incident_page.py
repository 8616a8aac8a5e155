"""An incident's page: its words, its way, its duties, and its trail at every step."""

import re

import httpx2
import pytest

from shared.contracts.reporting import IncidentErased
from tests.reporting.console.desk import BODY, FIRST, REPLY, SECOND, TITLE, Desk
from tests.reporting.world import IN_ONE_DATABASE

pytestmark = pytest.mark.anyio


def sizes(page: httpx2.Response) -> list[int]:
    """The places of the slider, as sizes of the log."""
    found = re.search(r'data-sizes="([\d,]+)"', page.text)
    assert found
    return [int(size) for size in found[1].split(",")]


async def test_the_page_shows_words_way_duties_and_trail(browser: httpx2.AsyncClient) -> None:
    page = await browser.get(f"/incidents/{FIRST}")

    for said in (TITLE, BODY, REPLY, "青禾县第一中学", "一般", "已办结", "按时", "余 1天"):
        assert said in page.text
    assert page.text.count('class="reached"') == 7
    assert "己六<small>信息员</small>" in page.text
    assert page.text.count('<tr role="row" id="leaf-') == len(sizes(page)) == 9
    assert "牵头 青禾县第一中学" in page.text
    assert 'data-live="yes"' in page.text


@IN_ONE_DATABASE
async def test_each_place_of_the_slider_shows_what_was_known_then(
    browser: httpx2.AsyncClient,
) -> None:
    every = sizes(await browser.get(f"/incidents/{FIRST}"))

    for at, size in enumerate(every, 1):
        page = await browser.get(f"/incidents/{FIRST}", params={"size": str(size)})
        assert page.text.count('<tr role="row" id="leaf-') == at
        assert f"第 <b>{at}</b> 条, 共 {len(every)} 条" in page.text

    begun = await browser.get(f"/incidents/{FIRST}", params={"size": str(every[1])})
    assert "已登记" in begun.text
    assert REPLY not in begun.text
    assert "计时中" in begun.text
    assert 'rel="prev"' in begun.text
    assert 'rel="next"' in begun.text
    assert 'data-live="no"' in begun.text


@IN_ONE_DATABASE
async def test_before_its_registration_there_is_nothing_to_see(browser: httpx2.AsyncClient) -> None:
    for asked in ({"size": "0"}, {"as_of": "2026-03-01 09:00"}):
        page = await browser.get(f"/incidents/{FIRST}", params=asked)
        assert page.status_code == 200
        assert "当时还没有登记" in page.text
        assert TITLE not in page.text


async def test_what_was_erased_reads_as_erased(desk: Desk) -> None:
    incidents = await desk.story()
    erased = incidents[FIRST]
    desk.world.vault.shred(str(erased))
    await desk.then("reporting", erased, IncidentErased(keys=(), grounds="期限届满"))
    async with desk.signed_in() as browser:
        page = await browser.get(f"/incidents/{FIRST}")
        found = await browser.get("/", params={"q": "课本"})

    for gone in (TITLE, BODY, REPLY):
        assert gone not in page.text
    assert "密钥已销毁" in page.text
    assert FIRST not in found.text


@IN_ONE_DATABASE
async def test_who_leads_and_who_helps_is_named(browser: httpx2.AsyncClient) -> None:
    page = await browser.get(f"/incidents/{SECOND}")

    assert "牵头 柳溪镇教育办, 协办 青禾县教育局, 请按时答复" in page.text
    assert "已逾期 1天" in page.text
    assert page.text.count('class="ahead"') == 5


@IN_ONE_DATABASE
async def test_an_unknown_number_is_a_page_that_says_so(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/incidents/QINGHE-2026-999999")

    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "没有找到" in page.text
