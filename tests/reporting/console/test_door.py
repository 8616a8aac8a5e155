"""Who is let in to read: sessions, single-use codes, forms, and the demonstration's open door."""

from datetime import timedelta

import httpx2
import pytest

from services.reporting.console.door import FORM, MOST_FAILURES, SESSION, Attempts, inside
from shared.errors import Refused
from shared.identity.sessions import CODE_LASTS, LASTS, Sessions
from tests.reporting.console.desk import READER, TITLE, Desk, form_of, sign_in
from tests.reporting.world import IN_ONE_DATABASE, START

pytestmark = pytest.mark.anyio

PAGES = ("/", "/duties", "/incidents/QINGHE-2026-000001", "/live", "/ledger.csv", "/ledger.xlsx")


@IN_ONE_DATABASE
async def test_without_a_session_there_is_only_the_page_to_sign_in(desk: Desk) -> None:
    await desk.story()
    async with desk.browser() as browser:
        for path in PAGES:
            page = await browser.get(path)
            assert page.status_code == 401, path
            assert "身份令牌" in page.text
            assert "青禾县" in page.text
            assert TITLE not in page.text


@IN_ONE_DATABASE
async def test_a_token_opens_a_session_that_leads_back_and_can_be_ended(desk: Desk) -> None:
    await desk.story()
    async with desk.browser() as browser:
        answer = await sign_in(browser, "/duties?by=unit", token=f" {desk.token} ")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/duties?by=unit")
        page = await browser.get("/")
        assert "甲一（办公室主任, 青禾县教育局）" in page.text
        session = browser.cookies[SESSION]

        answer = await browser.post("/sign-out", data={"form": form_of(page)})

        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
        assert (await browser.get("/")).status_code == 401
        browser.cookies.set(SESSION, session)
        assert (await browser.get("/")).status_code == 401


@IN_ONE_DATABASE
async def test_the_cookie_is_for_this_server_alone(desk: Desk) -> None:
    for url, secure in (("http://huiyin", False), ("https://huiyin", True)):
        async with desk.browser(url=url) as browser:
            answer = await sign_in(browser, token=desk.token)

        [cookie] = [c for c in answer.headers.get_list("Set-Cookie") if c.startswith(SESSION)]
        said = {part.strip().lower() for part in cookie.split(";")}
        assert {"httponly", "path=/", "samesite=strict"} <= said
        assert ("secure" in said) is secure
        assert not any(part.startswith("domain") for part in said)


@IN_ONE_DATABASE
async def test_a_wrong_token_is_refused_and_soon_nobody_from_there_is_heard(desk: Desk) -> None:
    async with desk.browser() as browser:
        for _ in range(MOST_FAILURES):
            page = await sign_in(browser, token=READER.id)
            assert page.status_code == 401
            assert "没有有效的身份令牌" in page.text
        assert (await sign_in(browser, token=desk.token)).status_code == 429

    async with desk.browser("10.0.0.10") as elsewhere:
        assert (await sign_in(elsewhere, token=desk.token)).status_code == 303


def test_failures_are_forgotten_after_a_while() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(MOST_FAILURES):
        attempts.failed("a")
    with pytest.raises(Refused, match=r"sign-in\.too-many"):
        attempts.check("a")
    attempts.check("b")

    now[0] = 61.0

    attempts.check("a")


async def test_sessions_and_codes_end_in_time_and_with_the_token(desk: Desk) -> None:
    sessions = Sessions(desk.world.officers)
    session, code = sessions.open(desk.token, START), sessions.offer(READER, START)

    assert sessions.officer(session, START + LASTS - timedelta(seconds=1)) == READER
    assert sessions.officer(session, START + LASTS) is None
    assert sessions.officer("made up", START) is None
    assert sessions.officer(sessions.redeem(code, START), START) == READER
    for useless, moment in ((code, START), (sessions.offer(READER, START), START + CODE_LASTS)):
        with pytest.raises(Refused, match=r"code\.unknown"):
            sessions.redeem(useless, moment)

    desk.world.officers.enter(READER)  # a new token

    assert sessions.officer(session, START) is None
    with pytest.raises(Refused, match=r"token\.unknown"):
        sessions.open(desk.token, START)


@IN_ONE_DATABASE
async def test_no_secret_is_stored(desk: Desk) -> None:
    sessions = Sessions(desk.world.officers)
    secrets = [sessions.open(desk.token, START), sessions.offer(READER, START)]

    with desk.world.officers.tables.reading() as sql:
        stored = [
            str(tuple(row))
            for t in ("sessions", "sign_in_codes")
            for row in sql.all(f"SELECT * FROM {t}")
        ]

    assert len(stored) == 2
    assert not any(secret in row for secret in [*secrets, desk.token] for row in stored)


@IN_ONE_DATABASE
async def test_a_link_signs_in_once(desk: Desk) -> None:
    bearer = {"Authorization": f"Bearer {desk.token}"}
    async with desk.browser() as browser:
        assert (await browser.post("/reporting/sign-in-links")).json()["code"] == "token.unknown"
        link = (await browser.post("/reporting/sign-in-links", headers=bearer)).json()["path"]
        page = await browser.get(link)
        assert "一次性登录链接" in page.text
        code = link.partition("code=")[2]
        form = form_of(page)

        first = await browser.post("/sign-in", data={"form": form, "code": code})
        assert first.status_code == 303
        assert (await browser.get("/sign-in")).status_code == 200
        again = await sign_in(browser, code=code)

    assert again.status_code == 401
    assert "已用过、已过期或不存在" in again.text


@IN_ONE_DATABASE
async def test_a_form_from_elsewhere_is_refused(desk: Desk) -> None:
    foreign: list[tuple[bool, dict[str, str]]] = [
        (False, {}),
        (True, {"Sec-Fetch-Site": "cross-site"}),
        (True, {"Sec-Fetch-Site": "same-site"}),
        (True, {"Origin": "https://elsewhere.example"}),
    ]
    for ours, headers in foreign:
        async with desk.browser() as browser:
            form = form_of(await browser.get("/sign-in"))
            data = {"form": form if ours else "0" * 64, "token": desk.token}
            page = await browser.post("/sign-in", data=data, headers=headers)

        assert page.status_code == 403, headers
        assert "form.foreign" in page.text
        assert SESSION not in page.cookies


@IN_ONE_DATABASE
async def test_our_own_form_is_taken_from_any_browser(desk: Desk) -> None:
    for headers in (
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://huiyin"},
        {"Origin": "null"},
    ):
        async with desk.browser() as browser:
            data = {"form": form_of(await browser.get("/sign-in")), "token": desk.token}
            answer = await browser.post("/sign-in", data=data, headers=headers)
            assert FORM not in browser.cookies

        assert answer.status_code == 303, headers


@IN_ONE_DATABASE
async def test_a_demonstration_is_open_to_its_own_machine_and_says_what_it_is(desk: Desk) -> None:
    await desk.found(demonstration=True)
    await desk.world.folded()
    async with desk.browser("127.0.0.1") as here, desk.browser("10.0.0.9") as elsewhere:
        page = await here.get("/")
        through_proxy = await here.get("/", headers={"X-Forwarded-For": "10.0.0.9"})
        assert page.status_code == 200
        assert "演示数据" in page.text
        assert through_proxy.status_code == 401
        assert (await elsewhere.get("/")).status_code == 401


@IN_ONE_DATABASE
async def test_a_real_county_asks_its_own_machine_too(desk: Desk) -> None:
    await desk.story()
    async with desk.browser("127.0.0.1") as here:
        assert (await here.get("/")).status_code == 401


def test_nobody_is_led_elsewhere_after_signing_in() -> None:
    for path in ("//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb"):
        assert inside(path) == "/"
    assert inside("/duties?by=unit") == "/duties?by=unit"


@IN_ONE_DATABASE
async def test_what_is_broken_is_a_page_with_a_code_and_without_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.story()

    def broken(*_: object) -> None:
        raise RuntimeError(TITLE)

    monkeypatch.setattr("services.reporting.console.frame.all_units", broken)
    async with desk.signed_in() as browser:
        page: httpx2.Response = await browser.get("/")

    assert page.status_code == 500
    assert "page.failed-" in page.text
    assert TITLE not in page.text
