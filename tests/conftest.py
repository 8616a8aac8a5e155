"""What every test may ask for."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

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


WITH_PROCESSES = {"bench", "chaos", "distributed", "docs", "drills", "journeys", "nets"}
"""Folders whose tests are about the programs, the broker or PostgreSQL."""

DEAR = {"client", "location", "parent", "postgres_server", "server"}
"""Fixtures that start a process, or give a room its databases."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as ``quick`` whatever needs no process and no room, so that ``make quick`` finds it."""
    for item in items:
        if _is_quick(item):
            item.add_marker(pytest.mark.quick)


def _is_quick(item: pytest.Item) -> bool:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    if item.get_closest_marker("process") or folder in WITH_PROCESSES:
        return False
    parameters = getattr(item, "callspec", None)
    databases = parameters.params.values() if parameters else ()
    return "postgres" not in databases and DEAR.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """A quick test that starts a process fails: it is not quick."""
    if request.node.get_closest_marker("quick") is None:
        yield
        return
    _watched.append(request.node.nodeid)
    yield
    _watched.clear()


_watched: list[str] = []


def _refuse_processes(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and _watched:
        raise RuntimeError(f"{_watched[-1]} starts {arguments[0]}: mark it ``process``")


sys.addaudithook(_refuse_processes)


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
