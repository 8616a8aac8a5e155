"""Settings from the environment, with safe defaults for one machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import Invalid
from shared.logs import LogFormat


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and who may reach them.

    ``database`` and ``nats_url`` are none in the embedded default (SQLite files and an own
    nats-server in ``data``). ``county`` names the node when a service runs by itself. ``url`` lets
    the command line use a system that runs elsewhere. ``little_disk`` is the number of free bytes
    below which the disk is worth a warning.
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
    log_format: LogFormat
    little_disk: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read ``HUIYIN_*``; raises Invalid ``settings.*``."""
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
            log_format=_log_format(environment.get("HUIYIN_LOG_FORMAT") or "json"),
            little_disk=_megabytes(environment.get("HUIYIN_LITTLE_DISK_MB") or "1024"),
        )


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    said = f"端口“{text}”不是 0 到 65535 的整数。"
    remedy = "请改正环境变量 HUIYIN_HTTP_PORT。"
    raise Invalid("settings.http-port", said, remedy, "HUIYIN_HTTP_PORT")


def _log_format(text: str) -> LogFormat:
    if text == "json":
        return "json"
    if text == "text":
        return "text"
    remedy = "请把环境变量 HUIYIN_LOG_FORMAT 设为 json 或 text。"
    raise Invalid("settings.log-format", f"日志格式“{text}”不能用。", remedy, "HUIYIN_LOG_FORMAT")


def _megabytes(text: str) -> int:
    if text.isdecimal():
        return int(text) * 1024**2
    remedy = "请把环境变量 HUIYIN_LITTLE_DISK_MB 设为整数, 例如 1024。"
    raise Invalid("settings.little-disk", f"“{text}”不是 MB 数。", remedy, "HUIYIN_LITTLE_DISK_MB")
