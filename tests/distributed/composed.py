"""``docker-compose.yml`` read as Compose reads it, each container played by a local process."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml

from shared.messaging.server import dying_with_parent

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
STARTS_WITHIN = 180.0
"""Seconds in which a process is surely up, or has surely given up, however busy the machine is."""

STOPS_WITHIN = 30.0
"""Seconds in which a process that waits for nobody has surely ended."""

PROGRAMS = Path(sys.executable).parent
VARIABLES = {
    "HUIYIN_COUNTY": "QINGHE",
    "HUIYIN_COUNTY_NAME": "青禾县教育局",
    "HUIYIN_POSTGRES_PASSWORD": "5e00",
    "HUIYIN_NATS_TOKEN": "7e01",
}
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([?-])([^}]*))?\}")


def compose_file(variables: Mapping[str, str] = VARIABLES) -> dict[str, Any]:
    """The file with its variables filled in; KeyError names one that is needed and missing."""

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        if name is None:
            return "$"
        return variables.get(name, default) if kind == "-" else variables[name]

    def filled(node: Any) -> Any:
        match node:
            case str():
                return _VARIABLE.sub(value, node)
            case list():
                return [filled(each) for each in node]
            case dict():
                return {key: filled(each) for key, each in node.items()}
            case _:
                return node

    read: dict[str, Any] = filled(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))
    return read


@dataclass(frozen=True)
class Container:
    """A process that plays a container: where it answers and what it writes."""

    service: str
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def role(self) -> str | None:
        """Whether it is active or stands by; none while it does not answer."""
        try:
            answer = httpx2.get(f"http://127.0.0.1:{self.port}/health", timeout=2)
        except httpx2.TransportError:
            return None
        assert answer.json()["service"] == self.service
        return str(answer.json()["role"])

    @property
    def said(self) -> str:
        """Everything it wrote so far."""
        return self.log.read_text(encoding="utf-8")

    def __str__(self) -> str:
        return f"{self.service}: {self.said}"

    def takes(self, role: str, within: float) -> float:
        """Wait until it has this role; returns how many seconds it took."""
        return until(lambda: self.role == role, within, self)

    def says(self, words: str, within: float) -> None:
        """Wait until it has written this."""
        until(lambda: words in self.said, within, self)

    def stop(self) -> None:
        """End it in order; raises TimeoutExpired when it waits for somebody."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(STOPS_WITHIN)


class Machine:
    """One machine in place of the containers' network: each host and port is a free port of it."""

    def __init__(self, place: Path, postgres_url: str) -> None:
        self.compose = compose_file()
        self.running: list[Container] = []
        self.database = postgres_url
        self._place = place
        self._hosts = {
            "postgres:5432/huiyin": postgres_url.partition("@")[2],
            "nats:4222": f"127.0.0.1:{free_port()}",
        }

    def run(self, service: str) -> Container:
        """Run a service's command to its end, which must be good."""
        container = self.start(service)
        assert container.process.wait(STARTS_WITHIN) == 0, container
        return container

    def start(self, service: str, **instead: str) -> Container:
        """Start a service's command with its environment, in which some values may be replaced.

        Started again, it is one more replica.
        """
        what = self.compose["services"][service]
        port = free_port()
        log = self._place / f"{service}-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self._local(part, what) for part in what["command"]],
                env=self._environment(what, port) | instead,
                cwd=self._place,
                stdout=output,
                stderr=output,
                preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - safe, see there
            )
        self.running.append(Container(service, process, port, log))
        self._hosts.setdefault(f"{service}:8080", f"127.0.0.1:{port}")
        return self.running[-1]

    def restarted(self, service: str) -> Container:
        """Another process of a service, found under its name from now on."""
        another = self.start(service)
        self.finds(service, another)
        return another

    def finds(self, service: str, container: Container) -> None:
        """Let the proxy find this one under the service's name."""
        self._hosts[f"{service}:8080"] = f"127.0.0.1:{container.port}"

    def stop(self) -> None:
        """End everything, the broker last."""
        for container in sorted(self.running, key=lambda each: each.service == "nats"):
            container.stop()

    def proxied(self, path: str) -> str:
        """Where the proxy sends a request for this path."""
        routes = re.findall(r"handle(?: (/\w+/)\*)? \{\s*import room (\S+)", self._config("proxy"))
        prefixes = {prefix: host for prefix, host in routes if path.startswith(prefix)}
        return f"http://{self._hosts[prefixes[max(prefixes, key=len)]]}{path}"

    def volume(self, name: str) -> Path:
        """What stands for a named volume."""
        assert name in self.compose["volumes"]
        path = self._place / name
        path.mkdir(exist_ok=True)
        return path

    def _environment(self, what: dict[str, Any], port: int) -> dict[str, str]:
        """What the file says and nothing else, at a port of its own."""
        said = {
            name: self._local(value, what) for name, value in what.get("environment", {}).items()
        }
        path = f"{PROGRAMS}{os.pathsep}{os.defpath}"
        return said | {"HUIYIN_HTTP_HOST": "127.0.0.1", "HUIYIN_HTTP_PORT": str(port), "PATH": path}

    def _local(self, text: str, what: dict[str, Any]) -> str:
        """The text with hosts, mounted volumes and mounted configs where they are here."""
        for host, here in self._hosts.items():
            text = text.replace(host, here)
        for volume in what.get("volumes", []):
            name, path = volume.split(":")[:2]
            text = re.sub(rf"{re.escape(path)}(?=[/\"]|$)", str(self.volume(name)), text)
        for config in what.get("configs", []):
            if config["target"] in text:
                text = text.replace(config["target"], str(self._written(config["source"], what)))
        return text

    def _written(self, name: str, what: dict[str, Any]) -> Path:
        text = self._config(name).replace("0.0.0.0:4222", self._hosts["nats:4222"])
        text = text.replace("127.0.0.1:8222", f"127.0.0.1:{free_port()}")
        path = self._place / f"{name}.conf"
        path.write_text(self._local(text, what | {"configs": []}), encoding="utf-8")
        return path

    def _config(self, name: str) -> str:
        return str(self.compose["configs"][name]["content"])


class Proxy:
    """What the county's people reach: one address, one officer's token."""

    def __init__(self, machine: Machine, token: str) -> None:
        self._machine = machine
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **params: str) -> Any:
        """An answer to a question, which must succeed."""
        return self._answer("GET", path, params=params)

    def post(self, path: str, after: str | None = None, **body: Any) -> Any:
        """A command's answer, which must succeed."""
        params = {"after": after} if after else {}
        return self._answer("POST", path, json=body, params=params)

    def send(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """A request, however it may be answered."""
        url = self._machine.proxied(path)
        return httpx2.request(method, url, headers=self._headers, timeout=40, **given)

    def settle(self) -> None:
        """Until everything up to here can be seen everywhere."""
        self.post("/operations/settle")

    def _answer(self, method: str, path: str, **given: Any) -> Any:
        response = self.send(method, path, **given)
        assert response.is_success, response.text
        return response.json() if response.content else None


def until(state: Callable[[], bool], within: float, otherwise: object = "") -> float:
    """Wait until it comes about; returns how many seconds it took."""
    began = time.monotonic()
    while not state():
        assert time.monotonic() - began < within, str(otherwise)
        time.sleep(0.02)
    return time.monotonic() - began


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
