"""Imported incidents with their replies, read from the audit log; no words are kept.

Two passes, page by page: what intake heard, and then the replies of what was imported, each of
which is opened, read by the rule (receipts.py) and let go.
"""

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from services.reporting.history.imported import Message, Reply, Replying, Says
from services.reporting.history.receipts import emptiness
from services.reporting.ledger import table as ledger_table
from services.reporting.log.log import leaves_of_facts
from services.reporting.unshown import event_of, is_mark, words_of
from shared.acts.deed import deed_of, subject_of
from shared.calendar.working import Calendar, state_council
from shared.contracts import intake, routing
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, associated_data
from shared.copies.calendars import published_year
from shared.copies.reach import Reach
from shared.copies.units import Unit, unit_by_name
from shared.store.sql import Sql
from shared.vault.vault import Vault

_HEARD = (
    intake.IncidentRegistered,
    intake.HistoryRecorded,
    intake.IncidentLinked,
    intake.IncidentVoided,
    routing.UnitEstablished,
    routing.CalendarPublished,
)


@dataclass(frozen=True, slots=True)
class Histories:
    """The imported messages by number.

    ``withdrawn`` counts those that were voided or linked without a reply of their own: nothing is
    owed for them, and they are not among the messages. ``days_only`` counts those of which the
    file gave the day of the reply without a time. ``calendar`` are the working days by then.
    """

    messages: list[Message]
    calendar: Calendar
    withdrawn: int
    days_only: int


@dataclass(slots=True)
class _Heard:
    """What intake's events say, apart from all words, which stay sealed."""

    registered: dict[str, Message] = field(default_factory=dict)
    histories: dict[str, intake.HistoryRecorded] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    units: dict[str, Unit] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=state_council)


def histories(sql: Sql, size: int, vault: Vault, reach: Reach) -> Histories:
    """What was imported within the first ``size`` leaves and reach, with the replies within them.

    Raises what the vault raises for a reply that was altered; one that was erased is unreadable.
    """
    heard = _heard(sql, size)
    if reach.units is not None:
        theirs = {row.incident for row in ledger_table.as_of(sql, size, reach)}
        heard.registered = {name: told for name, told in heard.registered.items() if name in theirs}
    replies = _replies(sql, size, vault, heard)
    owed = [name for name in heard.registered if name in replies or name not in heard.withdrawn]
    told = [heard.histories.get(name) for name in owed]
    messages = [_message(heard, name, replies.get(name, [])) for name in owed]
    return Histories(
        messages=sorted(messages, key=lambda message: message.number),
        calendar=heard.calendar,
        withdrawn=len(heard.registered) - len(owed),
        days_only=sum("replied_at" in each.days_only for each in told if each),
    )


def _heard(sql: Sql, size: int) -> _Heard:
    heard = _Heard()
    for event in _events(sql, size, *_HEARD):
        incident = str(event.envelope.correlation)
        match event.fact:
            case intake.IncidentRegistered() as fact if event.envelope.standing == "imported":
                heard.registered[incident] = _registered(event, fact)
            case intake.HistoryRecorded() as fact:
                heard.histories[incident] = fact
            case intake.IncidentLinked() | intake.IncidentVoided():
                heard.withdrawn.add(incident)
            case routing.UnitEstablished() as fact:
                heard.units[fact.code] = Unit(fact.code, fact.name, fact.aliases, fact.parent)
            case routing.CalendarPublished() as fact:
                heard.calendar = heard.calendar.with_year(published_year(fact))
            case _:
                pass  # registered live
    return heard


def _replies(sql: Sql, size: int, vault: Vault, heard: _Heard) -> dict[str, list[Reply]]:
    replies = defaultdict(list)
    for event in _events(sql, size, routing.ReplyPublished, among=heard.registered):
        deed = deed_of(event)
        assert deed is not None  # publishing is an act
        replies[str(event.envelope.correlation)].append(Reply(deed, _says(vault, event)))
    return replies


def _events(
    sql: Sql, size: int, *facts: type[Fact], among: Container[str] | None = None
) -> Iterator[Recorded]:
    """Events of those kinds, whatever their version, perhaps only of some incidents."""
    for leaf in leaves_of_facts(sql, facts, size):
        if (among is None or leaf.correlation in among) and (event := event_of(leaf)):
            yield event


def _says(vault: Vault, event: Recorded) -> Says:
    fact = event.fact
    assert isinstance(fact, routing.ReplyPublished)
    text = words_of(vault, fact.text, associated_data(event.raw, "text"))
    if is_mark(text):
        return "unreadable"
    return emptiness(text) or "answer"


def _registered(event: Recorded, fact: intake.IncidentRegistered) -> Message:
    """As it was registered: for the unit that it was imported for, and without replies."""
    told = event.envelope
    posted_at = fact.posted_at or told.occurred_at
    return Message(fact.number, Replying(told.unit, "", "unnamed"), posted_at, subject_of(event))


def _message(heard: _Heard, name: str, replies: list[Reply]) -> Message:
    told = heard.registered[name]
    unit = _replying(heard, told.unit.code or "", heard.histories.get(name))
    return replace(told, unit=unit, replies=tuple(replies))


def _replying(heard: _Heard, registering: str, history: intake.HistoryRecorded | None) -> Replying:
    """By the name in the file where that means a unit, or else as the file has it.

    The directory is the one of the log's prefix: a unit established since the import is known.
    """
    named = history.named.strip() if history else ""
    if history and history.unit != registering:
        return _known(heard, history.unit, "directory")
    if unit := unit_by_name(heard.units, named):
        return _known(heard, unit.code, "directory")
    if named:
        return Replying(None, named, "file")
    return _known(heard, registering, "unnamed")


def _known(heard: _Heard, code: str, known_by: Literal["directory", "unnamed"]) -> Replying:
    return Replying(code, heard.units[code].name if code in heard.units else code, known_by)
