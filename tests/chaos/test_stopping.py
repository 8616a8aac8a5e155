"""One process holds a data directory, and ends when asked: soon, and with all that it started."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.chaos.county import CountyProcess, wait_for
from tests.chaos.evidence import check_record
from tests.support.sizes import SOON


def test_a_second_process_on_the_same_directory_says_so(county: CountyProcess) -> None:
    """It exits with 1, names the first, and the first goes on."""
    county.start()
    second = county.run("up")
    assert second.returncode == 1
    assert "正由另一个进程使用" in second.stderr
    assert county.url is not None
    assert county.url in second.stderr
    assert "Traceback" not in second.stderr
    county.register()
    check_settled(county)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_soon_while_requests_are_under_way(
    county: CountyProcess, sign: signal.Signals
) -> None:
    """Soon, with status 0; the nats-server is gone, and the next start is clean."""
    county.start()
    broker = county.broker
    with _busy(county):
        seconds = county.stop(sign)
    assert county.exit_status == 0, county.said()
    assert seconds <= SOON
    assert broker is not None
    assert not Path(f"/proc/{broker}").exists()
    assert "Traceback" not in county.said()
    county.start()
    check_settled(county)


def test_it_stops_in_order_when_its_nats_server_is_asked_to_stop_as_well(
    county: CountyProcess,
) -> None:
    """A machine that shuts down tells every process: the one may be away while the other ends."""
    for delay in (0.05, 0.1, 0.15, 0.2, 0.25):
        county.start()
        broker = county.broker
        assert broker is not None
        os.kill(broker, signal.SIGTERM)
        time.sleep(delay)
        assert county.stop() <= SOON
        assert "Traceback" not in county.said(), county.said()
        assert county.exit_status == 0
    county.start()
    check_settled(county)


def test_it_stops_while_it_starts(county: CountyProcess) -> None:
    """Whenever the signal comes, nothing is left running and the next start is clean."""
    for delay in (0.3, 0.6, 0.9, 1.2):
        county.launch()
        time.sleep(delay)
        county.stop()
        assert county.exit_status in (0, -signal.SIGTERM), county.said()
        wait_for(lambda: county.broker is None)
    county.start()
    check_settled(county)


def check_settled(county: CountyProcess) -> None:
    """Everything applied, and the record holds."""
    county.settle()
    check_record(county)


@contextmanager
def _busy(county: CountyProcess) -> Iterator[None]:
    """Four clients that register as fast as they are answered, until nobody answers."""
    clients = [threading.Thread(target=_register_on, args=(county,)) for _ in range(4)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    yield
    for client in clients:
        client.join()


def _register_on(county: CountyProcess) -> None:
    with suppress(httpx2.HTTPError, AssertionError):
        while True:
            county.register()
