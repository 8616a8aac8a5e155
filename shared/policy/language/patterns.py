"""Patterns of acts (行为式样): ``act[:kind][ > recipient][ by party][ ~medium]``, and demands.

A demand (要求) is what has to be on record: one pattern, any or all of several, several in a
sequence, or one of them so many times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

from shared.acts.vocabulary import ACTS
from shared.policy.language.scope import REFER_INSTEAD, out_of_scope

_WORD = r"[a-z][a-z0-9_]*"
_PATTERN = re.compile(
    rf"(?P<act>{_WORD})(:(?P<kind>{_WORD}))?( > (?P<to>{_WORD}))?( by (?P<by>{_WORD}))?"
    rf"( ~(?P<medium>{_WORD}))?"
)


class Malformed(ValueError):
    """A pattern or demand that cannot be read; ``str`` says in Chinese what is wrong."""

    code = "pack.malformed"
    remedy = "请按 docs/rules.md 的写法改正。"


class UnknownAct(Malformed):
    """No act has that name."""

    code = "pack.unknown-act"
    remedy = "行为的清单见 docs/rules.md；清单之外的事可写成某个行为的种类（[kinds.行为]）。"


class OutOfScope(Malformed):
    """What the name asks for is not something this system helps with."""

    code = "pack.out-of-scope"
    remedy = REFER_INSTEAD


@dataclass(frozen=True, slots=True)
class Pattern:
    """Acts of a name; of a kind, to a recipient, by a party, through a medium where given."""

    act: str
    kind: str | None = None
    to: str | None = None
    by: str | None = None
    medium: str | None = None

    def __str__(self) -> str:
        parts = [
            self.act + (f":{self.kind}" if self.kind else ""),
            f"> {self.to}" if self.to else "",
            f"by {self.by}" if self.by else "",
            f"~{self.medium}" if self.medium else "",
        ]
        return " ".join(part for part in parts if part)

    def covers(self, other: "Pattern") -> bool:
        """Whether every act that fits the other fits this one too."""
        mine = (self.kind, self.to, self.by, self.medium)
        others = (other.kind, other.to, other.by, other.medium)
        same = all(m is None or m == o for m, o in zip(mine, others, strict=True))
        return self.act == other.act and same


How = Literal["any", "all", "seq", "count"]


@dataclass(frozen=True, slots=True)
class Demand:
    """What has to be on record: ``how`` many of the parts, and in what order.

    ``count`` has one part, wanted ``times`` times; in ``seq`` each comes after the one before.
    """

    how: How
    parts: "tuple[Pattern | Demand, ...]"
    times: int = 1

    def __str__(self) -> str:
        parts = [str(part) for part in self.parts]
        match self.how:
            case "any":
                return " | ".join(parts)
            case "count":
                return f"{self.times} x ({parts[0]})"
            case how:
                return f"{how}({', '.join(parts)})"

    def patterns(self) -> Iterator[Pattern]:
        """Every pattern in it."""
        for part in self.parts:
            if isinstance(part, Pattern):
                yield part
            else:
                yield from part.patterns()


@lru_cache
def read_pattern(text: str) -> Pattern:
    """Read one pattern; raises Malformed."""
    found = _PATTERN.fullmatch(" ".join(text.split()))
    if found is None:
        raise Malformed(f"看不懂“{text}”, 应写成 行为[:种类][ > 收件方][ by 当事方][ ~方式]")
    if found["act"] not in ACTS:
        raise _no_such(found["act"])
    return Pattern(found["act"], found["kind"], found["to"], found["by"], found["medium"])


def read_demand(given: Any) -> Demand:
    """Read a demand as TOML has it: text, a list (any of), or one of the forms in braces."""
    match given:
        case str():
            return Demand("any", (read_pattern(given),))
        case list() if given:
            return Demand("any", tuple(_part(each) for each in given))
        case {"count": int() as times, "of": of, **rest} if times > 0 and not rest:
            return Demand("count", (_part(of),), times)
        case dict() if len(given) == 1 and given.keys() <= {"any", "all", "seq"}:
            [(how, parts)] = given.items()
            return Demand(how, _parts(parts))
        case _:
            raise Malformed(
                '应为式样、[任一]、{all = [全部]}、{seq = [依次]} 或 {count = 次数, of = "式样"}'
            )


def _parts(given: Any) -> tuple[Pattern | Demand, ...]:
    if not isinstance(given, list) or not given:
        raise Malformed("any、all、seq 后面应为一个不空的列表")
    return tuple(_part(each) for each in given)


def _part(given: Any) -> Pattern | Demand:
    return read_pattern(given) if isinstance(given, str) else read_demand(given)


def _no_such(act: str) -> Malformed:
    what = out_of_scope(act)
    if what:
        return OutOfScope(f"“{act}”属于{what}, 本系统没有这种功能, 任何规则包都不能要求")
    return UnknownAct(f"没有“{act}”这种行为{_nearest(act)}")


def _nearest(name: str) -> str:
    """The act that was probably meant, to be added to a complaint."""
    found = get_close_matches(name, ACTS, 1)
    return f", 是否指 {found[0]}（{ACTS[found[0]].title}）" if found else ""
