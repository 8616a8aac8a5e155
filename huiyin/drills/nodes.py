"""YAML as a drill is written in it: every scalar is text, every value knows its line.

YAML itself would make 17:30 a number, ``on`` a truth value and a day a date.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from shared.clock import SHANGHAI
from shared.errors import Invalid

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_TRUTH = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file: text, a list of nodes, or nodes by key.

    ``plain`` text was written without quotes; ``keys`` tells where each key stands.
    """

    value: "str | Sequence[Node] | Mapping[str, Node]"
    place: Place
    plain: bool = False
    keys: Mapping[str, Place] = field(default_factory=dict)


class Complaints:
    """What is wrong with a file, collected so that all of it can be told at once."""

    def __init__(self) -> None:
        self.all: list[Invalid] = []

    def add(self, code: str, place: Place, message: str, remedy: str) -> None:
        """One more thing that is wrong; ``code`` without its ``drill.``."""
        self.all.append(Invalid(f"drill.{code}", f"{place}：{message}", remedy, str(place)))


class Unreadable(Exception):
    """A drill that cannot be run, with everything that is wrong with it."""

    def __init__(self, complaints: Sequence[Invalid]) -> None:
        super().__init__("\n".join(str(each) for each in complaints))
        self.complaints = tuple(complaints)


def read_nodes(text: str, file: str, complaints: Complaints) -> Node | None:
    """The file's one document, or none with a complaint."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = Place(file, mark.line + 1 if mark else 1)
        said = getattr(problem, "problem", None) or "不是一份 YAML 文件"
        complaints.add("not-yaml", place, f"读不懂 YAML：{said}。", "请检查缩进、引号和括号。")
        return None
    if root is None:
        complaints.add("empty", Place(file, 1), "文件是空的。", "请参照 docs/drills.md 编写。")
        return None
    return _node(root, file, complaints)


def _node(given: yaml.Node, file: str, complaints: Complaints) -> Node:
    place = Place(file, given.start_mark.line + 1)
    match given:
        case yaml.ScalarNode():
            return Node(str(given.value).strip(), place, plain=given.style is None)
        case yaml.SequenceNode():
            return Node([_node(each, file, complaints) for each in given.value], place)
        case yaml.MappingNode():
            return _mapping(given, place, complaints)
        case _:
            raise TypeError(given)


def _mapping(given: yaml.MappingNode, place: Place, complaints: Complaints) -> Node:
    found: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for key, value in given.value:
        name, at = str(key.value), Place(place.file, key.start_mark.line + 1)
        if name in found:
            complaints.add("declared-twice", at, f"“{name}”写了两次。", "请只保留一处。")
        found[name], keys[name] = _node(value, place.file, complaints), at
    return Node(found, place, keys=keys)


class Table:
    """The keys of one mapping, taken one after another; what nobody asked for is complained of."""

    def __init__(self, node: Node, what: str, complaints: Complaints) -> None:
        self.place = node.place
        self._what = what
        self._complaints = complaints
        self._asked: set[str] = set()
        self._node = node
        if not isinstance(node.value, Mapping):
            self.complain("wrong-type", node.place, f"{what}应写成“键: 值”。", "请参照文档改写。")

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Every key with its value."""
        return self._node.value if isinstance(self._node.value, Mapping) else {}

    def complain(self, code: str, place: Place, message: str, remedy: str) -> None:
        """Something is wrong with it."""
        self._complaints.add(code, place, message, remedy)

    def node(self, key: str, *, required: bool = False) -> Node | None:
        """The value of a key, or none."""
        self._asked.add(key)
        found = self.nodes.get(key)
        if found is None and required:
            self.complain("missing", self.place, f"{self._what}缺少“{key}”。", f"请补上 {key}。")
        return found

    def text(self, key: str, *, required: bool = False) -> str | None:
        """The text of a key."""
        found = self.node(key, required=required)
        if found is None:
            return None
        if not isinstance(found.value, str) or not found.value:
            self.complain("wrong-type", found.place, f"“{key}”应是一段文字。", "请改成文字。")
            return None
        return found.value

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or a list of them."""
        found = self.node(key)
        if found is None:
            return ()
        try:
            return texts_of(found)
        except ValueError:
            self.complain("wrong-type", found.place, f"“{key}”应是文字或文字的列表。", "请改写。")
            return ()

    def moment(self, key: str, *, required: bool = False) -> datetime | None:
        """The moment of a key (UTC)."""
        found = self.node(key, required=required)
        return None if found is None else self._read(key, found, moment_of, MOMENT_WANTED)

    def span(self, key: str) -> timedelta | None:
        """The duration of a key."""
        found = self.node(key)
        return None if found is None else self._read(key, found, span_of, SPAN_WANTED)

    def number(self, key: str) -> int | None:
        """The whole number of a key."""
        found = self.node(key)
        return None if found is None else self._read(key, found, number_of, NUMBER_WANTED)

    def truth(self, key: str) -> bool:
        """The truth value of a key; absent is false."""
        found = self.node(key)
        return bool(found and self._read(key, found, truth_of, TRUTH_WANTED))

    def tables(self, key: str) -> "Iterator[Node]":
        """The mappings of a list."""
        found = self.node(key)
        if found is None:
            return
        if isinstance(found.value, str | Mapping):
            self.complain("wrong-type", found.place, f"“{key}”应是一个列表。", "每项前加“- ”。")
            return
        yield from found.value

    def rest(self) -> list[str]:
        """The keys that nobody asked for."""
        return [key for key in self.nodes if key not in self._asked]

    def refuse_the_rest(self, remedy: str = "请核对拼写, 或删去这一项。") -> None:
        """Complain of every key that nobody asked for."""
        for key in self.rest():
            place = self._node.keys.get(key, self.place)
            self.complain("unknown-key", place, f"{self._what}没有“{key}”这一项。", remedy)

    def _read(self, key: str, found: Node, read: Any, wanted: str) -> Any:
        try:
            return read(text_of(found))
        except ValueError:
            said = f"“{key}”的值看不懂。"
            self.complain("wrong-type", found.place, said, f"应写成{wanted}。")
            return None


MOMENT_WANTED = " 2026-03-02 14:10（北京时间, 24:00 指当日结束；可带 +08:00 之类的时差）"
SPAN_WANTED = " PT1M、PT2H30M、P1D 之类的时长"
NUMBER_WANTED = "整数"
TRUTH_WANTED = " true 或 false"


def text_of(node: Node) -> str:
    """Its text; raises ValueError for anything else."""
    if not isinstance(node.value, str) or not node.value:
        raise ValueError(node.value)
    return node.value


def texts_of(node: Node) -> tuple[str, ...]:
    """Its text or texts; raises ValueError for anything else."""
    if isinstance(node.value, str):
        return (text_of(node),)
    if isinstance(node.value, Mapping):
        raise ValueError(node.value)  # noqa: TRY004 - told as a complaint of the file
    return tuple(text_of(each) for each in node.value)


def moment_of(text: str) -> datetime:
    """A moment in UTC; ``24:00`` is the end of that day. Raises ValueError."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, time, offset = found.groups()
    ends = time[:5] == "24:00"
    read = datetime.fromisoformat(f"{day}T{'00:00' if ends else time}{offset or ''}")
    moment = read if read.tzinfo else read.replace(tzinfo=SHANGHAI)
    return (moment + timedelta(days=int(ends))).astimezone(UTC)


def day_of(text: str) -> str:
    """A day as written; raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return text


def span_of(text: str) -> timedelta:
    """``P1DT2H3M4S`` as a duration; raises ValueError."""
    found = _SPAN.fullmatch(text)
    if found is None or text in ("P", "PT"):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def number_of(text: str) -> int:
    """A whole number; raises ValueError."""
    return int(text)


def truth_of(text: str) -> bool:
    """A truth value; raises ValueError."""
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def typed(node: Node) -> Any:
    """What a pack's file would have here: plain numbers and truth values are no text."""
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


def written(node: Node) -> Any:
    """The same as plain text, lists and tables."""
    match node.value:
        case str() as text:
            return text
        case Mapping() as table:
            return {key: written(each) for key, each in table.items()}
        case several:
            return [written(each) for each in several]


def read_file(path: Path) -> str:
    """The text of a drill's file; raises Invalid ``drill.unreadable``."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(
            "drill.unreadable",
            f"读不到演练脚本 {path}。",
            "请核对路径, 并存为 UTF-8 编码。",
            str(path),
        ) from problem
