"""Reading a pack file, and saying clearly what is wrong with it."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.errors import Invalid
from shared.policy.pack import LONGEST, Pack, PackFile

COUNTY_BASELINE = Path(__file__).parent / "packs" / "county-baseline.toml"
"""The rules that hold for every unit of a county."""

_KINDS = {"string_type": "文字", "int_type": "整数"}

_BARE = re.compile(r"[0-9A-Za-z_-]+")


def known_packs() -> dict[str, Path]:
    """The packs that come with the system, by id."""
    return {path.stem: path for path in sorted(COUNTY_BASELINE.parent.glob("*.toml"))}


def load_pack(path: Path) -> Pack:
    """Read a pack's file; raises Invalid ``pack.unreadable`` and what ``read_pack`` raises."""
    return read_pack(_bytes(path), str(path))


def read_pack(raw: bytes, place: str) -> Pack:
    """Read a pack from a file's bytes; ``place`` is what errors call the file.

    Raises Invalid ``pack.not-toml``, ``.unknown-key``, ``.missing-key``, ``.wrong-type``,
    ``.unknown-value``, ``.out-of-range`` or ``.malformed``; ``field`` is the key's path.
    """
    try:
        file = PackFile.model_validate(_toml(place, raw))
    except ValidationError as problem:
        raise _explained(place, problem.errors()[0]) from problem
    digest = hashlib.sha256(raw).hexdigest()
    return Pack(file.pack.id, file.pack.version, digest, file.duty)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Invalid(
            "pack.unreadable",
            f"读不到规则包 {path}（{problem.strerror}）。",
            "请核对路径, 并确认本程序有权读取。",
            "pack",
        ) from problem


def _toml(place: str, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode())
    except ValueError as problem:  # of the encoding or of the syntax
        raise Invalid(
            "pack.not-toml",
            f"规则包 {place} 不是 UTF-8 编码的 TOML 文件：{problem}。",
            "请按所示行列改正, 字符串要加引号。",
            "pack",
        ) from problem


def _explained(place: str, error: ErrorDetails) -> Invalid:
    key = _key(error["loc"])
    code, message, remedy = _told(error)
    return Invalid(code, f"规则包 {place} 中 {key}：{message}", remedy, key)


def _told(error: ErrorDetails) -> tuple[str, str, str]:
    """Code, what is wrong and what to do, by the kind of error."""
    given, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return "pack.unknown-key", "没有这个键。", "请改正拼写或删去, 本版本不认识它。"
        case "missing":
            return "pack.missing-key", "缺少这个键。", "请补上。"
        case "literal_error":
            choice = context["expected"].replace(" or ", ", ")
            return "pack.unknown-value", f"不认识的值“{given}”。", f"可以填写：{choice}。"
        case "greater_than_equal" | "less_than_equal":
            return "pack.out-of-range", f"{given} 不在范围内。", f"请填写 1 到 {LONGEST}。"
        case "string_pattern_mismatch":
            return "pack.malformed", f"“{given}”不合格式。", f"须符合 {context['pattern']} 。"
        case "string_too_short":
            return "pack.malformed", "不能为空。", "请填写。"
        case kind:
            wanted = _KINDS.get(kind, "表")
            advice = "文字要加引号, 整数不加引号和小数点, 表写作 [名称]。"
            return "pack.wrong-type", f"类型不对, 应为{wanted}。", advice


def _key(loc: tuple[int | str, ...]) -> str:
    """A key's path as TOML spells it, such as ``duty."B.T01".days``."""
    parts = [str(part) for part in loc if part != "[key]"]
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts)
