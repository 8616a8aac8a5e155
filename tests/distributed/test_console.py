"""The console where reporting runs by itself: sessions hold in every replica, and it stops soon."""

import threading

import httpx2

from tests.distributed.composed import STARTS_WITHIN, Container, until
from tests.distributed.conftest import Composed
from tests.distributed.test_compose import registered


def test_a_session_holds_in_every_replica_and_none_waits_for_a_listener(county: Composed) -> None:
    number = registered(county.drafter)["number"]
    county.administrator.settle()
    second = county.machine.start("reporting")
    second.takes("standby", within=STARTS_WITHIN)

    cookies = signed_in(county)
    page = httpx2.get(address(second, "/"), cookies=cookies)
    assert number in page.text
    assert "青禾县第一中学" in page.text
    assert number in httpx2.get(county.machine.proxied("/"), cookies=cookies).text
    assert httpx2.get(address(second, f"/incidents/{number}")).status_code == 401

    told: list[str] = []
    listening = threading.Thread(target=listen, args=(address(second, "/live"), cookies, told))
    listening.start()
    until(lambda: len(told) >= 3, 10, told)
    second.stop()  # the listener, who would never leave, holds nobody up
    listening.join(5)

    assert told[1] == "event: size"
    assert second.process.returncode == 0, second
    assert "Traceback" not in second.said


def address(replica: Container, path: str) -> str:
    """A page of one replica, past the proxy."""
    return f"http://127.0.0.1:{replica.port}{path}"


def signed_in(county: Composed) -> dict[str, str]:
    """The cookies of the administrator, who used a link at the proxy's address."""
    path = county.administrator.post("/reporting/sign-in-links")["path"]
    with httpx2.Client() as browser:
        page = browser.get(county.machine.proxied(path)).text
        form = page.partition('name="form" value="')[2].partition('"')[0]
        data = {"form": form, "code": path.partition("code=")[2]}
        answer = browser.post(county.machine.proxied("/sign-in"), data=data)
        assert answer.status_code == 303, answer.text
        return dict(browser.cookies)


def listen(url: str, cookies: dict[str, str], told: list[str]) -> None:
    """Hear the log grow until nobody tells any more."""
    with httpx2.stream("GET", url, cookies=cookies, timeout=30) as stream:
        for line in stream.iter_lines():
            if line:
                told.append(line)
