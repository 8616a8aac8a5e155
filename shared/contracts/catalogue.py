"""The catalogue: every name that may stand in a stored event, and how old shapes are read.

A name is for ever. A shape changes by giving the event a new version name and an upcaster from the
old one; stored bytes are never rewritten.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict
from pydantic_core import from_json, to_json

from shared.contracts.sealed import Sealed
from shared.errors import Untrusted


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError("not a moment in UTC") from problem


UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware moment, kept in UTC."""


class Contract(BaseModel):
    """Base of everything that crosses as JSON: frozen, strict, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Fact(Contract):
    """What an event says, apart from its envelope (who, when, where).

    ``ACT`` is the name of the act (行为) that it records, where it records one.
    """

    TYPE: ClassVar[str]
    ACT: ClassVar[str] = ""
    SEALED: ClassVar[tuple[str, ...]] = ()


Judged = dict[str, tuple[str, ...]]
"""What is judged on the axes of a pack (分类): each axis with its values."""


class ActTaken(Fact):
    """Base of the acts that are recorded in the words of a policy pack.

    ``kind`` is the pack's own kind of the act, ``to`` are the parties it was addressed to,
    ``medium`` the way. ``of`` names what it is about: a paper, a sheet, a rule. ``text`` and
    ``fields`` (the form as JSON) are sealed: they may hold personal words. ``filled`` says which
    fields of the form have a value. ``breaches`` are the gates that were closed when it had
    happened already.
    """

    kind: str | None = None
    to: tuple[str, ...] = ()
    medium: str | None = None
    of: str | None = None
    text: Sealed | None = None
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


F = TypeVar("F", bound=type[Fact])
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_facts: dict[str, type[Fact]] = {}
_upcasters: dict[str, tuple[str, Upcaster]] = {}


def event(name: str) -> Callable[[F], F]:
    """Enter a fact into the catalogue under its stable name, such as ``routing.x-done.v1``."""

    def enter(fact: F) -> F:
        if name in _facts or name in _upcasters:
            raise ValueError(f"event name entered twice: {name}")
        fact.TYPE = name
        fact.SEALED = tuple(
            key for key, f in fact.__pydantic_fields__.items() if _seals(f.annotation)
        )
        _facts[name] = fact
        return fact

    return enter


def upcaster(old: str, new: str) -> Callable[[Upcaster], Upcaster]:
    """Enter the pure function that turns the data of ``old`` into that of ``new``.

    It must not rename a sealed field: the name is part of what the ciphertext is bound to.
    """

    def enter(lift: Upcaster) -> Upcaster:
        _upcasters[old] = (new, lift)
        return lift

    return enter


def read_fact(name: str, data: bytes) -> Fact:
    """Read the ``data`` of an event of that name, lifted to its present shape.

    Raises Untrusted ``event.unknown-type`` for a name that this release does not know.
    """
    fact = _facts.get(name)
    if fact is not None:
        return fact.model_validate_json(data)
    found, lifted = _lift(name, from_json(data))
    return found.model_validate_json(to_json(lifted))


def _lift(name: str, data: dict[str, Any]) -> tuple[type[Fact], dict[str, Any]]:
    while name in _upcasters:
        name, lift = _upcasters[name]
        try:
            data = lift(data)
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"not the shape of what became {name}") from problem
    if name not in _facts:
        raise unknown_type(name)
    return _facts[name], data


def newest(name: str) -> str:
    """The name under which events of that name are written today."""
    while name in _upcasters:
        name = _upcasters[name][0]
    return name


def upcasting(name: str) -> tuple[str, Upcaster]:
    """What events of an old name are read as next, and by which function; KeyError if present."""
    return _upcasters[name]


def is_known(name: str) -> bool:
    """Whether this release can read events of that name."""
    return name in _facts or name in _upcasters


def unknown_type(name: str) -> Untrusted:
    """The error for an event name that this release does not know: a deployment error."""
    return Untrusted(
        code="event.unknown-type",
        field=name,
        message=f"出现了本版本不认识的事件类型“{name}”, 为避免算错, 相关投影已停下。",
        remedy="请把本服务升级到写入该事件的版本后重新启动；事件本身已原样保存, 不会丢失。",
    )


def names() -> tuple[str, ...]:
    """Every readable event name, old versions included, sorted."""
    return tuple(sorted({*_facts, *_upcasters}))


def facts() -> dict[str, type[Fact]]:
    """The present shapes by name."""
    return dict(_facts)


def _seals(annotation: Any) -> bool:
    return annotation is Sealed or any(_seals(part) for part in get_args(annotation))
