"""The doctor (体检): how every room is, what is wrong, and what to do about it."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from shared.clock import shown
from shared.contracts.catalogue import Contract
from shared.messaging.barrier import lagging
from shared.messaging.status import RoomStatus

LITTLE_DISK = 1024**3
"""Free bytes below which the disk is worth a warning."""

SKEW = timedelta(seconds=2)
LATE_WATERMARK = timedelta(seconds=30)


class Finding(Contract):
    """Something to know about: how grave, where, what, and what to do."""

    level: Literal["error", "warning"]
    place: str
    message: str
    remedy: str


class Report(Contract):
    """How the county is; ``healthy`` unless something is an error."""

    healthy: bool
    running: bool
    free_bytes: int
    rooms: tuple[RoomStatus, ...]
    findings: tuple[Finding, ...]


def examine(
    rooms: Sequence[RoomStatus], data: Path, *, running: bool, wrapping_key: Path
) -> Report:
    """Look at everything and say what to do."""
    free = shutil.disk_usage(data).free
    now = datetime.now(UTC)
    findings = [
        *_halted(rooms),
        *_parked(rooms),
        *_lag(rooms, running=running),
        *_clocks(rooms, now),
        *(_watermarks(rooms, now) if running else ()),
        *_disk(free),
        *_keys(data, wrapping_key),
    ]
    healthy = all(finding.level != "error" for finding in findings)
    return Report(
        healthy=healthy,
        running=running,
        free_bytes=free,
        rooms=tuple(rooms),
        findings=tuple(findings),
    )


def _halted(rooms: Sequence[RoomStatus]) -> Iterator[Finding]:
    for room in rooms:
        for halt in room.halts:
            place = f"{room.service} {halt.part}"
            yield Finding(
                level="error", place=place, message=f"已停下：{halt.message}", remedy=halt.remedy
            )


def _parked(rooms: Sequence[RoomStatus]) -> Iterator[Finding]:
    for room in rooms:
        for parked in room.parked:
            yield Finding(
                level="error",
                place=f"{room.service}<{parked.upstream}:{parked.position}",
                message=f"搁置 {parked.events} 条（{parked.type}）：{parked.reason}",
                remedy=f"修复原因后运行 huiyin release {room.service} {parked.matter}。",
            )


def _lag(rooms: Sequence[RoomStatus], *, running: bool) -> Iterator[Finding]:
    remedy = "运行中会自动追上；持续不降请看停顿与日志。" if running else "启动后会自动追上。"
    for name, lag in lagging(rooms).items():
        yield Finding(level="warning", place=name, message=f"落后 {lag} 条", remedy=remedy)


def _clocks(rooms: Sequence[RoomStatus], now: datetime) -> Iterator[Finding]:
    for room in rooms:
        skew = (room.clock or now) - now
        if abs(skew) > SKEW:
            said = f"时钟相差 {skew.total_seconds():.1f} 秒"
            yield Finding(
                level="error", place=room.service, message=said, remedy="请校准各机时钟（NTP）。"
            )
        if room.recorded_until and room.recorded_until - now > SKEW:
            yield Finding(
                level="error",
                place=room.service,
                message=f"已有记录的时间（{shown(room.recorded_until)}）晚于现在",
                remedy="请校准时钟；若曾误调到将来, 到该时间后即自动恢复, 其间只读。",
            )


def _watermarks(rooms: Sequence[RoomStatus], now: datetime) -> Iterator[Finding]:
    for room in rooms:
        for name, upstream in room.upstreams.items():
            at = upstream.complete_to
            if at is not None and now - at > LATE_WATERMARK:
                yield Finding(
                    level="warning",
                    place=f"{room.service}<{name}",
                    message=f"完整至 {shown(at)}, 已久未更新",
                    remedy=f"请查看 {name} 是否在运行、是否停顿。",
                )


def _disk(free: int) -> Iterator[Finding]:
    if free < LITTLE_DISK:
        said = f"磁盘只剩 {free // 1024**2} MB"
        yield Finding(level="warning", place="disk", message=said, remedy="请尽快腾出空间。")


def _keys(data: Path, wrapping_key: Path) -> Iterator[Finding]:
    if wrapping_key.resolve().is_relative_to(data.resolve()):
        yield Finding(
            level="warning",
            place="keys",
            message="主密钥与数据在同一目录, 备份会把两者放在一起",
            remedy="请把它移到别处, 并用 HUIYIN_WRAPPING_KEY 指明。",
        )
