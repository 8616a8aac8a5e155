"""The data directory: what lies where, whose county it is, and that one process holds it."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from shared.contracts.catalogue import Contract
from shared.errors import Refused, Unavailable, Untrusted


class County(Contract):
    """Whose data this is: code (the node of its events), name, root unit, and if it is invented."""

    code: str
    name: str
    root: str
    demonstration: bool


class Serving(Contract):
    """Who holds the directory, and where it answers."""

    pid: int
    url: str | None


class DataDirectory:
    """Paths and lock of one data directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.token_file = path / "admin.token"
        self.nats = path / "nats"
        self.vault = path / "vault.db"
        self._county = path / "county.json"
        self._lock = path / "lock"

    @property
    def is_empty(self) -> bool:
        """Whether no county was made here yet."""
        return not self._county.exists()

    def county(self) -> County:
        """Whose data this is; raises Refused ``data.empty`` or Untrusted ``data.unreadable``."""
        if self.is_empty:
            raise Refused(
                "data.empty",
                f"数据目录 {self.path} 里还没有县域数据。",
                "请先运行 huiyin init --code 代码 --name 名称 建库, 或用 make run 查看演示。",
                "HUIYIN_DATA",
            )
        try:
            return County.model_validate_json(self._county.read_bytes())
        except ValidationError as problem:
            raise Untrusted(
                "data.unreadable",
                f"{self._county} 的内容不完整。",
                "请从备份恢复该文件。",
                "HUIYIN_DATA",
            ) from problem

    def found(self, county: County) -> None:
        """Note whose data this is, last of all when a county is made: before that it is empty."""
        draft = self._county.with_suffix(".draft")
        draft.write_text(county.model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.replace(draft, self._county)

    def keep_token(self, token: str) -> None:
        """Keep the first administrator's token for the command line, readable by its user only."""
        descriptor = os.open(self.token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(token + "\n")

    def token(self) -> str | None:
        """The first administrator's token, if this user may read it."""
        try:
            return self.token_file.read_text(encoding="utf-8").strip()
        except OSError:
            return None

    @contextmanager
    def held(self) -> Iterator[Callable[[str | None], None]]:
        """Hold the directory; gives what lets others know where the holder answers.

        Raises Unavailable ``data.in-use`` while another process holds it.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._lock, "a+", encoding="utf-8") as file:
            if not _taken(file):
                raise in_use(self.path, self.serving())
            says = partial(_say, file)
            says(None)
            try:
                yield says
            finally:
                file.truncate(0)

    def serving(self) -> Serving | None:
        """Who holds the directory now, or none."""
        try:
            with open(self._lock, encoding="utf-8") as file:
                if _is_free(file):
                    return None
                file.seek(0)
                return Serving.model_validate_json(file.read())
        except (OSError, ValidationError):
            return None


def _say(file: IO[str], url: str | None) -> None:
    """Write into the lock who holds it, and where the holder answers."""
    file.seek(0)
    file.truncate()
    json.dump({"pid": os.getpid(), "url": url}, file)
    file.flush()


def in_use(path: Path, by: Serving | None) -> Unavailable:
    """The error for a directory that another process holds."""
    who = f"（进程 {by.pid}{'，' + by.url if by.url else ''}）" if by else ""
    return Unavailable(
        "data.in-use",
        f"数据目录 {path} 正由另一个进程使用{who}。",
        "请先停止该进程, 或用环境变量 HUIYIN_DATA 指定另一个目录。",
        "HUIYIN_DATA",
    )


def _taken(file: IO[str]) -> bool:
    """Take the lock; somebody who only looks holds it for a moment, so try for a while."""
    deadline = time.monotonic() + 0.2
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _is_free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True
