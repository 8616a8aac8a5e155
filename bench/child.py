"""``huiyin up`` in a process of its own, as people run it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from bench.county import environment
from shared.errors import Unavailable
from shared.messaging.server import dying_with_parent
from shared.settings import Settings

START_SECONDS = 30.0
STOP_SECONDS = 10.0

_PROGRAM = "from huiyin.cli.main import main; main()"
_ADDRESS = re.compile(rb"https?://[\w.:\[\]]+")
_PROFILED = "import cProfile; cProfile.run({program!r}, {file!r})"


@contextmanager
def launched(settings: Settings, profile: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The process, from its start until the block ends; ``profile`` takes its main thread's."""
    program = _PROFILED.format(program=_PROGRAM, file=str(profile)) if profile else _PROGRAM
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    with subprocess.Popen(  # noqa: S603 -- this very program
        [sys.executable, "-c", program, "up"],
        env=own | environment(settings.data),
        stdout=subprocess.PIPE,
        preexec_fn=dying_with_parent(),  # noqa: PLW1509 -- safe, see there
    ) as process:
        try:
            yield process
        finally:
            _end(process)


def address(process: subprocess.Popen[bytes]) -> str:
    """Wait until it says where it answers; raises Unavailable ``bench.not-started``."""
    assert process.stdout is not None
    impatience = Timer(START_SECONDS, process.kill)
    impatience.start()
    try:
        for line in process.stdout:
            if said := _ADDRESS.search(line):
                return said[0].decode()
    finally:
        impatience.cancel()
    raise Unavailable(
        "bench.not-started", "huiyin up 没有启动。", "请单独运行 huiyin up 查看原因。"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
