"""Settings from the environment, with safe defaults for one machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import Invalid


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and who may reach them.

    ``database`` and ``nats_url`` are none in the embedded default (SQLite files and an own
    nats-server in ``data``). ``county`` names the node when a service runs by itself. ``url`` lets
    the command line use a system that runs elsewhere.
    """

    data: Path
    http_host: str
    http_port: int
    database: str | None
    nats_url: str | None
    wrapping_key: Path
    county: str | None
    token: str | None
    url: str | None
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read ``HUIYIN_*``; raises Invalid ``settings.http-port``."""
        data = Path(environment.get("HUIYIN_DATA") or "data")
        key = environment.get("HUIYIN_WRAPPING_KEY")
        return cls(
            data=data,
            http_host=environment.get("HUIYIN_HTTP_HOST") or "127.0.0.1",
            http_port=_port(environment.get("HUIYIN_HTTP_PORT") or "8080"),
            database=environment.get("HUIYIN_DATABASE") or None,
            nats_url=environment.get("HUIYIN_NATS_URL") or None,
            wrapping_key=Path(key) if key else data / "keys" / "wrapping.key",
            county=environment.get("HUIYIN_COUNTY") or None,
            token=environment.get("HUIYIN_TOKEN") or None,
            url=environment.get("HUIYIN_URL") or None,
            log_level=environment.get("HUIYIN_LOG_LEVEL") or "info",
        )


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    raise Invalid(
        "settings.http-port",
        f"端口“{text}”不是 0 到 65535 的整数。",
        "请改正环境变量 HUIYIN_HTTP_PORT。",
        "HUIYIN_HTTP_PORT",
    )
