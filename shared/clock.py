"""Time as a dependency: services take a clock, so that drills can run in simulated time.

Moments are aware; tables keep them as whole microseconds since 1970 (UTC).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from shared.errors import Invalid, Unavailable

Clock = Callable[[], datetime]
"""Returns the present moment as an aware UTC datetime."""

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Where people read time. China has had one zone without summer time since 1992."""

UNSHOWN = "（无法显示："
"""How the mark begins of what cannot be shown."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

_MICRO = timedelta(microseconds=1)


def system_clock() -> datetime:
    """The machine's wall clock, in UTC."""
    return datetime.now(UTC)


def since_boot() -> float:
    """Seconds since the machine started, suspension included where the system tells."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def unshown(why: str) -> str:
    """What stands where something cannot be shown: one field is spoilt, and nothing else."""
    return f"{UNSHOWN}{why}）"


def shown(moment: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment as people here read it: ``2026-03-02 14:10:00``, Asia/Shanghai.

    One that is none here, at the very end of all dates, is marked as such.
    """
    try:
        return moment.astimezone(SHANGHAI).strftime(form)
    except (OverflowError, ValueError):
        return unshown(moment.isoformat())


def shown_limit(moment: datetime) -> str:
    """A limit as people say it: the end of a day is its 24:00, not 00:00 of the next."""
    try:
        local = moment.astimezone(SHANGHAI)
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            return (local - timedelta(days=1)).strftime("%Y-%m-%d 24:00")
    except (OverflowError, ValueError):
        return unshown(moment.isoformat())
    return shown(moment, "%Y-%m-%d %H:%M")


def shown_span(seconds: int) -> str:
    """A duration as people say it, in its two largest units: ``12天3小时``, ``4小时10分``."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    parts = [(days, "天"), (hours, "小时"), (rest // 60, "分"), (rest % 60, "秒")]
    first = next((place for place, (count, _) in enumerate(parts) if count), 3)
    said = "".join(f"{count}{unit}" for count, unit in parts[first : first + 2] if count)
    return said or "0秒"


def read_moment(text: str, *, field: str) -> datetime:
    """A moment as people write it, in UTC: ``2026-03-02 14:10``, ISO 8601, or a date.

    Without an offset it is Asia/Shanghai; a date alone means its end (24:00). Raises Invalid
    ``time.unreadable``.
    """
    try:
        if len(text.strip()) == len("2026-03-02"):
            day = datetime.fromisoformat(text.strip()).replace(tzinfo=SHANGHAI)
            return (day + timedelta(days=1, microseconds=-1)).astimezone(UTC)
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise unreadable_moment(text, field) from problem


def unreadable_moment(text: str, field: str) -> Invalid:
    """The error for a time that cannot be read."""
    remedy = "请写成 2026-03-02 14:10 或 2026-03-02T14:10:00+08:00；不写时区按北京时间。"
    return Invalid("time.unreadable", f"时间“{text}”看不懂。", remedy, field)


class SteadyClock:
    """The wall clock, refused when it jumps while the process runs.

    It is compared with the machine's time since boot, which nobody can set and which counts
    through suspension. Raises Unavailable ``clock.jumped`` from the first jump on: what was
    recorded after it could not be trusted.
    """

    def __init__(
        self,
        wall: Clock = system_clock,
        since_boot: Callable[[], float] = since_boot,
        tolerance: timedelta = timedelta(seconds=60),
    ) -> None:
        self._wall = wall
        self._since_boot = since_boot
        self._tolerance = tolerance
        self._started = (wall(), since_boot())
        self._jumped: datetime | None = None

    def __call__(self) -> datetime:
        now = self._wall()
        moment, boot = self._started
        expected = moment + timedelta(seconds=self._since_boot() - boot)
        if self._jumped or abs(now - expected) > self._tolerance:
            self._jumped = self._jumped or now
            said = f"本机时钟突然变动：应为 {shown(expected)}, 现为 {shown(now)}, 暂停登记。"
            remedy = "请校准时钟（建议启用 NTP）, 确认无误后重新启动本系统。"
            raise Unavailable("clock.jumped", said, remedy)
        return now


class SimulatedClock:
    """A clock that stands still until it is moved on, for rehearsals and invented histories."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move on; a moment that has passed changes nothing."""
        self._now = max(self._now, moment)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment; exact."""
    return (moment - _EPOCH) // _MICRO


def from_micros(micros: int) -> datetime:
    """The UTC moment of so many microseconds since 1970; OverflowError beyond all dates."""
    return _EPOCH + micros * _MICRO


def nearest(micros: int) -> datetime:
    """The same for what is shown: beyond all dates the first or last, and nothing fails."""
    try:
        return from_micros(micros)
    except OverflowError:
        return _LAST if micros > 0 else _FIRST
