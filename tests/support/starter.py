"""Programs in processes of their own, each of which begins with everything imported.

Most of what a program of ours costs is its imports. So one process imports the product once, and
splits itself for each program that a test starts, which has a pid, environment, outputs, exit
status and end of its own. Whatever is about how a program begins is started from its file.
"""

import ctypes
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, NamedTuple

from shared.messaging.server import PR_SET_PDEATHSIG, dying_with_parent
from tests.support.sizes import PATIENCE

ROOT = Path(__file__).parents[2]
HUIYIN = "huiyin.cli.main:main"
"""What the command ``huiyin`` calls."""

PACKAGES = ("huiyin", "services", "shared")
WHEN_SERVING = (
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""What is imported only once a program serves."""

LARGEST_ORDER = 150_000


class Order(NamedTuple):
    """A program: its function, arguments, environment, and how it ends if its starter does."""

    function: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    death: int


class Started:
    """A program at work, as ``subprocess.Popen`` would show it."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        """Its exit status, negative for a signal, or none while it runs."""
        if self.returncode is None and select.select([self._ended], [], [], 0)[0]:
            self._note_end()
        return self.returncode

    def wait(self, timeout: float = PATIENCE) -> int:
        """Its exit status, once it ends; raises ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            self._note_end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, sign: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sign)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def _note_end(self) -> None:
        status = os.read(self._ended, 16)
        os.close(self._ended)
        self.returncode = int(status) if status else -signal.SIGKILL


class _Starter:
    """The process that imports everything, as seen from the tests."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.starter", str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                preexec_fn=dying_with_parent(),  # noqa: PLW1509 - safe, see there
            )

    def start(self, order: Order, outputs: Sequence[IO[bytes] | IO[str]]) -> Started:
        ended, told = os.pipe()
        try:
            with self._lock:
                files = [*(each.fileno() for each in outputs), told]
                socket.send_fds(self._line, [json.dumps(order).encode()], files)
                return Started(int(self._line.recv(16)), ended)
        finally:
            os.close(told)


@cache
def _starter() -> _Starter:
    return _Starter()


def start(
    function: str,
    *arguments: str | Path,
    environment: Mapping[str, str],
    out: IO[bytes] | IO[str],
    err: IO[bytes] | IO[str],
    death: signal.Signals = signal.SIGKILL,
) -> Started:
    """Start ``module:function`` as a program in the repository; it has nothing to read.

    ``death`` is what the kernel sends it when the tests end, however they do.
    """
    order = Order(function, [str(each) for each in arguments], dict(environment), death)
    return _starter().start(order, (out, err))


def run(
    function: str, *arguments: str | Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``module:function`` as a program to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        program = start(function, *arguments, environment=environment, out=out, err=err)
        status = program.wait()
        said = [_all_of(each) for each in (out, err)]
    return subprocess.CompletedProcess([function, *arguments], status, *said)


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _serve(line: socket.socket) -> Order | None:
    """Split for each order; returns it in the new process, and none when nobody asks any more."""
    running: dict[int, int] = {}
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([line.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1024)
            _tell_ends(running)
        if line.fileno() in ready:
            asked, files, _, _ = socket.recv_fds(line, LARGEST_ORDER, 3)
            if not asked:
                return None
            order = Order(*json.loads(asked))
            parent, pid = os.getpid(), os.fork()
            if pid == 0:
                _become(order, line, files, parent)
                return order
            for file in files[:2]:
                os.close(file)
            running[pid] = files[2]
            line.send(str(pid).encode())


def _tell_ends(running: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            told = running.pop(ended[0])
            with suppress(BrokenPipeError):
                os.write(told, str(os.waitstatus_to_exitcode(ended[1])).encode())
            os.close(told)


def _become(order: Order, line: socket.socket, files: Sequence[int], parent: int) -> None:
    """Take on what makes a process one of its own."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, order.death)
    if os.getppid() != parent:
        os.kill(os.getpid(), order.death)
    for file, target in zip(files, (1, 2), strict=False):
        os.dup2(file, target)
    line.detach()
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(order.environment)
    time.tzset()
    sys.argv = [order.function.partition(".")[0], *order.arguments]
    faulthandler.enable()  # a crash says where, in what the program is told to write
    sys.modules["__main__"].__package__ = None  # else the usage line names this module


def _import_everything() -> None:
    for package in PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in WHEN_SERVING:
        importlib.import_module(name)


def _main() -> None:
    _import_everything()
    gc.collect()
    gc.freeze()
    order = _serve(socket.socket(fileno=int(sys.argv[1])))
    if order is not None:
        module, _, function = order.function.partition(":")
        sys.exit(getattr(importlib.import_module(module), function)())


if __name__ == "__main__":
    _main()
