"""A county of its own in a data directory, served by a child process that is killed at will."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2

from huiyin.host.directory import DataDirectory
from tests.support import starter
from tests.support.sizes import PATIENCE
from tests.support.starter import HUIYIN, Started

ROOT = Path(__file__).parents[2]


class CountyProcess:
    """One data directory, the processes that serve it, and the command line over it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._log = data.with_name(f"{data.name}.log")
        self._process: Started | None = None
        self._client = httpx2.Client(timeout=PATIENCE)

    def init(self) -> None:
        """Make the county: 青禾县教育局 and the invented units of the demonstration."""
        units = str(ROOT / "huiyin" / "drills" / "demonstration" / "units.csv")
        made = self.run("init", "--code", "QINGHE", "--name", "青禾县教育局", "--units", units)
        assert made.returncode == 0, made.stderr

    def copy(self, data: Path) -> "CountyProcess":
        """The same county in another directory; nothing may be running."""
        shutil.copytree(self.data, data)
        return CountyProcess(data)

    def launch(self, function: str = HUIYIN, *arguments: str) -> None:
        """Begin to serve, as ``huiyin up`` unless told otherwise; returns at once."""
        arguments = arguments or ("up",)
        with self._log.open("ab") as log:
            self._process = starter.start(
                function, *arguments, environment=self._environment(), out=log, err=log
            )

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self.launch()
        wait_for(lambda: self.url is not None or self.ended)
        assert not self.ended, self.said()

    def kill(self) -> None:
        """End the process as a power cut would, its nats-server with it. Harmless when ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            wait_for(lambda: self.broker is None)

    def kill_broker(self) -> None:
        """End the nats-server alone, if there is one."""
        broker = self.broker
        if broker is not None:
            with suppress(ProcessLookupError):
                os.kill(broker, signal.SIGKILL)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> float:
        """Ask the process to end in order; returns the seconds it took."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(sign)
        self._process.wait(PATIENCE)
        return time.monotonic() - begun

    @property
    def ended(self) -> bool:
        """Whether no process of ours is there."""
        return self._process is None or self._process.poll() is not None

    @property
    def exit_status(self) -> int | None:
        """How the last process ended; negative for a signal, none while it runs."""
        return self._process.poll() if self._process else None

    @property
    def pid(self) -> int:
        """The process id of the last process."""
        assert self._process is not None
        return self._process.pid

    @property
    def broker(self) -> int | None:
        """The process id of the nats-server that runs for this directory, or none."""
        with suppress(OSError, ValueError):
            pid = int((self.data / "nats" / "nats.pid").read_text())
            if str(self.data) in Path(f"/proc/{pid}/cmdline").read_text():
                return pid
        return None

    @property
    def url(self) -> str | None:
        """Where our process answers requests, or none; read without touching the lock itself."""
        with suppress(OSError, ValueError):
            said = json.loads((self.data / "lock").read_text())
            if self._process is not None and said["pid"] == self._process.pid and not self.ended:
                return str(said["url"]) if said["url"] else None
        return None

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> httpx2.Response:
        """What the system answers; asked with the first administrator's token unless given."""
        bearer = token or DataDirectory(self.data).token()
        headers = {"Authorization": f"Bearer {bearer}"}
        try:
            return self._client.request(method, f"{self.url}{path}", json=body, headers=headers)
        except httpx2.TransportError as problem:
            time.sleep(1.0)  # an end may be known only after its connections
            problem.add_note(f"exit status {self.exit_status}; it said: {self.said()}")
            raise

    def told(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """What the system answers when it does what is asked."""
        answer = self.ask(method, path, body, token=token)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def appoint(self, post: str) -> str:
        """The token of somebody who now holds that post at the bureau."""
        body = {"name": f"示例·{post}", "unit": "QINGHE", "post": post}
        return str(self.told("POST", "/routing/officers", body)["token"])

    def register(self, title: str = "食堂饭菜不热") -> str:
        """Register an incident; returns its number."""
        body = {"title": title, "category": "伙食", "channel": "message_board"}
        return str(self.told("POST", "/intake/incidents", body)["number"])

    def settle(self) -> None:
        """Wait until everything has been applied everywhere."""
        self.told("POST", "/operations/settle")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of ``huiyin`` on this directory."""
        return starter.run(HUIYIN, *arguments, environment=self._environment())

    def said(self) -> str:
        """The end of what the processes logged."""
        return self._log.read_text()[-4000:]

    def _environment(self) -> dict[str, str]:
        others = {k: v for k, v in os.environ.items() if not k.startswith("HUIYIN_")}
        return others | {
            "HUIYIN_DATA": str(self.data),
            "HUIYIN_HTTP_PORT": "0",
            "HUIYIN_LOG_LEVEL": "warning",
        }


def wait_for(condition: Callable[[], bool], within: float = PATIENCE) -> None:
    """Return as soon as it holds; raises ``TimeoutError`` after so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s")
        time.sleep(0.01)
