"""Durations (temporary)."""
import re
from dataclasses import dataclass
_ISO = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
@dataclass(frozen=True, slots=True, order=True)
class Duration:
    months: int = 0
    days: int = 0
    minutes: int = 0
def read_duration(text: str) -> Duration:
    m = _ISO.fullmatch(text) if isinstance(text, str) else None
    if not m or not any(m.groups()):
        raise ValueError(f"时长“{text}”不合格式")
    y, mo, w, d, h, mi = (int(g or 0) for g in m.groups())
    return Duration(y * 12 + mo, w * 7 + d, h * 60 + mi)
