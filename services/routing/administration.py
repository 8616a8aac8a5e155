"""The administrator's commands: found the county, establish units."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

from services.routing import county, tables
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import event_hash
from shared.contracts.routing import (
    AppointmentEnded,
    CalendarPublished,
    CountyFounded,
    OfficerAppointed,
    PackAdopted,
    PackWithdrawn,
    PersonRecognised,
    SupervisorNamed,
    TermsSet,
    TokenIssued,
    TokenWithdrawn,
    UnitEstablished,
)
from shared.copies.packs import baseline
from shared.copies.units import Unit, above, all_units, founded_county
from shared.identity.officer import Officer
from shared.policy.language.pack import Pack
from shared.store.requests import Answer, Request, once
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction

STREAMS = UUID("0d0c7a4e-3c5b-5f0f-8c57-5a5b6c1f9e21")
"""Namespace from which counties, units and officers get their streams, by their code."""


Decided = tuple[Sequence[Fact], str]
"""What was decided, and the code that the answer quotes as its number."""


class Office:
    """Where the county's administrator, and nobody else, decides on more than one matter."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def recorded(
        self, decide: Callable[[Transaction], Decided], officer: Officer, request: Request | None
    ) -> Answer:
        """Record what is decided; a repeated request gets the answer it got before.

        Raises Refused ``post.not-competent``.
        """
        county.check_competent(officer)

        def work(tx: Transaction) -> Answer:
            facts, code = decide(tx)
            return record(tx, facts, officer, code)

        return await self.store.write(lambda tx: once(tx, request, work))


class Administration(Office):
    """Which units take part."""

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

        def decide(tx: Transaction) -> Decided:
            facts = county.found(founded_county(tx.sql), wanted, root_name)
            first = county.adoption(rules or baseline(), wanted.root, "建库")
            adopts = [] if tables.adopted_first(tx.sql, wanted.root) else [first]
            return [*facts, *adopts], wanted.code

        return await self.recorded(decide, officer, request)

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
        wanted = UnitEstablished(code=code, name=name, aliases=tuple(aliases), parent=parent)

        def decide(tx: Transaction) -> Decided:
            return county.establish(founded_county(tx.sql), all_units(tx.sql), wanted), code

        return await self.recorded(decide, officer, request)

    async def name_supervisor(
        self, code: str, name: str | None, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Say which unit judges the root (指定监督单位); with ``name`` it is one from outside.

        Raises Invalid ``unit.*``, Refused ``supervisor.itself`` or ``county.not-founded``.
        """

        def decide(tx: Transaction) -> Decided:
            named = above(tx.sql, found.root) if (found := founded_county(tx.sql)) else ()
            return county.supervise(found, all_units(tx.sql), named, code, name), code

        return await self.recorded(decide, officer, request)

    async def units(self) -> list[Unit]:
        """Every unit, by code."""
        return list((await self.store.read(all_units)).values())


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


def _matter(fact: Fact, root: str) -> Stream:
    match fact:
        case CountyFounded():
            return stream_of("county", fact.code, fact.root)
        case UnitEstablished():
            return stream_of("unit", fact.code, fact.code)
        case SupervisorNamed():
            return stream_of("supervision", fact.unit, fact.unit)
        case OfficerAppointed():
            return stream_of("officer", fact.officer, fact.unit)
        case AppointmentEnded() | PersonRecognised() | TokenIssued() | TokenWithdrawn():
            return stream_of("officer", fact.officer, root)
        case PackAdopted() | PackWithdrawn():
            return stream_of("rules", fact.unit, fact.unit)
        case CalendarPublished():
            return stream_of("calendar", str(fact.year), root)
        case TermsSet():
            return stream_of("term", fact.name, root)
        case _:
            raise TypeError(fact.TYPE)


def stream_of(kind: str, code: str, unit: str) -> Stream:
    """The stream of a county, unit, officer and the like, by its code."""
    stream = uuid5(STREAMS, f"{kind}/{code}")
    return Stream(kind, stream, unit, stream)
