"""The console in a real browser, over a county that really runs."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.chaos.county import wait_for
from tests.journeys.browsers import Watched, a_browser
from tests.journeys.county import County, Served
from tests.support.sizes import PATIENCE, SOON

TITLE = "<b>课本</b>还差两本没有发"
OTHER = "操场夜间照明太亮"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this module."""
    with a_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def number(served: Served) -> str:
    """An incident that was graded, assigned and drafted, beside another one."""
    heard(served, OTHER)
    number: str = heard(served, TITLE)["number"]
    path = f"/routing/incidents/{number}"
    served.told(f"{path}/grade", "bureau", grade="ordinary", grounds="个别咨询")
    served.told(f"{path}/assign", "bureau", lead="QH-YZ", co_handling=["QH-LX"])
    served.settle()
    served.told(f"{path}/draft", "drafter", kind="result", text="课本本周五前补齐。")
    served.settle()
    return number


@pytest.fixture
def reader(browser: Browser, served: Served, number: str) -> Iterator[Watched]:
    """A signed-in reader's page; nothing may have gone wrong in it."""
    assert number
    watched = Watched(browser, str(served.client.base_url).rstrip("/"))
    watched.sign_in(served.county.token("bureau"))
    yield watched
    watched.check_clean()
    watched.context.close()


def heard(served: Served, title: str) -> dict[str, Any]:
    """An incident that the drafter's school registers."""
    return served.told(
        "/intake/incidents",
        "drafter",
        channel="message_board",
        category="inquiry_demand",
        title=title,
        body="请问什么时候能补齐？",
    )


def test_the_ledger_is_searched_and_an_incident_opened(reader: Watched, number: str) -> None:
    page = reader.page
    page.fill("#q", "课本 第一中学")
    page.keyboard.press("Enter")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody .title")).to_contain_text(TITLE)
    page.click(f"a:has-text('{number}')")
    expect(page.locator("h1")).to_have_text(TITLE)
    expect(page.locator(".trail")).to_contain_text("牵头 青禾县第一中学, 协办 柳溪镇人民政府教育办")


def test_the_slider_shows_each_step_and_its_place_is_an_address(
    reader: Watched, number: str
) -> None:
    page = reader.page
    page.goto(f"/incidents/{number}")
    entries = page.locator(".trail tbody tr")
    expect(entries).to_have_count(5)

    page.focus("#slider")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")

    expect(entries).to_have_count(2)
    expect(page.locator(".facts .status")).to_have_text("已登记")
    expect(page.locator(".past")).to_contain_text("当时所见")
    assert page.evaluate("document.activeElement.id") == "slider"
    assert "?size=" in page.url
    address = page.url
    page.click("#step-after")
    expect(entries).to_have_count(3)
    page.goto(address)
    expect(entries).to_have_count(2)
    page.keyboard.press("Tab")
    page.click(".past a")
    expect(entries).to_have_count(5)


def test_what_happens_appears_without_reloading_and_keeps_the_readers_place(
    reader: Watched, served: Served
) -> None:
    page = reader.page
    page.goto("/")
    page.fill("#q", "还没有按下查找")
    page.evaluate("window.sameDocument = true")
    rows = page.locator("tbody tr")
    before = rows.count()

    number = heard(served, "食堂菜单公开")["number"]

    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text(number)
    expect(page.locator("#news")).to_contain_text("有新记录")
    assert page.evaluate("window.sameDocument")
    assert page.input_value("#q") == "还没有按下查找"
    assert page.evaluate("document.activeElement.id") == "q"


def test_every_page_is_accessible_at_every_width(reader: Watched, number: str) -> None:
    for width in (1280, 380):
        reader.page.set_viewport_size({"width": width, "height": 720})
        for path in ("/", "/duties", f"/incidents/{number}", f"/incidents/{number}?size=0"):
            reader.page.goto(path)
            reader.check_accessible()
            assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, path
    reader.page.goto("/sign-in")
    reader.check_accessible()


def test_everything_works_without_javascript(browser: Browser, served: Served, number: str) -> None:
    plain = Watched(browser, str(served.client.base_url).rstrip("/"), java_script_enabled=False)
    page = plain.page
    plain.sign_in(served.county.token("bureau"))

    page.fill("#q", "课本")
    page.click("text=查找 >> nth=-1")
    page.click(f"a:has-text('{number}')")
    expect(page.locator("#slider")).to_be_hidden()
    page.click("text=← 之前")
    expect(page.locator(".trail tbody tr")).to_have_count(4)
    page.click("text=之后：")
    expect(page.locator(".trail tbody tr")).to_have_count(5)
    page.click("nav >> text=时限")
    expect(page.locator("h1")).to_have_text("时限")
    page.click("text=退出")
    expect(page.locator("h1")).to_have_text("登录")
    plain.context.close()


def test_a_page_prints_without_its_controls(reader: Watched, number: str) -> None:
    reader.page.goto(f"/incidents/{number}")

    printed = reader.page.pdf()
    reader.page.emulate_media(media="print")

    assert printed.startswith(b"%PDF")
    assert len(printed) > 20_000
    for control in (".bar nav", ".as-of", ".reader"):
        expect(reader.page.locator(control).first).to_be_hidden()
    foot = reader.page.locator("tfoot.on-paper")
    for said in ("青禾县教育局", "审计日志", "树根"):
        expect(foot).to_contain_text(said)


def test_the_server_stops_soon_while_somebody_listens(county: County, tmp_path: Path) -> None:
    assert tmp_path
    told: list[str] = []
    with county.up() as served:
        cookies = signed_in(served)
        listening = threading.Thread(target=listen, args=(served, cookies, told))
        listening.start()
        wait_for(lambda: len(told) >= 3)
        asked = time.monotonic()
    seconds = time.monotonic() - asked
    listening.join(PATIENCE)

    assert told[:3] == ["retry: 2000", "event: size", told[2]]
    assert seconds <= SOON
    assert "Traceback" not in county.data.with_suffix(".log").read_text(encoding="utf-8")


def test_the_command_line_gives_a_link_that_signs_in_once(served: Served) -> None:
    done = served.county.run("sign-in")
    assert done.status == 0, done
    link = done.out.split()[0]

    with httpx2.Client() as browser:
        form = browser.get(link).text.partition('name="form" value="')[2].partition('"')[0]
        code = link.partition("code=")[2]
        data = {"form": form, "code": code}
        answer = browser.post(link.partition("?")[0], data=data)

    assert answer.status_code == 303


def test_without_a_running_system_there_is_no_link(county: County) -> None:
    done = county.run("sign-in")

    assert (done.status, done.out) == (1, "")
    assert "(http.not-serving)" in done.err


def signed_in(served: Served) -> dict[str, str]:
    """The cookies of somebody who signed in."""
    with httpx2.Client(base_url=served.client.base_url) as browser:
        page = browser.get("/sign-in").text
        form = page.partition('name="form" value="')[2].partition('"')[0]
        token = served.county.token("bureau")
        assert browser.post("/sign-in", data={"form": form, "token": token}).status_code == 303
        return dict(browser.cookies)


def listen(served: Served, cookies: dict[str, str], told: list[str]) -> None:
    """Hear the log grow until nobody tells any more."""
    with (
        httpx2.Client(
            base_url=served.client.base_url, cookies=cookies, timeout=PATIENCE
        ) as browser,
        browser.stream("GET", "/live") as stream,
    ):
        for line in stream.iter_lines():
            if line:
                told.append(line)
