"""What a room needs to be told before it can run by itself."""

from dataclasses import dataclass

from shared.errors import Invalid, Unknown
from shared.messaging.topology import SERVICES
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Which room runs here, for which county (the node of its events), and on what it rests."""

    service: str
    county: str
    database: str
    nats_url: str

    @classmethod
    def of(cls, service: str, settings: Settings) -> "Place":
        """Read it from the settings.

        Raises Unknown ``room.unknown``, Invalid ``settings.missing`` or ``settings.database``. The
        wrapping key must be there: only founding a county makes one. A key made here would open
        nothing, and in a container it would be gone with the container.
        """
        if service not in SERVICES:
            raise unknown_room(service)
        if not settings.wrapping_key.exists():
            raise _missing("HUIYIN_WRAPPING_KEY", "huiyin init 所生成的主密钥文件的路径")
        return cls(
            service,
            _given("HUIYIN_COUNTY", settings.county, "建库时的县域代码, 例如 QINGHE"),
            _postgres(_given("HUIYIN_DATABASE", settings.database, "postgresql:// 地址")),
            _given("HUIYIN_NATS_URL", settings.nats_url, "NATS 地址, 例如 nats://令牌@主机:4222"),
        )


def unknown_room(name: str) -> Unknown:
    """The error for a room that does not exist."""
    return Unknown(
        "room.unknown", f"没有名为“{name}”的服务。", f"可用：{'、'.join(SERVICES)}。", "room"
    )


def _given(variable: str, value: str | None, what: str) -> str:
    if value is None:
        raise _missing(variable, what)
    return value


def _postgres(url: str) -> str:
    if url.startswith("postgresql://"):
        return url
    raise Invalid(
        "settings.database",
        "单独运行的服务需要 PostgreSQL 数据库。",
        "请把环境变量 HUIYIN_DATABASE 设为 postgresql://用户:口令@主机:5432/库名。",
        "HUIYIN_DATABASE",
    )


def _missing(variable: str, what: str) -> Invalid:
    return Invalid(
        "settings.missing",
        f"单独运行一个服务需要环境变量 {variable}, 现在没有设置, 或所指的文件不存在。",
        f"请把 {variable} 设为{what}；在一台机器上全部运行请用 huiyin up。",
        variable,
    )
