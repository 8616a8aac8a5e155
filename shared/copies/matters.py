"""A room's own copy of matters (事项) and what was done about them, as far as rules ask for it.

No words of anybody are kept here. What is said before a matter's registration has arrived is kept
all the same, so that the order in which rooms are heard does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter

from shared.acts.deed import (
    HEARD_FROM,
    Ended,
    corrected,
    deed_of,
    of_unit,
    subject_of,
    why_ended,
)
from shared.clock import from_micros, to_micros
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, Standing
from shared.contracts.intake import IncidentRegistered, RegistrationCorrected
from shared.contracts.routing import CaseRepinned, StandingConflictFound, StateDeclared
from shared.copies.units import unit_id, upwards
from shared.errors import Unknown
from shared.policy.engine.deeds import Deed, Matter
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql, upsert
from shared.store.tracking import all_tracked

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS matters (id TEXT PRIMARY KEY, registered TEXT, pin TEXT,"
    " standing TEXT)",
    "CREATE TABLE IF NOT EXISTS endings (event TEXT PRIMARY KEY, incident TEXT, because TEXT,"
    " at BIGINT)",
    "CREATE INDEX IF NOT EXISTS endings_of_incident ON endings (incident)",
    "CREATE TABLE IF NOT EXISTS overruled (event TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS deeds (incident TEXT, id TEXT, deed TEXT,"
    " PRIMARY KEY (incident, id))",
)

FACTS: tuple[type[Fact], ...] = tuple(fact for facts in HEARD_FROM.values() for fact in facts)
"""What is heard of matters."""

STANDING = (
    "SELECT * FROM endings WHERE NOT EXISTS"
    " (SELECT 1 FROM overruled WHERE overruled.event = endings.event)"
)
"""The endings of matters that stand."""

_HEARD = frozenset(FACTS)
_SUBJECT, _DEED = TypeAdapter(Matter), TypeAdapter(Deed)


@dataclass(frozen=True, slots=True)
class Heard:
    """A matter as it was heard of: what rules ask of it, its rules, and whether it is live."""

    subject: Matter
    pin: str | None
    standing: Standing


def kept_by(room: str, facts: Sequence[type[Fact]] = FACTS, *, imported: bool = True) -> ReadModel:
    """The copy of a room, which has what it did itself in its own events and keeps it not again.

    Without ``imported`` nothing is kept of what was done before this system.
    """

    def fold(sql: Sql, batch: Sequence[Placed]) -> None:
        for _, event in batch:
            if imported or event.envelope.standing == "live":
                own = event.envelope.service == room and not of_unit(event)
                hear(sql, event, deeds=not own)

    tables = {"matters": ("id",), "deeds": ("incident", "id")}
    endings = {"endings": ("event",), "overruled": ("event",)}
    return ReadModel(tables | endings, _SCHEMA, facts, fold)


def matter(sql: Sql, incident: UUID) -> Heard | None:
    """What was heard of a matter itself, or none before its registration has arrived."""
    row = sql.one("SELECT * FROM matters WHERE id = ?", (str(incident),))
    if row is None or row["registered"] is None:
        return None
    subject = _SUBJECT.validate_json(row["registered"])
    ending = ended(sql, incident)
    if ending is not None:
        subject = replace(subject, ended=ending)
    return Heard(subject, row["pin"], row["standing"])


def ended(sql: Sql, incident: UUID) -> tuple[Ended, datetime] | None:
    """Why nothing is owed on a matter any more, and since when (UTC), or none.

    The first that was recorded is what counts, of those that stand: none does that did not know
    what had been published or closed.
    """
    first = f"SELECT because, at FROM ({STANDING}) e WHERE incident = ? ORDER BY at LIMIT 1"
    row = sql.one(first, (str(incident),))
    return (row["because"], from_micros(row["at"])) if row else None


def overruled(sql: Sql) -> set[UUID]:
    """The events that end nothing, whatever they say."""
    return {UUID(row["event"]) for row in sql.all("SELECT event FROM overruled")}


def standing(sql: Sql, incident: UUID) -> Literal["open", "voided", "linked"]:
    """Whether a matter stands on its own, or was voided or linked."""
    ending = ended(sql, incident)
    return ending[0] if ending and ending[0] != "history" else "open"


def deeds(sql: Sql, incident: UUID) -> list[Deed]:
    """What was done about a matter, as other rooms say."""
    rows = sql.all("SELECT deed FROM deeds WHERE incident = ?", (str(incident),))
    return [_DEED.validate_json(row["deed"]) for row in rows]


def repinned(sql: Sql, incident: UUID) -> str | None:
    """The pin of the rules that a matter was put under since its registration, or none."""
    row = sql.one("SELECT pin FROM matters WHERE id = ?", (str(incident),))
    return row["pin"] if row else None


def declared(sql: Sql, unit: str) -> list[Deed]:
    """What was declared for a unit and for those above it."""
    told = (deed for each in upwards(sql, unit) for deed in deeds(sql, unit_id(each)))
    return [deed for deed in told if deed.act == "declare"]


def hear(sql: Sql, event: Recorded, *, deeds: bool = True) -> None:
    """Keep what an event says of its matter; events that say nothing of one are passed over.

    Without ``deeds`` it is not kept what was done: a room has its own acts in its own events.
    """
    if type(event.fact) not in _HEARD:
        return
    if of_unit(event) and not isinstance(event.fact, StateDeclared):
        return  # what is declared for a unit is kept; what is done in its days is no matter's
    told, incident = event.envelope, str(event.envelope.correlation)
    deed = deed_of(event) if deeds else None
    if deed is not None:
        sql.execute(
            "INSERT INTO deeds VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (incident, str(deed.id), _DEED.dump_json(deed, exclude_defaults=True).decode()),
        )
    match event.fact:
        case IncidentRegistered():
            _register(sql, event)
        case RegistrationCorrected() as fact:
            known = matter(sql, told.correlation)
            assert known is not None  # intake says it after the registration
            _keep(sql, incident, registered=_written(corrected(known.subject, fact)))
        case CaseRepinned() as fact:
            _keep(sql, incident, pin=fact.pin)
        case StandingConflictFound() as fact:
            overrule = "INSERT INTO overruled VALUES (?) ON CONFLICT DO NOTHING"
            sql.execute(overrule, (str(fact.ended),))
        case _ if because := why_ended(event):
            row = (str(told.id), incident, because, to_micros(told.recorded_at))
            sql.execute("INSERT INTO endings VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        case _:
            pass


def unknown_incident(sql: Sql, name: str) -> Unknown:
    """The error for an incident not known here, and up to where intake has been heard."""
    heard = all_tracked(sql).get("intake")
    resting = f"（依据 intake:{heard.position} 及以前的登记）" if heard else ""
    again = "；刚登记的, 请带上登记应答中的 position 作为 after 重试" if heard else ""
    return Unknown(
        "incident.unknown",
        f"没有编号或标识为“{name}”的事件{resting}。",
        f"请用 huiyin ledger 查看编号{again}。",
        "incident",
    )


def _register(sql: Sql, event: Recorded) -> None:
    """Hearing of it again changes nothing; it may be under other rules since, heard of before."""
    told = event.envelope
    sql.execute(
        "INSERT INTO matters (id, registered, pin, standing) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET"
        " registered = COALESCE(matters.registered, excluded.registered),"
        " pin = COALESCE(matters.pin, excluded.pin),"
        " standing = COALESCE(matters.standing, excluded.standing)",
        (str(told.correlation), _written(subject_of(event)), told.policy, told.standing),
    )


def _keep(sql: Sql, incident: str, **columns: str | int) -> None:
    upsert(sql, "matters", incident, columns, {})


def _written(subject: Matter) -> str:
    return _SUBJECT.dump_json(subject).decode()
