"""Routing's commands on incidents: load, decide, append; the only user of its store."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from services.routing import tables
from services.routing.case import CASE
from services.routing.commands import (
    ApproveReply,
    AssignIncident,
    CaseCommand,
    CloseIncident,
    DraftReply,
    GradeIncident,
    PublishReply,
)
from services.routing.tables import Entry
from shared.aggregate import answer
from shared.contracts.envelope import Recorded, associated_data
from shared.contracts.routing import ReplyDrafted
from shared.errors import Invalid, Refused
from shared.identity.officers import Officer
from shared.room import key_id
from shared.store.events import By
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.units import check_within, known_unit
from shared.vault.vault import Vault

FUTURE_TOLERATED = timedelta(minutes=5)
"""Clocks of those who report may be ahead of ours by so much."""

DRAFTS = UUID("8a4b8f5c-7f0e-5d43-9a1e-2f6d3c0b7e55")
"""Namespace from which a draft gets its id, so that a repeated request names the same draft."""


class Drafted(Answer):
    """The answer to a draft, with the id under which it can be approved and published."""

    draft: UUID


@dataclass(frozen=True, slots=True)
class Words:
    """A reply's text with the keyed commitment to it."""

    text: str
    content: str


class Routing:
    """Who does what.

    Incidents are named by number or id. Every command raises Unknown ``incident.unknown``, Refused
    ``unit.not-yours``, Invalid ``time.in-future`` and what ``case.py`` says; ``occurred_at`` is
    the moment claimed, or else now.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def find(self, name: str) -> Entry:
        """The incident as known here; raises Unknown ``incident.unknown``."""
        return await self.store.read(lambda sql: tables.find(sql, name))

    async def grade(
        self,
        name: str,
        grade: str,
        grounds: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Answer:
        """Set the severity (定级)."""

        def work(tx: Transaction) -> Answer:
            entry = tables.find(tx.sql, name)
            check_within(tx.sql, entry.unit, officer.unit)
            command = GradeIncident(grade, grounds, entry.standing)
            return _act(tx, entry, command, _by(tx, officer, occurred_at))

        return await self._once(request, work)

    async def assign(
        self,
        name: str,
        lead: str,
        co_handling: Sequence[str],
        instruction: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Answer:
        """Make units responsible (交办); raises Invalid ``unit.unknown`` too."""

        def work(tx: Transaction) -> Answer:
            entry = tables.find(tx.sql, name)
            check_within(tx.sql, entry.unit, officer.unit)
            _check_known(tx.sql, lead, co_handling)
            command = AssignIncident(lead, tuple(co_handling), instruction, entry.standing)
            return _act(tx, entry, command, _by(tx, officer, occurred_at))

        return await self._once(request, work)

    async def draft(
        self,
        name: str,
        kind: str,
        text: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Drafted:
        """Write a reply (拟稿)."""
        draft = uuid5(DRAFTS, request.key) if request else uuid4()
        words = await self._commit((await self.find(name)).id, text)

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, officer)
            command = DraftReply(draft, kind, words.text, words.content, entry.standing)
            return _act(tx, entry, command, _by(tx, officer, occurred_at))

        done = await self._once(request, work)
        return Drafted(**done.model_dump(), draft=draft)

    async def approve(
        self,
        name: str,
        draft: UUID | None,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Answer:
        """Approve a draft, or else the latest (审定)."""

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, officer)
            command = ApproveReply(draft, officer.id, entry.standing)
            return _act(tx, entry, command, _by(tx, officer, occurred_at))

        return await self._once(request, work)

    async def publish(
        self,
        name: str,
        draft: UUID | None,
        text: str | None,
        channel: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Answer:
        """Give a draft, or else the one approved last, to the public (发布).

        Without ``text`` it is the draft's own; another text is refused.
        """
        given = None if text is None else await self._commit((await self.find(name)).id, text)

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, officer)
            words = given or self._drafted(tx.load(entry.id), entry, draft)
            named = known_unit(tx.sql, entry.concerned).name
            command = PublishReply(draft, words.text, words.content, channel, named, entry.standing)
            return _act(tx, entry, command, _by(tx, officer, occurred_at))

        return await self._once(request, work)

    async def close(
        self,
        name: str,
        note: str,
        officer: Officer,
        occurred_at: datetime | None,
        request: Request | None,
    ) -> Answer:
        """End the handling (办结)."""

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, officer)
            return _act(tx, entry, CloseIncident(note), _by(tx, officer, occurred_at))

        return await self._once(request, work)

    async def _once(self, request: Request | None, work: Callable[[Transaction], Answer]) -> Answer:
        return await self.store.write(lambda tx: once(tx, request, work))

    async def _commit(self, incident: UUID, text: str) -> Words:
        key = key_id(incident, "reply")
        await asyncio.to_thread(self._vault.ensure, [key])
        return Words(text, await asyncio.to_thread(self._vault.commitment, key, text))

    def _drafted(self, events: Sequence[Recorded], entry: Entry, draft: UUID | None) -> Words:
        """The words of that draft, or of the one approved last; none if there is no such draft."""
        wanted = draft or CASE.fold(events).last_approved
        for event in events:
            if isinstance(event.fact, ReplyDrafted) and event.fact.draft == wanted:
                text = self._vault.open(event.fact.text, associated_data(event.raw, "text"))
                return Words(text, self._vault.commitment(key_id(entry.id, "reply"), text))
        return Words("", "")  # the decision says what is missing


def _act(tx: Transaction, entry: Entry, command: CaseCommand, by: By) -> Answer:
    appended = CASE.handle(tx, entry.matter, command, by)
    tables.MODEL.note(tx.sql, appended.events)
    return answer(tx, appended, entry.matter, entry.number)


def _handled(sql: Sql, name: str, officer: Officer) -> Entry:
    """The incident, if the officer's unit covers the one that registered it or the lead."""
    entry = tables.find(sql, name)
    with suppress(Refused):
        check_within(sql, entry.unit, officer.unit)
        return entry
    check_within(sql, entry.concerned, officer.unit)
    return entry


def _check_known(sql: Sql, lead: str, co_handling: Sequence[str]) -> None:
    known_unit(sql, lead, field="lead")
    for unit in co_handling:
        known_unit(sql, unit, field="co_handling")


def _by(tx: Transaction, officer: Officer, occurred_at: datetime | None) -> By:
    if occurred_at is not None and occurred_at > tx.now + FUTURE_TOLERATED:
        raise Invalid(
            "time.in-future",
            "发生时间晚于现在。",
            "请核对年月日与时区（默认为北京时间）。",
            "occurred_at",
        )
    return By(officer.actor, occurred_at or tx.now)
