"""The ledger's page: what is found, counted, sorted and paged, and how it stood."""

import httpx2
import pytest

from services.reporting.console.showing import HEADERS
from services.reporting.ledger import search
from tests.reporting.console.desk import FIRST, HOSTILE, SECOND, THIRD, TITLE, Desk, numbers
from tests.reporting.world import IN_ONE_DATABASE

pytestmark = pytest.mark.anyio


async def listed(browser: httpx2.AsyncClient, **asked: str) -> list[str]:
    """The incidents that the ledger shows when asked so."""
    page = await browser.get("/", params=asked)
    assert page.status_code == 200, page.text
    return numbers(page)


ASKED: list[tuple[dict[str, str], list[str]]] = [
    ({}, [THIRD, SECOND, FIRST]),
    ({"way": "up"}, [FIRST, SECOND, THIRD]),
    ({"order": "due", "way": "up"}, [SECOND, THIRD, FIRST]),
    ({"status": "closed"}, [FIRST]),
    ({"verdict": "missed"}, [SECOND]),
    ({"verdict": "soon"}, [THIRD]),
    ({"unit": "QH-LX"}, [SECOND]),
    ({"unit": "QINGHE"}, [SECOND]),
    ({"unit": "QH-YZ"}, [THIRD, SECOND, FIRST]),
    ({"q": "课本"}, [FIRST]),
    ({"q": "夜间 柳溪"}, [SECOND]),
    ({"q": "课本 夜间"}, []),
    ({"q": "-000003"}, [THIRD]),
    ({"q": "青禾一中"}, [THIRD, SECOND, FIRST]),
    ({"q": "咨询诉求"}, [THIRD, SECOND, FIRST]),
    ({"q": "%"}, []),
    ({"q": "课本", "status": "graded"}, []),
]


@IN_ONE_DATABASE
async def test_what_is_asked_is_found(browser: httpx2.AsyncClient) -> None:
    for asked, found in ASKED:
        assert await listed(browser, **asked) == found, asked


async def test_search_filters_order_and_counts_work_in_every_database(
    browser: httpx2.AsyncClient,
) -> None:
    assert await listed(browser, q="课本 QH-YZ", unit="QH-YZ", status="closed") == [FIRST]
    assert await listed(browser, order="due", verdict="soon", q="alert") == [THIRD]

    page = await browser.get("/")

    for said in ("全部 <b>3</b>", "已办结 <b>1</b>", "逾期未办 <b>1</b>", "24小时内到期 <b>1</b>"):
        assert said in page.text
    assert "青禾县第一中学" in page.text
    assert "QH-YZ</" not in page.text


@IN_ONE_DATABASE
async def test_what_is_overdue_or_soon_due_says_so_in_words(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/")

    assert 'class="overdue"' in page.text
    assert "已逾期 1天" in page.text
    assert "临期" in page.text
    assert "还剩 4小时59分" in page.text


@IN_ONE_DATABASE
async def test_a_hostile_title_is_text_and_nothing_else(browser: httpx2.AsyncClient) -> None:
    for path in ("/", f"/incidents/{THIRD}", "/duties", "/?q=%22%3E%3Cscript%3E"):
        page = await browser.get(path)
        assert HOSTILE not in page.text
        assert '"><script>' not in page.text
    assert (
        "&lt;script&gt;alert(&#39;一&#39;)&lt;/script&gt;&amp;amp;" in (await browser.get("/")).text
    )


@IN_ONE_DATABASE
async def test_the_ledger_as_of_a_moment_shows_what_was_known_then(
    browser: httpx2.AsyncClient,
) -> None:
    page = await browser.get("/", params={"as_of": "2026-03-01T09:00"})

    assert numbers(page) == []
    assert "当时所见" in page.text
    assert 'data-live="no"' in page.text
    assert (await browser.get("/", params={"as_of": "昨天"})).status_code == 422


@IN_ONE_DATABASE
async def test_a_page_holds_so_many_and_leads_to_the_next(
    browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE", 2)

    page = await browser.get("/")

    assert numbers(page) == [THIRD, SECOND]
    assert "第 1 页, 共 2 页" in page.text
    assert await listed(browser, page="2") == [FIRST]
    assert await listed(browser, page="3") == []


@IN_ONE_DATABASE
async def test_an_address_that_means_nothing_is_refused_as_a_page(
    browser: httpx2.AsyncClient,
) -> None:
    for asked in ({"status": "gone"}, {"order": "raw"}, {"page": "0"}):
        page = await browser.get("/", params=asked)

        assert page.status_code == 422, asked
        assert "请求有误" in page.text


@IN_ONE_DATABASE
async def test_every_page_carries_the_strict_headers(browser: httpx2.AsyncClient) -> None:
    for path in ("/", "/duties", f"/incidents/{FIRST}", "/incidents/none", "/sign-in"):
        page = await browser.get(path)
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert "style=" not in page.text
        assert "<style" not in page.text
        assert "onclick" not in page.text


@IN_ONE_DATABASE
async def test_the_files_of_the_page_are_kept_for_ever_under_their_content(
    browser: httpx2.AsyncClient,
) -> None:
    page = (await browser.get("/")).text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]

    sheet = await browser.get(address)
    again = await browser.get(address, headers={"If-None-Match": sheet.headers["ETag"]})

    assert sheet.headers["Content-Type"].startswith("text/css")
    assert "immutable" in sheet.headers["Cache-Control"]
    assert again.status_code == 304
    assert (await browser.get("/static/0/console.css")).headers["Cache-Control"] == "no-cache"
    assert (await browser.get("/static/0/..%2fpages.py")).status_code == 404


@IN_ONE_DATABASE
async def test_the_ledger_can_be_taken_home_as_a_file(browser: httpx2.AsyncClient) -> None:
    table = await browser.get("/ledger.csv", params={"status": "closed"})
    book = await browser.get("/ledger.xlsx")

    assert TITLE in table.text
    assert SECOND not in table.text
    assert book.content.startswith(b"PK")
    assert "attachment" in book.headers["Content-Disposition"]
    assert (await browser.get("/ledger.exe")).status_code in (404, 422)


@IN_ONE_DATABASE
async def test_a_county_that_is_not_founded_yet_says_so(desk: Desk) -> None:
    async with desk.signed_in() as browser:
        page = await browser.get("/")

    assert page.status_code == 503
    assert "county.not-founded" in page.text
