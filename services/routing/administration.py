"""The administrator's commands: found the county, establish units, appoint officers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.routing import county, tables
from services.routing.adopting import adoption
from shared.acts.check import require
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import event_hash
from shared.contracts.routing import (
    CalendarPublished,
    CountyFounded,
    OfficerAppointed,
    PackAdopted,
    PackWithdrawn,
    TermsSet,
    UnitEstablished,
)
from shared.copies.county import founded_county
from shared.copies.packs import baseline, pack_in_force
from shared.copies.units import Unit, all_units, known_unit
from shared.identity.officers import Officer, Officers, new_officer_id
from shared.policy.language.pack import Pack
from shared.store.requests import Answer, Request, once
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction

STREAMS = UUID("0d0c7a4e-3c5b-5f0f-8c57-5a5b6c1f9e21")
"""Namespace from which counties, units and officers get their streams, by their code."""


@dataclass(frozen=True, slots=True)
class Held:
    """A post that was held, and the name of whoever held it, where that was not erased."""

    post: tables.Post
    name: str


class Administration:
    """Who takes part."""

    def __init__(self, store: Store, officers: Officers) -> None:
        self.store = store
        self._officers = officers

    async def found_county(
        self,
        wanted: CountyFounded,
        root_name: str,
        officer: Officer,
        request: Request | None = None,
        *,
        rules: Pack | None = None,
    ) -> Answer:
        """Set up the county's system (建库) and its root unit, which adopts the county's rules.

        Those are the shipped county baseline where no others are given. Said twice, it changes
        nothing. Raises Refused ``county.already-founded`` when it was
        founded otherwise. As everything here, it is for administrators only: Refused
        ``post.not-competent``.
        """
        county.check_competent(officer)

        def work(tx: Transaction) -> Answer:
            facts = county.found(founded_county(tx.sql), wanted, root_name)
            first = adoption(rules or baseline(), wanted.root, "建库")
            adopts = [] if tables.adopted_first(tx.sql, wanted.root) else [first]
            return record(tx, [*facts, *adopts], officer, wanted.code)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def establish_unit(
        self,
        code: str,
        name: str,
        aliases: Sequence[str],
        parent: str | None,
        officer: Officer,
        request: Request | None = None,
    ) -> Answer:
        """Enter a unit (单位登记), directly under the root without ``parent``, or change its entry.

        Raises Invalid ``unit.*``, Refused ``unit.cycle`` or ``county.not-founded``.
        """
        county.check_competent(officer)
        wanted = UnitEstablished(code=code, name=name, aliases=tuple(aliases), parent=parent)

        def work(tx: Transaction) -> Answer:
            facts = county.establish(founded_county(tx.sql), all_units(tx.sql), wanted)
            return record(tx, facts, officer, code)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def appoint(
        self,
        name: str,
        unit: str,
        post: str,
        officer: Officer,
        officer_id: str | None = None,
        request: Request | None = None,
    ) -> tuple[str, str]:
        """Give somebody a post (任命); returns the officer's id and a new token, shown once.

        The event comes first. When the directory fails after it, say it again with the same
        ``request``: the same officer is entered, and no second event. Raises Invalid
        ``name.missing``, ``unit.unknown`` or ``post.unknown``.
        """
        county.check_competent(officer)
        require(name, "name", "姓名")
        appointee = officer_id or new_officer_id()

        def work(tx: Transaction) -> Answer:
            wanted = OfficerAppointed(
                officer=appointee, post=post, unit=known_unit(tx.sql, unit).code
            )
            parties = pack_in_force(tx.sql, unit).parties
            facts = county.appoint(_post(tx, appointee), wanted, parties)
            return record(tx, facts, officer, appointee)

        def held(tx: Transaction) -> OfficerAppointed:
            # An old request repeated must not bring back a post given up since.
            post_now = _post(tx, str(once(tx, request, work).number))
            assert post_now is not None
            return post_now

        now = await self.store.write(held)
        entry = Officer(now.officer, name, now.unit, now.post)
        return now.officer, await asyncio.to_thread(self._officers.enter, entry)

    async def units(self) -> list[Unit]:
        """Every unit, by code."""
        return list((await self.store.read(all_units)).values())

    async def officers(self, officer: Officer) -> list[Officer]:
        """Every officer, for an administrator; raises Refused ``post.not-competent``."""
        county.check_competent(officer)
        return await asyncio.to_thread(self._officers.all)

    async def posts(self, officer: Officer, at: datetime) -> list[Held]:
        """Who held which post at a moment, for an administrator; names as the directory has them.

        Raises Refused ``post.not-competent``.
        """
        names = {each.id: each.name for each in await self.officers(officer)}
        held = await self.store.read(lambda sql: tables.posts(sql, at))
        return [Held(each, names.get(each.officer, "")) for each in held]


def record(tx: Transaction, facts: Sequence[Fact], officer: Officer, code: str) -> Answer:
    """Append each fact to its own stream; the answer quotes ``code`` as the number."""
    by = By(officer.actor, tx.now)
    founded = founded_county(tx.sql)
    root = founded.root if founded else ""
    events = [e for fact in facts for e in tx.append(_matter(fact, root), [fact], by).events]
    tables.MODEL.note(tx.sql, events)
    return Answer(
        incident=None,
        number=code,
        position=f"{tx.source.service}:{tx.position()}",
        events=tuple(event.envelope.type for event in events),
        hash=event_hash(events[-1].raw) if events else None,
    )


def _post(tx: Transaction, officer_id: str) -> OfficerAppointed | None:
    events = tx.load(_stream("officer", officer_id, "").id)
    last = events[-1].fact if events else None
    return last if isinstance(last, OfficerAppointed) else None


def _matter(fact: Fact, root: str) -> Stream:
    match fact:
        case CountyFounded():
            return _stream("county", fact.code, fact.root)
        case UnitEstablished():
            return _stream("unit", fact.code, fact.code)
        case OfficerAppointed():
            return _stream("officer", fact.officer, fact.unit)
        case PackAdopted() | PackWithdrawn():
            return _stream("rules", fact.unit, fact.unit)
        case CalendarPublished():
            return _stream("calendar", str(fact.year), root)
        case TermsSet():
            return _stream("term", fact.name, root)
        case _:
            raise TypeError(fact.TYPE)


def _stream(kind: str, code: str, unit: str) -> Stream:
    stream = uuid5(STREAMS, f"{kind}/{code}")
    return Stream(kind, stream, unit, stream)
