"""What every test of the kill harness may ask for."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.county import CountyProcess

CHOICE = "HUIYIN_CHAOS_SEED"

Note = Callable[[str, object], None]
"""Takes the name and the value of a figure."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def note(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Note:
    """Shows a figure of a test on the terminal, and adds it to the test's entry in the report."""

    def show(name: str, value: object) -> None:
        request.node.user_properties.append((name, str(value)))
        with capfd.disabled():
            print(f"\n{request.node.name}: {name}={value}")

    return show


@pytest.fixture
def seed(note: Note) -> int:
    """What chance starts from: HUIYIN_CHAOS_SEED, or else a number that is drawn and shown."""
    number = int(os.environ.get(CHOICE) or secrets.randbelow(10**9))
    note(CHOICE, number)
    return number


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> CountyProcess:
    """A county as ``huiyin init`` makes it, which nobody serves: to be copied."""
    county = CountyProcess(tmp_path_factory.mktemp("founded") / "data")
    county.init()
    return county


@pytest.fixture
def county(founded: CountyProcess, tmp_path: Path) -> Iterator[CountyProcess]:
    """A county in which nothing has happened and which nobody serves yet."""
    copy = founded.copy(tmp_path / "data")
    yield copy
    copy.kill()
