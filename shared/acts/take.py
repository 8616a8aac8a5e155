"""The only place where an act is taken (办理): find, build, judge, decide, append.

A room says what an act is done on (``subject``), what of its fact the body does not say (``made``)
and, in a table, what it decides on each fact. Everything else is the same for every act there is.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from shared.acts.body import Order, claimed_at, has_words
from shared.acts.check import Attempt, Record, check_begun, check_bounds
from shared.acts.competence import check_changes
from shared.acts.decide import Rules, decide, fact_of
from shared.acts.deed import Circumstances
from shared.acts.vocabulary import Act
from shared.contracts.envelope import Recorded
from shared.copies import matters
from shared.copies.packs import pack_by_pin
from shared.copies.units import known_unit, unit_id
from shared.identity.officer import Officer
from shared.policy.engine.deeds import Deed, Matter
from shared.room import key_id
from shared.store.readmodel import ReadModel
from shared.store.requests import Answer, Request, answer, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction
from shared.vault.vault import Vault

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Asked:
    """An act as it was asked for: on what, with which body, by whom, when it happened (UTC).

    ``ready`` is what had to be made ready before the transaction.
    """

    act: Act
    name: str
    body: Order
    officer: Officer
    at: datetime
    ready: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject(Generic[S]):
    """What an act is done on: what its event belongs to, how far that got, and its record.

    ``number`` is what people call it, ``known`` are fields of a form that the act says anyway.
    """

    stream: Stream
    number: str | None
    state: S
    record: Record
    known: Mapping[str, str] = field(default_factory=dict)


class Taker(ABC, Generic[S]):
    """A room as it takes acts. ``model`` are its own tables, where those follow at once."""

    rules: Rules[S]
    model: ReadModel | None = None

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self.vault = vault

    def place(self, sql: Sql, act: Act, name: str) -> UUID:
        """The matter or unit of that name, whose data key seals the act's own words.

        Raises Unknown ``incident.unknown`` or Invalid ``unit.unknown``.
        """
        if act.on == "unit":
            return unit_id(known_unit(sql, name).code)
        return self.matter_of(sql, name)

    def matter_of(self, sql: Sql, name: str) -> UUID:
        """The matter with that number or id; raises Unknown ``incident.unknown``."""
        return matters.find(sql, name).id

    @abstractmethod
    def subject(self, tx: Transaction, asked: Asked) -> Subject[S]:
        """What an act is done on, by an officer who is competent for it.

        Raises what ``place`` does and Refused ``unit.not-yours``.
        """

    def made(self, tx: Transaction, subject: Subject[S], asked: Asked) -> dict[str, Any]:
        """What of the fact the body does not say."""
        del tx, subject, asked
        return {}

    def keep(self, tx: Transaction, subject: Subject[S], events: Sequence[Recorded]) -> None:
        """What follows from the act in the room's own tables."""
        del subject
        if self.model is not None:
            self.model.note(tx.sql, events)

    def told(self, tx: Transaction, asked: Asked, done: Answer) -> Answer:
        """What to answer."""
        del tx, asked
        return done

    async def prepare(
        self, act: Act, name: str, body: Order, officer: Officer, request: Request | None
    ) -> dict[str, Any]:
        """What is to be ready before the transaction: the data key of the act's own words."""
        del officer, request
        if has_words(body):
            place = await self.find_place(act, name)
            await self.provide(key_id(place, "matter"))
        return {}

    async def find_place(self, act: Act, name: str) -> UUID:
        """What ``place`` says at present."""
        return await self.store.read(lambda sql: self.place(sql, act, name))

    async def provide(self, *keys: str) -> None:
        """Make data keys, as far as they are not there."""
        await asyncio.to_thread(self.vault.ensure, list(keys))

    async def take(
        self, act: Act, name: str, body: Order, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Take an act; a repeated request gets the answer it got before, and changes nothing.

        Raises Refused ``post.reads-only``, Invalid ``time.*``, and what ``subject``, the room's
        rules and ``shared.acts.check`` say.
        """
        check_changes(officer)
        ready = await self.prepare(act, name, body, officer, request)

        def work(tx: Transaction) -> Answer:
            asked = Asked(act, name, body, officer, claimed_at(body) or tx.now, ready)
            return self.told(tx, asked, once(tx, request, lambda tx: _take(tx, self, asked)))

        return await self.store.write(work)


def unit_day(
    tx: Transaction, unit: str, pin: str | None, deeds: Sequence[Deed]
) -> tuple[Stream, Record]:
    """A unit's own day, and what acts on it are judged by: rules speak of it as of a matter."""
    day, about = unit_id(unit), Matter(unit, registered=tx.now, recorded_at=tx.now)
    record = Record(pack_by_pin(tx.sql, pin), about, deeds)
    return Stream("unit-day", day, unit, day, pin), record


def _take(tx: Transaction, room: Taker[S], asked: Asked) -> Answer:
    check_bounds(asked.body, tx.now)
    subject, officer = room.subject(tx, asked), asked.officer
    check_begun(claimed_at(asked.body), subject.record.matter, asked.body)
    attempt = Attempt(
        fact_of(asked.act.fact, asked.body, room.made(tx, subject, asked)),
        Circumstances(uuid4(), asked.at, tx.now, officer.post, subject.stream.unit),
        asked.body,
        subject.record,
        officer.id,
        subject.known,
    )
    fact = decide(room.rules, subject.state, attempt)
    facts = [] if fact is None else [fact]
    appended = tx.append(subject.stream, facts, By(officer.actor, asked.at))
    if appended.events:
        room.keep(tx, subject, appended.events)
    return answer(tx, appended, subject.stream, subject.number)
