"""An invented town's rules."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policy.language.pack import Pack
from tests.policy.town import pack_of

Rules = Callable[[str], Pack]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@pytest.fixture
def town(tmp_path: Path) -> Rules:
    """A pack with some rules of its own."""
    return lambda rules: pack_of(tmp_path, rules)


@pytest.fixture
def plain(town: Rules) -> Pack:
    """A pack in which nothing stands in the way."""
    return town("")
