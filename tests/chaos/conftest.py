"""What every test of the kill harness may ask for."""

import os
import secrets
from collections.abc import Callable

import pytest

CHOICE = "HUIYIN_CHAOS_SEED"

Note = Callable[[str, object], None]
"""Adds a figure to a test's entry in the report."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def seed(
    request: pytest.FixtureRequest,
    record_property: Note,
    capfd: pytest.CaptureFixture[str],
) -> int:
    """What chance starts from: HUIYIN_CHAOS_SEED, or else a number that is drawn and shown."""
    number = int(os.environ.get(CHOICE) or secrets.randbelow(10**9))
    record_property(CHOICE, number)
    with capfd.disabled():
        print(f"\n{request.node.nodeid}: {CHOICE}={number}")
    return number
