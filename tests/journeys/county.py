"""A county as its people meet it: the real command line, and the real HTTP address."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.support import starter
from tests.support.sizes import PATIENCE
from tests.support.starter import HUIYIN, Started

PROGRAM = Path(sys.executable).parent / "huiyin"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """What a command left behind: exit status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The output of ``--format json``, which must be exactly one JSON array of objects."""
        rows = json.loads(self.out)
        assert isinstance(rows, list), self.out
        assert all(isinstance(row, dict) for row in rows), self.out
        return rows


@dataclass(frozen=True)
class County:
    """A data directory; ``tokens`` are those of the officers appointed in it, by a short name."""

    data: Path
    tokens: Mapping[str, str] = field(default_factory=dict)

    def run(self, *command: str | Path, by: str | None = None) -> Done:
        """One ``huiyin`` command, as the administrator or as an officer."""
        done = starter.run(HUIYIN, *command, environment=self._environment(by))
        return Done(done.returncode, done.stdout, done.stderr)

    def done(self, *command: str | Path, by: str | None = None) -> list[dict[str, Any]]:
        """The rows that a command prints, which must succeed."""
        done = self.run(*command, "--format", "json", by=by)
        assert done.status == 0, done
        return done.rows

    def copy(self, to: Path) -> "County":
        """Another county with the same past, to be spoilt; this one must not be running."""
        shutil.copytree(self.data, to)
        return County(to, self.tokens)

    @contextmanager
    def up(self) -> Iterator["Served"]:
        """The county as ``huiyin up`` serves it, on any free port, while the block lasts."""
        with open(self.data.with_suffix(".log"), "a", encoding="utf-8") as log:
            process = starter.start(
                HUIYIN,
                "up",
                environment=self._environment(None),
                out=log,
                err=log,
                death=signal.SIGTERM,
            )
            try:
                with httpx2.Client(base_url=self._address(process), timeout=PATIENCE) as client:
                    yield Served(self, client)
            finally:
                process.terminate()
                process.wait(PATIENCE)

    def token(self, by: str | None) -> str:
        """An officer's token; the administrator's without a name."""
        if by is None:
            return (self.data / "admin.token").read_text(encoding="utf-8").strip()
        return self.tokens[by]

    def _environment(self, by: str | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
        token = {} if by is None else {"HUIYIN_TOKEN": self.tokens[by]}
        return kept | {"HUIYIN_DATA": str(self.data), "HUIYIN_HTTP_PORT": "0"} | token

    def _address(self, process: Started) -> str:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if url := _announced(self.data / "lock", process.pid):
                return url
            time.sleep(0.01)
        raise RuntimeError(self.data.with_suffix(".log").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Served:
    """A running county's HTTP interface."""

    county: County
    client: httpx2.Client

    def get(self, path: str, by: str | None = None, **params: str) -> httpx2.Response:
        """A question."""
        return self.client.get(path, params=params, headers=self._as(by))

    def post(
        self,
        path: str,
        by: str | None = None,
        *,
        key: str | None = None,
        after: str | None = None,
        **body: Any,
    ) -> httpx2.Response:
        """A command with a JSON body, perhaps under an Idempotency-Key or relying on a position."""
        headers = self._as(by) | ({"Idempotency-Key": key} if key else {})
        params = {"after": after} if after else {}
        return self.client.post(path, json=body, headers=headers, params=params)

    def send(self, path: str, body: bytes) -> httpx2.Response:
        """A request whose body is these very bytes, whatever they are."""
        headers = self._as(None) | {"Content-Type": "application/json"}
        return self.client.post(path, content=body, headers=headers)

    def told(self, path: str, by: str | None = None, **body: Any) -> dict[str, Any]:
        """What a command is answered, which must succeed."""
        response = self.post(path, by, **body)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def draft(self, case: str) -> str:
        """The draft of an incident that was made last."""
        response = self.get(case)
        assert response.is_success, response.text
        return str(response.json()["drafts"][-1]["draft"])

    def does(self, case: str, act: str, by: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One of the steps from grading to closing; what is done with a draft, with the last."""
        named = {"draft": self.draft(case)} if act in ("approve", "publish") else {}
        return self.told(f"{case}/{act}", by, **body, **named)

    def row(self, number: str) -> dict[str, Any]:
        """An incident's row of the ledger, once everything up to here can be seen."""
        self.settle()
        [row] = [row for row in self.get("/reporting/ledger").json() if row["number"] == number]
        assert isinstance(row, dict)
        return row

    def settle(self) -> None:
        """Until everything up to here can be seen everywhere."""
        self.client.post("/operations/settle", headers=self._as(None)).raise_for_status()

    def _as(self, by: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.county.token(by)}"}


def code(response: httpx2.Response) -> tuple[int, str]:
    """How a refused request was answered: HTTP status and the error's code."""
    problem = response.json()
    assert set(problem) == {"code", "message", "field", "remedy", "rules"}, problem
    assert problem["message"], problem
    return response.status_code, problem["code"]


def _announced(lock: Path, pid: int) -> str | None:
    try:
        said = json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    url: str | None = said["url"] if said["pid"] == pid else None
    return url
