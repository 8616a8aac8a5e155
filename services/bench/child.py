"""``huiyin up`` in a process of its own, as people run it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.bench.county import environment
from services.embedded.directory import DataDirectory
from shared.errors import Unavailable
from shared.messaging.server import dying_with_parent
from shared.settings import Settings

START_SECONDS = 30.0
STOP_SECONDS = 10.0

_PROGRAM = "from services.cli.main import main; main()"
_PROFILED = "import cProfile, sys; cProfile.run({program!r}, {file!r})"


@contextmanager
def launched(settings: Settings, profile: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The process, from its start until the block ends; ``profile`` takes its main thread's."""
    program = _PROFILED.format(program=_PROGRAM, file=str(profile)) if profile else _PROGRAM
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    process = subprocess.Popen(  # noqa: S603 -- this very program
        [sys.executable, "-c", program, "up"],
        env=own | environment(settings.data),
        stdout=subprocess.DEVNULL,
        preexec_fn=dying_with_parent(),  # noqa: PLW1509 -- safe, see there
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(settings: Settings, process: subprocess.Popen[bytes]) -> str:
    """Wait until it says where it answers; raises Unavailable ``bench.not-started``."""
    directory, deadline = DataDirectory(settings.data), time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        serving = directory.serving()
        if serving is not None and serving.url is not None:
            return serving.url
        time.sleep(0.005)
    raise Unavailable(
        "bench.not-started", "huiyin up 没有启动。", "请单独运行 huiyin up 查看原因。"
    )
