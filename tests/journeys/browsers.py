"""A real browser that looks at a running county, and notes what it should not have to."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_VIOLATIONS = "window.broken = []; addEventListener('securitypolicyviolation',"
_NOTE_VIOLATIONS = f"{_VIOLATIONS} (event) => window.broken.push(event.blockedURI))"


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium as it is installed; a test that needs it says so where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A page whose requests, complaints and policy violations are noted."""

    def __init__(self, browser: Browser, base: str, **context: Any) -> None:
        self.context = browser.new_context(base_url=base, locale="zh-CN", **context)
        self.page: Page = self.context.new_page()
        self.base = base
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        self.page.on("console", self._hear)
        self.page.add_init_script(_NOTE_VIOLATIONS)

    def sign_in(self, token: str) -> None:
        """Fill in the form as a person does."""
        self.page.goto("/")
        self.page.fill("#token", token)
        self.page.click("button")
        self.page.wait_for_selector("h1:has-text('归档台账')")
        self.complaints.clear()  # the page to sign in came with 401, which the browser remarks on

    def check_clean(self) -> None:
        """Nothing broken, nothing refused by the policy, nothing asked of anybody else."""
        assert self.complaints == []
        assert self.page.evaluate("window.broken") == []
        elsewhere = [url for url in self.asked if not url.startswith(self.base)]
        assert elsewhere == []

    def check_accessible(self) -> None:
        """No violation of WCAG 2.1 A or AA, nor of good practice, that axe can find."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
