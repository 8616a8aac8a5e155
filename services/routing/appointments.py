"""The administrator's commands about people: appoint, end, withdraw a token, recognise a person.

What is decided is an event first; then the directory follows, which has names and tokens.
"""

import asyncio
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from pydantic import BaseModel

from services.routing import county, people, tables
from services.routing.administration import STREAMS, Decided, Office, stream_of
from services.routing.case import CASE
from services.routing.orders import Appointment, Leaving, Recognition, TokenLost
from services.routing.people import Held
from shared.acts.check import require
from shared.contracts.routing import OfficerAppointed, TokenIssued, TokenWithdrawn
from shared.copies import matters
from shared.copies.packs import pack_in_force
from shared.copies.units import above, check_within, founded_county, known_unit
from shared.identity.officer import Officer
from shared.identity.officers import Officers, TermOfOffice, new_officer_id
from shared.room import key_id
from shared.store.requests import Answer, Request
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.vault.vault import Vault

TOKEN_LASTS = timedelta(days=366)
"""For how long a token is good, if the term does not end before."""


class OfficerEntry(BaseModel):
    """An appointment: whose it is, and from when until when where that is known.

    ``active`` says whether its token is good now; ``instead_of`` for whom a substitute stands.
    """

    id: str
    name: str
    unit: str
    post: str
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    token_until: datetime | None = None
    instead_of: str | None = None
    active: bool | None = None


class Left(Answer):
    """The answer to a leaving, with the open matters that its holder had a hand in."""

    open_work: tuple[str, ...]


class Appointments(Office):
    """Who holds which post, as far as the administrator's own unit reaches."""

    def __init__(self, store: Store, officers: Officers, vault: Vault) -> None:
        super().__init__(store)
        self._officers = officers
        self._vault = vault

    async def appoint(
        self, order: Appointment, officer: Officer, request: Request | None = None
    ) -> tuple[str, str]:
        """Give somebody a post (任命); returns the appointment's id and a new token, shown once.

        The event comes first. When the directory fails after it, say it again with the same
        ``request``: the same appointment is entered, and no second event. Raises Invalid
        ``name.missing``, ``unit.unknown``, ``post.unknown`` or ``term.*``; Refused
        ``unit.not-yours``, ``substitute.not-possible``, ``appointment.over``.
        """
        require(order.name, "name", "姓名")
        fresh = new_officer_id()
        person = await self.store.read(lambda sql: _person(sql, order, fresh))
        name = await self._commitment(person, order.name)

        def decide(tx: Transaction) -> Decided:
            wanted = _wanted(tx.sql, order, fresh, person, name)
            return _appointing(tx, order, wanted, officer)

        done = await self.recorded(decide, officer, request)
        if order.officer not in (None, done.number) and not order.besides:
            await asyncio.to_thread(self._officers.silence, str(order.officer))
        return await self._enter(order.name, str(done.number))

    async def leave(
        self, officer_id: str, order: Leaving, officer: Officer, request: Request | None
    ) -> Left:
        """End an appointment, its token and sessions with it (离任).

        Raises Unknown ``officer.unknown``; Refused ``appointment.over``, ``unit.not-yours`` or
        ``successor.of-another-unit``.
        """
        require(order.reason, "reason", "离任原因")
        work = await self.store.read(lambda sql: self._open_work(sql, officer_id))

        def decide(tx: Transaction) -> Decided:
            leaver = _reached(tx, officer_id, officer)
            heir = order.successor
            successor = (heir, _held(tx, heir)) if heir else None
            fact = people.leave(leaver, officer_id, order.reason, work, successor, tx.now)
            return ([fact] if fact else []), officer_id

        done = await self.recorded(decide, officer, request)
        await asyncio.to_thread(self._officers.silence, officer_id)
        return Left(**done.model_dump(), open_work=tuple(work))

    async def withdraw_token(
        self, officer_id: str, order: TokenLost, officer: Officer, request: Request | None
    ) -> Answer:
        """End an officer's token and sessions (收回令牌); the post stays."""
        require(order.reason, "reason", "收回原因")

        def decide(tx: Transaction) -> Decided:
            people.current(_reached(tx, officer_id, officer), officer_id, tx.now, "officer")
            return [TokenWithdrawn(officer=officer_id, reason=order.reason)], officer_id

        done = await self.recorded(decide, officer, request)
        await asyncio.to_thread(self._officers.silence, officer_id)
        return done

    async def recognise(
        self, officer_id: str, order: Recognition, officer: Officer, request: Request | None
    ) -> Answer:
        """Say that an appointment is of somebody who has others (同一人)."""
        require(order.reason, "reason", "依据")

        def decide(tx: Transaction) -> Decided:
            one, other = (_reached(tx, each, officer) for each in (officer_id, order.same_as))
            fact = people.recognise(one, officer_id, other, order.same_as, order.reason)
            return ([fact] if fact else []), officer_id

        return await self.recorded(decide, officer, request)

    async def officers(self, officer: Officer, at: datetime | None = None) -> list[OfficerEntry]:
        """Every appointment, or who held which post at a moment; names as the directory has them.

        Raises Refused ``post.not-competent``.
        """
        county.check_competent(officer)
        known = await asyncio.to_thread(self._officers.all)
        if at is None:
            return [_entry(each, tenure) for each, tenure in known]
        names = {each.id: each.name for each, _ in known}
        held = await self.store.read(lambda sql: tables.posts(sql, at))
        return [
            OfficerEntry(**dict(each), id=each.officer, name=names.get(each.officer, ""))
            for each in held
        ]

    async def _commitment(self, person: str, name: str) -> str:
        key = key_id(uuid5(STREAMS, f"person/{person}"), "name")
        await asyncio.to_thread(self._vault.ensure, [key])
        return await asyncio.to_thread(self._vault.commitment, key, name)

    async def _enter(self, name: str, officer_id: str) -> tuple[str, str]:
        """The directory follows what is on record; an old request brings back nothing given up."""
        now = self.store.clock()
        found = await self.store.write(lambda tx: _held(tx, officer_id))
        fact = people.current(found, officer_id, now, "officer").fact
        ends = _token_until(fact, now)
        tenure = TermOfOffice(fact.person, fact.since, fact.until, ends, fact.instead_of)
        entry = Officer(officer_id, name, fact.unit, fact.post)
        return officer_id, await asyncio.to_thread(self._officers.enter, entry, tenure)

    def _open_work(self, sql: Sql, officer_id: str) -> list[str]:
        """The numbers of the open matters of the officer's unit that the officer had a hand in."""
        post = sql.one("SELECT unit FROM posts WHERE officer = ?", (officer_id,))
        if post is None:
            return []
        return [
            number
            for case, number in matters.open_of(sql, post["unit"])
            if self._had_a_hand(sql, case, officer_id)
        ]

    def _had_a_hand(self, sql: Sql, case: UUID, officer_id: str) -> bool:
        history = tables.history(sql, self.store.recorder.spell_id(case))
        acted = any(event.envelope.actor.officer == officer_id for event in history)
        return acted and not CASE.fold(history).closed


def _wanted(sql: Sql, order: Appointment, fresh: str, person: str, name: str) -> OfficerAppointed:
    return OfficerAppointed(
        officer=fresh,
        person=person,
        name=name,
        post=order.post,
        unit=known_unit(sql, order.unit).code,
        since=order.since,
        until=order.until,
        instead_of=order.instead_of,
    )


def _appointing(
    tx: Transaction, order: Appointment, wanted: OfficerAppointed, officer: Officer
) -> Decided:
    _check_reach(tx.sql, wanted.unit, officer)
    before = _reached(tx, order.officer, officer) if order.officer else None
    if before is not None and people.is_same(before, wanted, tx.now):
        known = before.fact.officer
        return [TokenIssued(officer=known, until=_token_until(before.fact, tx.now))], known
    if before is None and order.officer:
        wanted = wanted.model_copy(update={"officer": order.officer})
    principal = _held(tx, order.instead_of) if order.instead_of else None
    parties = pack_in_force(tx.sql, wanted.unit).parties
    people.check_appointed(wanted, parties, principal, tx.now)
    if before is None or order.besides:
        return [wanted], wanted.officer
    return people.in_place_of(before, wanted, tx.now), wanted.officer


def _reached(tx: Transaction, officer_id: str, officer: Officer) -> Held | None:
    """An appointment within the administrator's reach; raises Refused ``unit.not-yours``."""
    found = _held(tx, officer_id)
    if found is not None:
        _check_reach(tx.sql, found.fact.unit, officer)
    return found


def _check_reach(sql: Sql, unit: str, officer: Officer) -> None:
    """An administrator reaches the own unit's tree; the root's, who supervises it from outside.

    Raises Refused ``unit.not-yours``.
    """
    county = founded_county(sql)
    supervises = county is not None and unit in above(sql, county.root)
    if not (supervises and county is not None and officer.unit == county.root):
        check_within(sql, unit, officer.unit)


def _held(tx: Transaction, officer_id: str) -> Held | None:
    """How an appointment stands, of the person whose it is known to be by now."""
    found = people.held(tx.load(stream_of("officer", officer_id, "").id))
    if found is None:
        return None
    person = tables.person_of(tx.sql, officer_id)
    return replace(found, fact=found.fact.model_copy(update={"person": person}))


def _token_until(fact: OfficerAppointed, now: datetime) -> datetime:
    return min(filter(None, (fact.until, now + TOKEN_LASTS)))


def _entry(officer: Officer, tenure: TermOfOffice | None) -> OfficerEntry:
    known = asdict(tenure) if tenure else {}
    said = {"id": officer.id, "name": officer.name, "unit": officer.unit, "post": officer.post}
    return OfficerEntry(**said, **known, active=tenure is not None)


def _person(sql: Sql, order: Appointment, fresh: str) -> str:
    """Whose appointment it is to be: of the one named, or of somebody new."""
    return tables.person_of(sql, order.officer) if order.officer else fresh
