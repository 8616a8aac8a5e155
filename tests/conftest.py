"""What every test may ask for."""

import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support.postgres import PostgresServer, find_installation
from tests.support.sizes import FULL

# Examples are drawn by chance, and a failure says by which (``--hypothesis-seed``). How long one
# takes says something of the machine, nothing of the code.
settings.register_profile(
    "short",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("full", settings.get_profile("short"), max_examples=1000)
settings.load_profile("full" if FULL else "short")

# What is true does not depend on how fast a machine is, or what else it does.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


def pytest_configure() -> None:
    """Let SIGTERM end the run as Ctrl-C does, so that fixtures stop what they started."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("SIGTERM", returncode=143))


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests will use."""
    try:
        return f"PostgreSQL: {find_installation()}"
    except LookupError as problem:
        return f"PostgreSQL: {problem}"


@pytest.fixture(autouse=True)
def default_logs() -> None:
    """Log as the library does by default, whatever an earlier test configured."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started when the first test needs it."""
    server = PostgresServer(find_installation())
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database that belongs to one test alone."""
    with postgres_server.database() as url:
        yield url
