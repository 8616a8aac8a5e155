"""Given a history, when an act is asked for, then its fact, a refusal or nothing.

One way to tell every room's rules. A room has its own ``Asked``, which says what its rules find,
and a ``given`` over its own events.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Generic, Self, TypeVar
from uuid import UUID, uuid4

import pytest

from shared.acts.check import Attempt, Record
from shared.acts.decide import Rules, decide, fact_of
from shared.acts.deed import Circumstances
from shared.acts.vocabulary import Act
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Envelope, Recorded, Standing
from shared.copies.packs import baseline
from shared.errors import HuiyinError, Refused
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.language.pack import Pack

INCIDENT = UUID("11111111-1111-4111-8111-111111111111")
WHEN = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_moments = count()

S = TypeVar("S")
"""What a room's rules decide on."""


@dataclass(frozen=True)
class By:
    """A fact and the officer behind it, in a post."""

    officer: str
    fact: Fact
    post: str = "info_officer"


def record(
    *deeds: Deed,
    pack: Pack | None = None,
    kind: str = "incident",
    sets: Mapping[str, tuple[str, ...]] | None = None,
) -> Record:
    """What an act is judged by: the rules, the matter, and what was done about it."""
    matter = Matter("QH-YZ", WHEN, WHEN, kind=kind, sets=sets or {})
    return Record(pack or baseline(), matter, deeds)


def deed(act: str, by: str = "info_officer", **told: Any) -> Deed:
    """Something on record, after what was said of before."""
    at = WHEN + timedelta(seconds=next(_moments))
    return Deed(uuid4(), act, at, at, by=by, **told)


@dataclass(frozen=True)
class AnyAsked(ABC, Generic[S]):
    """An act that an officer asks for, and what it meets.

    ``said`` is its body, ``made`` what the room makes of it with its tables and its vault,
    ``under`` the rules and the record that judge it, ``known`` what its form need not say.
    """

    act: Act
    said: Mapping[str, Any] = field(default_factory=dict)
    officer: str = "o-wu"
    post: str = "principal_leader"
    at: datetime = LATER
    under: Record = field(default_factory=record)
    made: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    @abstractmethod
    def rules(self) -> Rules[S]:
        """The room's map of acts."""

    @abstractmethod
    def meets(self, history: Sequence[Recorded]) -> S:
        """What it is decided on, after a history."""

    def makes(self, state: S) -> Mapping[str, Any]:
        """What the room makes of it without its tables."""
        del state
        return {}

    @property
    def record(self) -> Record:
        """What judges it."""
        return self.under

    @property
    def body(self) -> Any:
        """What is said of it."""
        return self.act.body(**self.said)

    def but(self, **changes: Any) -> Self:
        """The same asked for otherwise; what is ``made`` otherwise is said in part."""
        around = {each.name for each in fields(self)} - {"act", "said"}
        own = {key: changes.pop(key) for key in around & changes.keys()}
        if "made" in own:
            own["made"] = {**self.made, **own["made"]}
        return replace(self, said={**self.said, **changes}, **own)

    def attempt(self, state: S) -> Attempt[Any]:
        """The act as it meets a state."""
        made = {**self.makes(state), **self.made}
        came = Circumstances(uuid4(), self.at, self.at, self.post, "QH-YZ")
        fact = fact_of(self.act.fact, self.body, made)
        return Attempt(fact, came, self.body, self.record, self.officer, self.known)

    @property
    def deed(self) -> Deed:
        """The act as rules see it, where nothing was done before."""
        return self.attempt(self.meets(())).deed


@dataclass(frozen=True)
class Meeting(Generic[S]):
    """A history and the act that meets it."""

    history: Sequence[Recorded]
    asked: AnyAsked[S]

    def then(self, fact: Fact) -> None:
        """It leads to exactly this fact."""
        assert self.decided() == fact

    def then_nothing(self) -> None:
        """It is quietly accepted."""
        assert self.decided() is None

    def then_refused(
        self, code: str, kind: type[HuiyinError] = Refused, *, field: str | None = None
    ) -> None:
        """It is refused under this code, in words, and at that field where one is named."""
        with pytest.raises(kind) as caught:
            self.decided()
        assert caught.value.code == code
        assert caught.value.message
        assert caught.value.remedy
        assert field in (None, caught.value.field)

    def decided(self) -> Fact | None:
        """What it comes to."""
        state = self.asked.meets(self.history)
        return decide(self.asked.rules, state, self.asked.attempt(state))


@dataclass(frozen=True)
class Given:
    """A history."""

    history: Sequence[Recorded]

    def when(self, asked: AnyAsked[S]) -> Meeting[S]:
        """The act that is asked for."""
        return Meeting(self.history, asked)


def told(stream: str, history: Sequence[Fact | By], standing: Standing = "live") -> list[Recorded]:
    """Events of a stream of that kind (``routing/case``); a bare fact is some officer's."""
    said = [each if isinstance(each, By) else By("o-somebody", each) for each in history]
    return [recorded(stream, seq, each, standing) for seq, each in enumerate(said, start=1)]


def recorded(stream: str, seq: int, by: By, standing: Standing = "live") -> Recorded:
    """A fact as a room would have stored it; its bytes do not matter to rules."""
    envelope = Envelope(
        id=uuid4(),
        type=by.fact.TYPE,
        source=f"{stream.partition('/')[0]}@QINGHE",
        epoch="00",
        stream=f"{stream}/{INCIDENT}",
        seq=seq,
        prev=None,
        unit="QH-YZ",
        actor=Actor(officer=by.officer, post=by.post),
        occurred_at=WHEN,
        recorded_at=WHEN,
        cause=None,
        correlation=INCIDENT,
        policy=None,
        salt="",
        standing=standing,
    )
    return Recorded(envelope, by.fact, b"")
