"""Old messages from files: what is there already, comes in or is refused; what headings mean."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from uuid import UUID, uuid5

from services.intake import accepted, tables
from shared.clock import SHANGHAI
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Recorded, associated_data, decode
from shared.contracts.intake import HistoryRecorded, IncidentRegistered
from shared.contracts.sealed import Sealed
from shared.copies.packs import pin_in_force
from shared.copies.units import Unit, all_units, check_within, known_unit, unknown_unit
from shared.errors import HuiyinError, Invalid, Refused, Unknown, Untrusted
from shared.identity.officer import Officer
from shared.room import key_id
from shared.store.requests import Answer, Request, answer, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction
from shared.vault.vault import Vault

IMPORTS = UUID("5f3b8f0e-6c1c-5c55-9a70-3d1f7a5b0c11")
"""Namespace from which imported messages get their ids, so that a second import meets them."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one row: ``imported``, ``known`` or ``refused`` with the problem.

    ``remarks`` name what is strange about a row that comes in all the same.
    """

    outcome: str
    number: str | None = None
    problem: HuiyinError | None = None
    remarks: tuple[str, ...] = ()


Pairs = Sequence[tuple[UUID, accepted.OldMessage]]
Before = Mapping[UUID, accepted.OldMessage | None]
"""The messages there are, by incident; none for one whose words were erased."""


class Imports:
    """Enters old messages; what is there already, or is refused, changes nothing."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def take(
        self, unit: str, messages: Sequence[accepted.OldMessage], actor: Actor
    ) -> list[Imported]:
        """Enter the messages of a unit, each with its past, in one transaction."""
        pairs = self._identified(unit, messages)
        before = await self.store.read(lambda sql: self._stored(sql, [i for i, _ in pairs]))
        fresh = [incident for incident in dict(pairs) if incident not in before]
        if not fresh:
            return _outcomes(pairs, before, _none_is_new)
        await asyncio.to_thread(self._vault.ensure, _keys(fresh))
        work = partial(self._take, unit=unit, pairs=pairs, before=before, actor=actor)
        return await self.store.write(work)

    async def preview(self, unit: str, messages: Sequence[accepted.OldMessage]) -> list[Imported]:
        """What ``take`` would answer to these messages now; nothing is stored, no key made."""
        pairs, now = self._identified(unit, messages), self.store.clock()

        def look(sql: Sql) -> list[Imported]:
            units = all_units(sql)

            def enter(_: UUID, message: accepted.OldMessage) -> Imported:
                _decided("", message, units)
                return Imported("imported", remarks=accepted.strange(message, now))

            return _outcomes(pairs, self._stored(sql, [i for i, _ in pairs]), enter)

        return await self.store.read(look)

    def incident(self, unit: str, message_id: str) -> UUID:
        """The incident of a unit's old message, the same every time."""
        return uuid5(IMPORTS, f"{self.store.source.node}/{unit}/{message_id}")

    def _identified(self, unit: str, messages: Sequence[accepted.OldMessage]) -> Pairs:
        return [(self.incident(unit, told.message_id), told) for told in messages]

    def _take(
        self, tx: Transaction, *, unit: str, pairs: Pairs, before: Before, actor: Actor
    ) -> list[Imported]:
        late = [incident for incident, _ in pairs if incident not in before]
        units, events = all_units(tx.sql), list[Recorded]()
        pin = pin_in_force(tx.sql, unit)
        numbers = tables.next_numbers(tx.sql, tx.source.node, tx.now.astimezone(SHANGHAI).year)

        def enter(incident: UUID, message: accepted.OldMessage) -> Imported:
            number = numbers.next
            facts = _decided(number, message, units)
            by = By(actor, message.posted_at, standing="imported")
            with tx.savepoint():
                matter = Stream("incident", incident, unit, incident, pin)
                events.extend(tx.append(matter, facts, by).events)
            numbers.take()
            return Imported("imported", number, remarks=accepted.strange(message, tx.now))

        done = _outcomes(pairs, {**before, **self._stored(tx.sql, late)}, enter)
        tables.MODEL.note(tx.sql, events)
        return done

    def _stored(self, sql: Sql, ids: Sequence[UUID]) -> dict[UUID, accepted.OldMessage | None]:
        """The messages that are there already under those ids, their words opened."""
        known = [UUID(found) for found in sorted(tables.known_ids(sql, list(ids)))]
        with suppress(Refused):  # reads all keys at once; what was erased is met again below
            self._vault.ensure(_keys(known))
        events = [decode(raw) for raw in self._beginnings(sql, known)]
        streams = groupby(events, lambda event: event.envelope.stream_id)
        return {incident: self._message(list(begun)) for incident, begun in streams}

    def _beginnings(self, sql: Sql, ids: Sequence[UUID]) -> list[bytes]:
        """How each stream begins: with the two events of its import."""
        if not ids:
            return []
        rows = sql.all(
            "SELECT state FROM stored_events WHERE originator_version <= 2"
            f" AND originator_id IN ({','.join('?' * len(ids))})"
            " ORDER BY originator_id, originator_version",
            [self.store.recorder.spell_id(incident) for incident in ids],
        )
        return [bytes(row["state"]) for row in rows]

    def _message(self, events: Sequence[Recorded]) -> accepted.OldMessage | None:
        registered, history = events
        told, past = registered.fact, history.fact
        assert isinstance(told, IncidentRegistered)
        assert isinstance(past, HistoryRecorded)
        try:
            return accepted.OldMessage(
                message_id=told.message_id or "",
                category=told.category,
                title=self._open(registered, "title", told.title) or "",
                body=self._open(registered, "body", told.body),
                reply=self._open(history, "reply", past.reply),
                **{name: getattr(past, name) for name in accepted.TOLD},
            )
        except (Refused, Unknown, Untrusted):  # erased, or its key is lost
            return None

    def _open(self, event: Recorded, field: str, sealed: Sealed | None) -> str | None:
        return self._vault.open(sealed, associated_data(event.raw, field)) if sealed else None


def _keys(incidents: Sequence[UUID]) -> list[str]:
    """The keys of the words of old messages."""
    return [key_id(incident, subject) for incident in incidents for subject in ("matter", "reply")]


def _none_is_new(incident: UUID, _: accepted.OldMessage) -> Imported:
    raise AssertionError(incident)


def _outcomes(
    pairs: Pairs, before: Before, enter: Callable[[UUID, accepted.OldMessage], Imported]
) -> list[Imported]:
    """What becomes of each message in order; ``enter`` is asked for those that are new."""
    there, done = dict(before), list[Imported]()
    for incident, message in pairs:
        try:
            if incident in there:
                done.append(_again(there[incident], message))
            else:
                done.append(enter(incident, message))
                there[incident] = message
        except (Refused, Invalid) as problem:
            done.append(Imported("refused", problem=problem))
    return done


def _again(before: accepted.OldMessage | None, message: accepted.OldMessage) -> Imported:
    field = accepted.difference(before, message) if before else None
    if field is not None:
        raise accepted.differs(message.message_id, field)
    return Imported("known")


def _decided(
    number: str, message: accepted.OldMessage, units: Mapping[str, Unit]
) -> Sequence[Fact]:
    if message.unit not in units:
        raise unknown_unit(message.unit, "unit")
    return accepted.import_message(number, message)


FIELD_MAPS = UUID("0f4a2c7d-93b1-5e6a-8d35-64c1e2b7a908")
"""Namespace from which a unit's field map gets its id."""


class FieldMaps:
    """One map for each unit."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def read(self, unit: str) -> accepted.Columns:
        """What is kept for the unit, in the order in which it was given."""
        return await self.store.read(lambda sql: tables.field_map(sql, unit))

    async def save(
        self, unit: str, columns: accepted.Columns, officer: Officer, request: Request | None
    ) -> Answer:
        """Keep these instead of what was kept before.

        Raises Invalid ``unit.unknown`` or ``field-map.*``, Refused ``unit.not-yours``.
        """
        stream = uuid5(FIELD_MAPS, f"{self.store.source.node}/{unit}")
        matter = Stream("field-map", stream, unit, stream)

        def work(tx: Transaction) -> Answer:
            known_unit(tx.sql, unit)
            check_within(tx.sql, unit, officer.unit)
            by = By(officer.actor, tx.now)
            facts = accepted.save_field_map(tables.field_map(tx.sql, unit), columns)
            appended = tx.append(matter, facts, by)
            tables.MODEL.note(tx.sql, appended.events)
            return answer(tx, appended, matter, None)

        return await self.store.write(lambda tx: once(tx, request, work))
