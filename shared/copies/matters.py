"""A room's own copy of matters (事项): whose they are, and what was done that rules ask for.

No words of anybody are kept here. What is said before a matter's registration has arrived is kept
all the same, so that the order in which rooms are heard does not matter; it is found once that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter

from shared.acts.competence import Involved
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
from shared.contracts import routing
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, Standing
from shared.contracts.intake import IncidentRegistered, RegistrationCorrected
from shared.copies.units import unit_id, upwards
from shared.errors import Unknown
from shared.policy.engine.deeds import Deed, Matter
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql, upsert
from shared.store.tracking import all_tracked

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, number TEXT UNIQUE, unit TEXT,"
    " answered BIGINT, lead TEXT, co_handling TEXT, registered TEXT, pin TEXT, standing TEXT)",
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
_REGISTERED = ("number", "unit", "registered", "pin", "standing")
_SUBJECT, _DEED = TypeAdapter(Matter), TypeAdapter(Deed)


@dataclass(frozen=True, slots=True)
class Heard:
    """A matter as it was heard of: what rules ask of it, its rules, and whether it is live."""

    subject: Matter
    pin: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident: whether it stands on its own (并案 linked), is answered, and whose it is."""

    id: UUID
    number: str
    unit: str
    standing: Literal["open", "linked", "voided"]
    answered: bool
    lead: str | None
    co_handling: tuple[str, ...]

    @property
    def involved(self) -> Involved:
        """The units that take part."""
        return Involved(self.unit, self.lead, self.co_handling)

    @property
    def concerned(self) -> str:
        """The unit that has the matter in hand."""
        return self.involved.concerned


def kept_by(room: str, facts: Sequence[type[Fact]] = FACTS, *, imported: bool = True) -> ReadModel:
    """The copy of a room, which has what it did itself in its own events and keeps it not again.

    Without ``imported`` no more is kept of what was before this system than whose it was.
    """

    def fold(sql: Sql, batch: Sequence[Placed]) -> None:
        for _, event in batch:
            whole = imported or event.envelope.standing == "live"
            _know(sql, event, whole=whole)
            if whole:
                own = event.envelope.service == room and not of_unit(event)
                hear(sql, event, deeds=not own)

    tables = {"incidents": ("id",), "deeds": ("incident", "id")}
    endings = {"endings": ("event",), "overruled": ("event",)}
    return ReadModel(tables | endings, _SCHEMA, facts, fold)


def find(sql: Sql, name: str) -> KnownIncident:
    """The incident with that number or id; raises Unknown ``incident.unknown``."""
    row = sql.one("SELECT * FROM incidents WHERE number = ? OR id = ?", (name, name))
    if row is None or row["number"] is None:
        raise unknown_incident(sql, name)
    id_ = UUID(row["id"])
    return KnownIncident(
        id_,
        row["number"],
        row["unit"],
        standing(sql, id_),
        bool(row["answered"]),
        row["lead"],
        tuple(filter(None, (row["co_handling"] or "").split(";"))),
    )


def open_of(sql: Sql, unit: str) -> list[tuple[UUID, str]]:
    """The matters with their numbers that a unit takes part in and that nothing has ended."""
    rows = sql.all(
        "SELECT id, number FROM incidents WHERE (unit = ? OR lead = ? OR ';' || co_handling || ';'"
        " LIKE ?) AND standing = 'live' ORDER BY number",
        (unit, unit, f"%;{unit};%"),
    )
    known = [(UUID(row["id"]), str(row["number"])) for row in rows]
    return [each for each in known if standing(sql, each[0]) == "open"]


def matter(sql: Sql, incident: UUID) -> Heard | None:
    """What was heard of a matter itself, or none before its registration has arrived."""
    row = sql.one("SELECT * FROM incidents WHERE id = ?", (str(incident),))
    if row is None or row["registered"] is None:
        return None
    subject = _SUBJECT.validate_json(row["registered"])
    subject = replace(subject, ended=ended(sql, incident))
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


def pin_of(sql: Sql, incident: UUID) -> str | None:
    """The pin of the rules that a matter is under, or none as far as nothing is told of that."""
    row = sql.one("SELECT pin FROM incidents WHERE id = ?", (str(incident),))
    return row["pin"] if row else None


def declared(sql: Sql, unit: str) -> list[Deed]:
    """What was declared for a unit and for those above it."""
    told = (deed for each in upwards(sql, unit) for deed in deeds(sql, unit_id(each)))
    return [deed for deed in told if deed.act == "declare"]


def hear(sql: Sql, event: Recorded, *, deeds: bool = True) -> None:
    """Keep what an event says of its matter; events that say nothing of one are passed over.

    Without ``deeds`` it is not kept what was done: a room has its own acts in its own events.
    """
    of_day = of_unit(event) and not isinstance(event.fact, routing.StateDeclared)
    if of_day or type(event.fact) not in _HEARD:
        return  # what is declared for a unit is kept; what is done in its days is no matter's
    told, incident = event.envelope, str(event.envelope.correlation)
    deed = deed_of(event) if deeds else None
    if deed is not None:
        written = _DEED.dump_json(deed, exclude_defaults=True).decode()
        _add(sql, "deeds", incident, str(deed.id), written)
    match event.fact:
        case RegistrationCorrected() as fact:
            known = matter(sql, told.correlation)
            assert known is not None  # intake says it after the registration
            _keep(sql, incident, registered=_written(corrected(known.subject, fact)))
        case routing.CaseRepinned() as fact:
            _keep(sql, incident, pin=fact.pin)
        case routing.StandingConflictFound() as fact:
            _add(sql, "overruled", str(fact.ended))
        case _ if because := why_ended(event):
            _add(sql, "endings", str(told.id), incident, because, to_micros(told.recorded_at))
        case _:
            pass


def unknown_incident(sql: Sql, name: str) -> Unknown:
    """The error for an incident not known here, and up to where intake has been heard."""
    heard = all_tracked(sql).get("intake")
    resting = f"（依据 intake:{heard.position} 及以前的登记）" if heard else ""
    again = "；刚登记的, 请带上登记应答中的 position 作为 after 重试" if heard else ""
    said = f"没有编号或标识为“{name}”的事件{resting}。"
    return Unknown("incident.unknown", said, f"请用 huiyin ledger 查看编号{again}。", "incident")


def _know(sql: Sql, event: Recorded, *, whole: bool) -> None:
    """Keep whose a matter is and whether it was answered; ``whole`` also what rules ask of it."""
    incident = str(event.envelope.correlation)
    match event.fact:
        case IncidentRegistered() as fact:
            _register(sql, event, fact.number, whole=whole)
        case routing.IncidentAssigned() as fact:
            _keep(sql, incident, lead=fact.lead, co_handling=";".join(fact.co_handling))
        case routing.ReplyPublished():
            _keep(sql, incident, answered=1)
        case _:
            pass


def _register(sql: Sql, event: Recorded, number: str, *, whole: bool) -> None:
    """Hearing of it again changes nothing; it may be under other rules since, heard of before."""
    told = event.envelope
    ruled = (_written(subject_of(event)), told.policy, told.standing) if whole else (None,) * 3
    sql.execute(
        "INSERT INTO incidents (id, number, unit, answered, registered, pin, standing)"
        " VALUES (?, ?, ?, 0, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        + ",".join(f" {key} = COALESCE(incidents.{key}, excluded.{key})" for key in _REGISTERED),
        (str(told.correlation), number, told.unit, *ruled),
    )


def _add(sql: Sql, table: str, *row: str | int) -> None:
    """Hearing of it again changes nothing."""
    marks = ", ".join("?" * len(row))
    sql.execute(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", row)


def _keep(sql: Sql, incident: str, **columns: str | int) -> None:
    upsert(sql, "incidents", incident, columns, {"answered": 0})


def _written(subject: Matter) -> str:
    return _SUBJECT.dump_json(subject).decode()
