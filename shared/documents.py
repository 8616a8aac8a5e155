"""Documents that people write (文件): YAML drills and TOML packs, read with their places.

Whatever is wrong with one is a complaint with line, sentence and remedy; all of them are told at
once. YAML is read so that every scalar is text: YAML itself would make 17:30 a number, ``on`` a
truth value and a day a date.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

from shared.errors import Invalid

T = TypeVar("T")

_BARE = re.compile(r"[0-9A-Za-z_-]+")
_HEADER = re.compile(r"^\s*\[\[?(?P<name>.*?)\]\]?\s*(#.*)?$")
_ENTRY = re.compile(
    r"""^\s*(?P<key>("[^"]*"|'[^']*'|[0-9A-Za-z_-]+)(\s*\.\s*("[^"]*"|'[^']*'|[0-9A-Za-z_-]+))*)\s*="""
)
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([0-9A-Za-z_-]+))\s*(?:\.|$)""")


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a document, and a column where it is known, both counted from 1."""

    line: int
    column: int | None = None
    file: str = ""

    def __str__(self) -> str:
        column = "" if self.column is None else f"第 {self.column} 列"
        return f"{self.file} 第 {self.line} 行{column}".lstrip()


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a document.

    ``path`` is the path of the key from the top of the document, if it is told by keys at all.
    """

    code: str
    path: Sequence[str] | None
    message: str
    remedy: str
    place: Spot | None = None

    def at(self, place: Spot) -> "Complaint":
        """The same, with where it stands."""
        return replace(self, place=place)

    def inherited(self) -> "Complaint":
        """The same, said of the pack that is inherited; it stands in another file."""
        return replace(self, message=f"所继承的规则包：{self.message}", place=None)

    @property
    def key(self) -> str:
        """The key's path as TOML spells it, such as ``duty."B.T01".days``."""
        parts = self.path or ()
        return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts)

    def as_error(self, pack: Path | None = None) -> Invalid:
        """The complaint as an error of ours; ``pack`` is the file, where it is one of a pack."""
        where = " ".join(filter(None, (f"规则包 {pack}" if pack else "", str(self.place or ""))))
        about = f" {self.key}：" if self.path else "："
        named = where if self.path is None else self.key
        return Invalid(self.code, f"{where}{about}{self.message}", self.remedy, named)


class Unreadable(Exception):
    """A document that cannot be used, with everything that is wrong with it."""

    def __init__(self, complaints: Sequence[Invalid]) -> None:
        super().__init__("\n".join(str(each) for each in complaints))
        self.complaints = tuple(complaints)


class Complaints:
    """What is wrong with documents of a kind, collected so that all of it can be told at once."""

    def __init__(self, kind: str) -> None:
        self.all: list[Complaint] = []
        self._kind = kind

    def add(self, code: str, place: Spot, message: str, remedy: str) -> None:
        """One more thing that is wrong; ``code`` without the kind that stands before it."""
        self.all.append(Complaint(f"{self._kind}.{code}", None, message, remedy, place))

    def check(self) -> None:
        """Raises Unreadable if anything is wrong."""
        if self.all:
            raise Unreadable([each.as_error() for each in self.all])


def near(name: str, known: Iterable[str], most: int = 1) -> str:
    """The known names that look most like one that is not known, or nothing."""
    return "、".join(get_close_matches(name, list(known), most))


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document: text, a list of nodes, or nodes by key.

    ``plain`` text was written without quotes; ``keys`` tells where each key stands.
    """

    value: "str | Sequence[Node] | Mapping[str, Node]"
    place: Spot
    plain: bool = False
    keys: Mapping[str, Spot] = field(default_factory=dict)

    def text(self) -> str:
        """Its text; raises ValueError for anything else."""
        if not isinstance(self.value, str) or not self.value:
            raise ValueError(self.value)
        return self.value

    def texts(self) -> tuple[str, ...]:
        """Its text or texts; raises ValueError for anything else."""
        if isinstance(self.value, str):
            return (self.text(),)
        return tuple(each.text() for each in self.items())

    def table(self) -> "Mapping[str, Node]":
        """Its values by key; raises ValueError for anything else."""
        if not isinstance(self.value, Mapping):
            raise ValueError(self.value)  # noqa: TRY004 - told as a complaint of the document
        return self.value

    def some(self) -> "Mapping[str, Node]":
        """Its values by key, of which there must be some."""
        if not self.value:
            raise ValueError(self.value)
        return self.table()

    def items(self) -> "Sequence[Node]":
        """What it lists; raises ValueError for anything else."""
        if isinstance(self.value, str | Mapping):
            raise ValueError(self.value)  # noqa: TRY004 - told as a complaint of the document
        return self.value


def typed(node: Node) -> Any:
    """What TOML would have here: numbers and truth values without quotes are no text."""
    match node.value:
        case str() as text if node.plain and text in ("true", "false"):
            return text == "true"
        case str() as text if node.plain and re.fullmatch(r"-?(0|[1-9]\d*)", text):
            return int(text)
        case str() as text:
            return text
        case Mapping() as table:
            return {key: typed(each) for key, each in table.items()}
        case several:
            return [typed(each) for each in several]


def read_yaml(text: str, file: str, complaints: Complaints) -> Node | None:
    """A file's one document, or none with a complaint."""
    try:
        root = _composed(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        said = getattr(problem, "problem", None) or "不是一份 YAML 文件"
        place = Spot(mark.line + 1 if mark else 1, file=file)
        complaints.add("not-yaml", place, f"读不懂 YAML：{said}。", "请检查缩进、引号和括号。")
        return None
    if root is None:
        place = Spot(1, file=file)
        complaints.add("empty", place, "文件是空的。", "请参照 docs/drills.md 编写。")
        return None
    return _node(root, file, complaints)


def _composed(text: str) -> yaml.Node | None:
    """The document by the fast reader; what that cannot read, the other one explains better."""
    with suppress(AttributeError, yaml.YAMLError):  # the fast one is not built everywhere
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _node(given: yaml.Node, file: str, complaints: Complaints) -> Node:
    place = Spot(given.start_mark.line + 1, file=file)
    match given:
        case yaml.ScalarNode():
            return Node(str(given.value).strip(), place, plain=not given.style)
        case yaml.SequenceNode():
            return Node([_node(each, file, complaints) for each in given.value], place)
        case yaml.MappingNode():
            return _mapping(given, place, complaints)
        case _:
            raise TypeError(given)


def _mapping(given: yaml.MappingNode, place: Spot, complaints: Complaints) -> Node:
    found: dict[str, Node] = {}
    keys: dict[str, Spot] = {}
    for key, value in given.value:
        name, at = str(key.value), Spot(key.start_mark.line + 1, file=place.file)
        if name in found:
            complaints.add("declared-twice", at, f"“{name}”写了两次。", "请只保留一处。")
        found[name], keys[name] = _node(value, place.file, complaints), at
    return Node(found, place, keys=keys)


@dataclass(frozen=True, slots=True)
class Notation(Generic[T]):
    """How a value is written: what reads it, or raises ValueError, and what people are told."""

    read: Callable[[Node], T]
    wanted: str

    def fits(self, node: Node) -> bool:
        """Whether a value is written so."""
        try:
            self.read(node)
        except ValueError:
            return False
        return True


class Table:
    """The keys of one mapping, taken one after another; what nobody asked for is complained of."""

    def __init__(self, node: Node, what: str, complaints: Complaints) -> None:
        self.place = node.place
        self._what = what
        self._complaints = complaints
        self._asked: set[str] = set()
        self._node = node
        if not isinstance(node.value, Mapping):
            self.complain(node.place, f"{what}应写成“键: 值”。", "请参照文档改写。")

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Every key with its value."""
        return self._node.value if isinstance(self._node.value, Mapping) else {}

    def complain(self, place: Spot, message: str, remedy: str, code: str = "wrong-type") -> None:
        """Something is wrong with it."""
        self._complaints.add(code, place, message, remedy)

    def node(self, key: str, *, required: bool = False) -> Node | None:
        """The value of a key, or none."""
        self._asked.add(key)
        found = self.nodes.get(key)
        if found is None and required:
            said, remedy = f"{self._what}缺少“{key}”。", f"请补上 {key}。"
            self.complain(self.place, said, remedy, "missing")
        return found

    def inner(self, node: Node, what: str) -> "Table":
        """A mapping that stands in it."""
        return Table(node, what, self._complaints)

    def mapping(self, key: str, wanted: str, *, some: bool = False) -> Mapping[str, Node]:
        """The values by key that stand under a key, if it is there; ``some``: then not none."""
        read = Node.some if some else Node.table
        return self._read(key, self.node(key), read, f"应写成“{wanted}”", "请改写。") or {}

    def text(self, key: str, *, required: bool = False) -> str | None:
        """The text of a key."""
        found = self.node(key, required=required)
        return self._read(key, found, Node.text, "应是一段文字", "请改成文字。")

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or a list of them."""
        return self._read(key, self.node(key), Node.texts, "应是文字或文字的列表", "请改写。") or ()

    def value(self, key: str, notation: Notation[T], *, required: bool = False) -> T | None:
        """What stands under a key, in that notation."""
        found = self.node(key, required=required)
        return self._read(key, found, notation.read, "的值看不懂", f"应写成{notation.wanted}。")

    def fits(self, key: str, node: Node, notation: Notation[Any]) -> None:
        """Complains of a value that is not in that notation."""
        self._read(key, node, notation.read, "的值看不懂", f"应写成{notation.wanted}。")

    def items(self, key: str) -> Sequence[Node]:
        """What a list has."""
        return self._read(key, self.node(key), Node.items, "应是一个列表", "每项前加“- ”。") or ()

    def _read(
        self, key: str, found: Node | None, read: Callable[[Node], T], wrong: str, remedy: str
    ) -> T | None:
        """A value as it is to be read; what is not written so is complained of."""
        try:
            return None if found is None else read(found)
        except ValueError:
            assert found is not None
            self.complain(found.place, f"“{key}”{wrong}。", remedy)
            return None

    def rest(self) -> list[str]:
        """The keys that nobody asked for."""
        return [key for key in self.nodes if key not in self._asked]

    def refuse_the_rest(self, remedy: str = "请核对拼写, 或删去这一项。") -> None:
        """Complain of every key that nobody asked for."""
        for key in self.rest():
            place = self._node.keys.get(key, self.place)
            self.complain(place, f"{self._what}没有“{key}”这一项。", remedy, "unknown-key")


def place_of(text: str, path: Sequence[str] | None) -> Spot:
    """Where a key of a TOML text stands, or the nearest table above it, or the first line."""
    wanted, best, depth = tuple(path or ()), Spot(1, 1), 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            table = _keys(header["name"])
            here = table
        elif entry := _ENTRY.match(line):
            here = table + _keys(entry["key"])
        else:
            continue
        common = len(here) if wanted[: len(here)] == here else 0
        if common > depth:
            best, depth = Spot(number, len(line) - len(line.lstrip()) + 1), common
    return best


def place_in_error(problem: tomllib.TOMLDecodeError) -> Spot | None:
    """The place that the TOML reader names in its message."""
    found = re.search(r"line (\d+), column (\d+)", str(problem))
    return Spot(int(found[1]), int(found[2])) if found else None


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def to_toml(table: Mapping[str, Any]) -> str:
    """A table as a TOML document, one line for each key: what is told goes the way of a file."""
    return "".join(f"{_quoted(key)} = {_value(value)}\n" for key, value in table.items())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return _quoted(value)
        case date():
            return value.isoformat()
        case Mapping():
            told = (f"{_quoted(key)} = {_value(each)}" for key, each in value.items())
            return "{" + ", ".join(told) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(each) for each in value) + "]"
        case _:
            raise TypeError(value)
