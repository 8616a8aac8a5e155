"""Events to examine: one plain example of each kind of fact, and any fact there can be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from uuid import UUID, uuid5

from hypothesis import strategies as st
from pydantic import AwareDatetime

from shared.contracts.catalogue import Contract, Fact, facts
from shared.contracts.envelope import Actor, Envelope
from shared.contracts.sealed import Sealed, Unsealed
from shared.vault.keys import DataKey

C = TypeVar("C", bound=Contract)

HOME = UUID("00000000-0000-4000-8000-000000000001")
INCIDENT = UUID("00000000-0000-4000-8000-00000000002a")
MOMENT = datetime(2026, 3, 2, 6, 10, 0, 123456, tzinfo=UTC)
KEY = DataKey(f"{INCIDENT}/matter", bytes(range(32)))
"""A data key that everybody knows."""

words = st.text(st.characters(exclude_categories=["Cs"]))
"""Any text, control characters included; a lone surrogate is no text."""

moments = st.datetimes(
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)
"""Any moment, with any time zone of the world."""


def seal(unsealed: Unsealed, associated: bytes) -> Sealed:
    """Seal with the key that everybody knows."""
    return KEY.seal(unsealed.words, associated)


def envelope(name: str, **changes: Any) -> Envelope:
    """An envelope for an event of that name, the second of its stream."""
    service, _, _ = name.partition(".")
    plain = Envelope(
        id=uuid5(HOME, name),
        type=name,
        source=f"{service}@QINGHE",
        epoch="0123456789abcdef",
        stream=f"{service}/incident/{INCIDENT}",
        seq=2,
        prev="sha256:" + "0" * 64,
        unit="QH-YZ",
        actor=Actor(officer="o-1", post="liaison"),
        occurred_at=MOMENT,
        recorded_at=MOMENT + timedelta(hours=1),
        cause=uuid5(HOME, "cause"),
        correlation=INCIDENT,
        policy=None,
        salt="c2FsdC1zYWx0LXNhbHQtcw",
        standing="live",
    )
    return plain.model_copy(update=changes)


def sample(kind: type[Fact]) -> Fact:
    """The same example of a kind of fact every time, with nothing left out."""
    return _filled(kind, count())


def _filled(kind: type[C], hours: Iterator[int]) -> C:
    return kind(
        **{
            name: _plain(field.annotation, name, hours)
            for name, field in kind.__pydantic_fields__.items()
        }
    )


def _plain(annotation: Any, name: str, hours: Iterator[int]) -> Any:
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if _is_contract(annotation):
        return _filled(annotation, hours)
    if get_origin(annotation) is tuple and _is_contract(get_args(annotation)[0]):
        return (_filled(get_args(annotation)[0], hours),)
    if get_origin(annotation) is dict:
        return {f"示例键：{name}": _plain(get_args(annotation)[1], name, hours)}
    if get_origin(annotation) is tuple and get_args(annotation)[0] is not str:
        return (_plain(get_args(annotation)[0], name, hours),)
    if get_origin(annotation) is tuple:
        return (f"示例一：{name}", f"示例二：{name}")
    if get_args(annotation):  # a union with None, or annotated
        return _plain(get_args(annotation)[0], name, hours)
    values: dict[Any, Any] = {
        str: f"示例：{name}",
        int: 42,
        bool: True,
        UUID: uuid5(HOME, name),
        Sealed: Sealed.of(f"密封：{name}", subject="matter"),
    }
    if annotation is AwareDatetime:
        return MOMENT + timedelta(hours=next(hours))
    return values[annotation]


def any_fact() -> st.SearchStrategy[Fact]:
    """Any fact of any kind in the catalogue."""
    return st.sampled_from(list(facts().values())).flatmap(any_of_kind)


@cache  # made and checked once: to draw is quick then
def any_of_kind(kind: type[C]) -> st.SearchStrategy[C]:
    """Any fact, or part of one, of that kind."""
    fields = {name: _any(f.annotation) for name, f in kind.__pydantic_fields__.items()}
    return st.builds(kind, **fields)


def _any(annotation: Any) -> st.SearchStrategy[Any]:
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if _is_contract(annotation):
        return any_of_kind(annotation)
    if get_origin(annotation) is dict:
        return st.dictionaries(words, _any(get_args(annotation)[1]), max_size=3)
    if get_origin(annotation) is tuple:
        return st.lists(_any(get_args(annotation)[0]), max_size=3).map(tuple)
    if get_origin(annotation) is Annotated:
        return _any(get_args(annotation)[0])
    if get_args(annotation):
        return st.one_of(*(_any(part) for part in get_args(annotation)))
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: words,
        int: st.integers(-(2**53), 2**53),
        bool: st.booleans(),
        UUID: st.uuids(),
        NoneType: st.none(),
        Sealed: words.map(lambda text: Sealed.of(text, subject="matter")),
        AwareDatetime: moments,
    }
    return simple[annotation]


def _is_contract(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Contract)


def any_envelope(name: str) -> st.SearchStrategy[Envelope]:
    """Any envelope of an event of that name."""
    return st.builds(
        Envelope,
        id=st.uuids(),
        type=st.just(name),
        source=words,
        epoch=words,
        stream=st.uuids().map(lambda stream: f"routing/incident/{stream}"),
        seq=st.integers(1, 2**53),
        prev=st.none() | words,
        unit=st.from_regex(r"[A-Z0-9][A-Z0-9-]{0,31}", fullmatch=True),
        actor=st.builds(Actor, officer=words, post=words),
        occurred_at=moments,
        recorded_at=moments,
        cause=st.none() | st.uuids(),
        correlation=st.uuids(),
        policy=st.none() | words,
        salt=words,
        standing=st.sampled_from(["live", "imported"]),
    )
