"""Reading a pack's file: from its bytes to its rules, or every complaint with its place."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.documents import Complaint, Spot, place_in_error, place_of
from shared.errors import HuiyinError, Invalid
from shared.policy.language.checking import check
from shared.policy.language.comparing import check_against_parent
from shared.policy.language.pack import Pack, PackFile
from shared.policy.language.patterns import Malformed

PACKS = Path(__file__).parent.parent / "packs"
"""The packs that the project ships."""

COUNTY_BASELINE = PACKS / "county-baseline.toml"
"""The rules that hold for every unit of a county."""

Chosen = Mapping[str, str | int]

_KINDS = {
    "string_type": "文字",
    "int_type": "整数",
    "bool_type": "true 或 false",
    "date_type": "日期（不加引号, 如 2026-01-01）",
}


def load_pack(path: Path, params: Chosen | None = None) -> Pack:
    """Read a pack and what it inherits.

    Raises Invalid ``pack.*`` with the first complaint; ``field`` is the key's path.
    """
    return _usable(path, *examine(path, params))


def read_pack(text: str, place: str, params: Chosen | None = None) -> Pack:
    """Read a pack from a file's text; ``place`` is what errors call the file.

    Raises as ``load_pack``.
    """
    file = Path(place)
    return _usable(file, *_examined(*_lineage(text, file, ()), params))


def _usable(file: Path, pack: Pack | None, complaints: Sequence[Complaint]) -> Pack:
    if complaints:
        raise complaints[0].as_error(file)
    assert pack is not None
    return pack


def known_packs() -> dict[str, Path]:
    """The packs that are shipped, by their id, which is the name of the file."""
    return {path.stem: path for path in sorted(PACKS.glob("*.toml"))}


@cache
def shipped_packs() -> Mapping[str, Path]:
    """The packs that are shipped, by id and by the number of their source, such as ``001-2``."""
    known = known_packs()
    headings = {path: _heading(path.read_text(encoding="utf-8")) for path in known.values()}
    numbered = {heading["seed"]: path for path, heading in headings.items() if "seed" in heading}
    return {**numbered, **known}


def find_pack(name: str) -> Path:
    """The file of a shipped pack, by its id or the number of its source, or the file of that name.

    Raises Invalid ``pack.unknown``.
    """
    if name in shipped_packs():
        return shipped_packs()[name]
    if Path(name).is_file():
        return Path(name)
    said = f"没有名为“{name}”的规则包, 也没有这个文件。"
    remedy = "请用 huiyin pack list 查看可用的规则包, 或给出文件路径。"
    raise Invalid("pack.unknown", said, remedy, "pack")


def examine(path: Path, params: Chosen | None = None) -> tuple[Pack | None, list[Complaint]]:
    """The pack, or none if it cannot be used, and everything that is wrong with it.

    Raises Invalid ``pack.unreadable``.
    """
    return _examined(*_texts(path, ()), params)


def _examined(
    texts: Sequence[str], complaints: Sequence[Complaint], params: Chosen | None
) -> tuple[Pack | None, list[Complaint]]:
    if not texts:
        return None, [*complaints]
    pack, more = build(texts, params)
    return (None if complaints else pack), [*complaints, *more]


def build(
    texts: Sequence[str], params: Chosen | None = None
) -> tuple[Pack | None, list[Complaint]]:
    """The pack of a file's text, and of those it adds to, nearest first.

    ``params`` are its own by name, and those of a pack it adds to as ``<id>.<name>``.
    """
    pack, complaints = _built(tuple(texts), json.dumps(dict(params or {})))
    return pack, [*complaints]


@lru_cache(256)
def _built(texts: tuple[str, ...], chosen: str) -> tuple[Pack | None, Sequence[Complaint]]:
    """As ``build``; the same texts make the same pack, which is asked for again and again."""
    params, text = json.loads(chosen), texts[0]
    parent, above = build(texts[1:], _of_those_above(params)) if len(texts) > 1 else (None, [])
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        return None, [_not_toml(problem)]
    file, complaints = _file(given, text, _own(given, params))
    if file is None:
        return None, complaints
    pack = Pack(file, texts, parent, params)
    complaints += [each.inherited() for each in above]
    complaints += [
        each.at(place_of(text, each.path)) for each in (*check(pack), *check_against_parent(pack))
    ]
    return (None if complaints else pack), complaints


def _of_those_above(params: Chosen) -> Chosen:
    return {name: value for name, value in params.items() if "." in name}


def _own(given: dict[str, Any], params: Chosen) -> Chosen:
    heading = given.get("pack")
    prefix = f"{heading.get('id') if isinstance(heading, dict) else ''}."
    named = {name.removeprefix(prefix): value for name, value in params.items()}
    return {name: value for name, value in named.items() if "." not in name}


def texts_of(text: str) -> tuple[list[str], list[Complaint]]:
    """A pack's text and those of the shipped packs that it adds to, nearest first.

    It can add to no other file of this machine: the text may come from anywhere.
    """
    wanted = _heading(text).get("extends")
    if isinstance(wanted, str) and wanted not in known_packs():
        said = f"没有随附名为“{wanted}”的规则包。"
        remedy = "请用 huiyin pack list 查看可继承的规则包。"
        return [text], [_of_parent(text, "pack.unknown", said, remedy)]
    return _lineage(text, PACKS / "given.toml", ())


def id_of(text: str) -> str:
    """The id of the pack that a text is, or nothing where it cannot be read."""
    return str(_heading(text).get("id", ""))


def _heading(text: str) -> dict[str, Any]:
    """What a pack says of itself, as far as that can be read."""
    try:
        heading = tomllib.loads(text).get("pack")
    except tomllib.TOMLDecodeError:
        return {}
    return heading if isinstance(heading, dict) else {}


def _texts(path: Path, below: Sequence[str]) -> tuple[list[str], list[Complaint]]:
    """The texts of a file and of those it adds to, nearest first, as far as they can be found."""
    try:
        text = path.read_bytes().decode()
    except OSError as problem:
        said = f"读不到规则包 {path}（{problem.strerror}）。"
        remedy = "请核对路径, 并确认本程序有权读取。"
        raise Invalid("pack.unreadable", said, remedy, "pack") from problem
    except ValueError as problem:
        return [], [_not_toml(problem)]
    return _lineage(text, path, below)


def _lineage(text: str, path: Path, below: Sequence[str]) -> tuple[list[str], list[Complaint]]:
    heading = _heading(text)  # what cannot be read is told when it is built
    wanted, own = heading.get("extends"), str(heading.get("id"))
    if not isinstance(wanted, str):
        return [text], []
    if wanted in (own, *below):
        said = f"继承绕成了圈：{' → '.join((*below, own, wanted))}。"
        return [text], [_of_parent(text, "pack.circular", said, "请去掉其中一处 extends。")]
    try:
        beside = path.with_name(f"{wanted}.toml")
        above, complaints = _texts(beside if beside.is_file() else find_pack(wanted), (*below, own))
    except HuiyinError as problem:
        return [text], [_of_parent(text, problem.code, problem.message, problem.remedy)]
    return [text, *above], complaints


def _of_parent(text: str, code: str, message: str, remedy: str) -> Complaint:
    """What is wrong with the pack that a text adds to."""
    path = ("pack", "extends")
    return Complaint(code, path, message, remedy, place_of(text, path))


def _file(
    given: dict[str, Any], text: str, params: Chosen
) -> tuple[PackFile | None, list[Complaint]]:
    try:
        file = PackFile.model_validate(_filled(given, params))
    except Invalid as problem:
        return None, [Complaint(problem.code, ("params",), problem.message, problem.remedy)]
    except ValidationError as problem:
        told = [_explained(error) for error in problem.errors()]
        return None, [each.at(place_of(text, each.path)) for each in told]
    return file, []


def _filled(given: Any, params: Chosen) -> Any:
    """The same with every ``"$name"`` replaced by the parameter's value."""
    declared = given.get("params", {}) if isinstance(given, dict) else {}
    for name in params:
        if name not in declared:
            raise _unknown_parameter(name, declared)
        choices = declared[name].get("of")
        if choices is not None and params[name] not in choices:
            said = f"参数 {name} 不能取“{params[name]}”。"
            remedy = f"可以取：{'、'.join(map(str, choices))}。"
            raise Invalid("pack.parameter-value", said, remedy, name)
    values = {name: params.get(name, each.get("default")) for name, each in declared.items()}
    rest = {key: _replaced(value, values) for key, value in given.items() if key != "params"}
    return rest | ({"params": declared} if declared else {})


def _replaced(given: Any, values: Mapping[str, Any]) -> Any:
    match given:
        case str() if given.startswith("$"):
            if given[1:] not in values:
                raise _unknown_parameter(given[1:], values)
            return values[given[1:]]
        case dict():
            return {key: _replaced(value, values) for key, value in given.items()}
        case list():
            return [_replaced(value, values) for value in given]
        case _:
            return given


def _unknown_parameter(name: str, declared: Mapping[str, Any]) -> Invalid:
    said = f"没有参数“{name}”。"
    remedy = f"已声明的参数：{'、'.join(declared) or '无'}；新参数请在 [params.{name}] 中声明。"
    return Invalid("pack.unknown-parameter", said, remedy, name)


def _not_toml(problem: ValueError) -> Complaint:
    place = place_in_error(problem) if isinstance(problem, tomllib.TOMLDecodeError) else None
    if "Cannot declare" in str(problem) or "Cannot overwrite" in str(problem):
        remedy = "请改成不同的编号；一条规则要分几款的, 在编号后加 /一个英文名。"
        return Complaint("pack.declared-twice", (), "同一个编号或键写了两次。", remedy, place)
    said = f"不是 UTF-8 编码的 TOML 文件：{problem}。"
    remedy = "请按所示行列改正, 字符串要加引号。"
    return Complaint("pack.not-toml", (), said, remedy, place or Spot(1, 1))


def _explained(error: ErrorDetails) -> Complaint:
    path = tuple(str(part) for part in error["loc"] if part != "[key]")
    code, message, remedy = _told(error)
    return Complaint(code, path, message, remedy)


_FAULTS = {
    "extra_forbidden": ("unknown-key", "没有这个键。", "请改正拼写或删去, 本版本不认识它。"),
    "missing": ("missing-key", "缺少这个键。", "请补上。"),
    "literal_error": ("unknown-value", "不认识的值“{given}”。", "可以填写：{expected}。"),
    "greater_than_equal": ("out-of-range", "{given} 不在范围内。", "界限为 {ge}。"),
    "less_than_equal": ("out-of-range", "{given} 不在范围内。", "界限为 {le}。"),
    "string_pattern_mismatch": ("malformed", "“{given}”不合格式。", "须符合 {pattern} 。"),
    "string_too_short": ("malformed", "不能为空。", "请填写。"),
    "too_short": ("malformed", "不能为空。", "请填写。"),
}
"""Code, what is wrong and what to do, by pydantic's kind of error; braces hold what it tells."""


def _told(error: ErrorDetails) -> tuple[str, str, str]:
    """Code, what is wrong and what to do."""
    context = {"given": error["input"], **error.get("ctx", {})}
    problem = context.get("error")
    if isinstance(problem, HuiyinError):
        return problem.code, problem.message, problem.remedy
    if problem:
        kind = problem if isinstance(problem, Malformed) else Malformed
        return kind.code, f"{str(problem).rstrip('。')}。", kind.remedy
    if error["type"] not in _FAULTS:
        wanted = _KINDS.get(error["type"], "表或列表")
        advice = "文字要加引号, 整数不加引号和小数点, 表写作 [名称]。"
        return "pack.wrong-type", f"类型不对, 应为{wanted}。", advice
    context["expected"] = context.get("expected", "").replace(" or ", ", ")
    code, said, remedy = _FAULTS[error["type"]]
    return f"pack.{code}", said.format_map(context), remedy.format_map(context)
