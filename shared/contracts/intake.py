"""What intake stores: what was heard (登记)."""

from typing import Any, Literal
from uuid import UUID

from shared.contracts.catalogue import Contract, Fact, UtcTime, event, upcaster
from shared.contracts.sealed import Sealed

Channel = Literal["message_board", "call", "newspaper", "post", "visit", "import"]


ImportField = Literal[
    "message_id", "category", "title", "posted_at", "body", "replied_at", "reply", "replying_unit"
]
"""What a column of a file of old messages can mean; there is none for whoever spoke."""


class Provenance(Contract):
    """Where an imported event comes from (来源): the file's digest and the row in it.

    ``file`` is ``sha256:<hex>`` of the file's bytes. ``row`` is what people see in their program:
    the heading is row 1.
    """

    file: str
    row: int


@event("intake.incident-registered.v2")
class IncidentRegistered(Fact):
    """An incident was entered (登记): what was said, where and when; never who said it.

    ``number`` (事件编号) is what people quote and never changes. ``contact`` is there only where
    the sender asked to be answered, and is opened only to reply. ``provenance`` is none for what
    was registered live.
    """

    number: str
    channel: Channel
    category: str
    title: Sealed
    body: Sealed | None
    contact: Sealed | None
    link: str | None
    posted_at: UtcTime | None
    discovered_at: UtcTime | None
    message_id: str | None
    provenance: Provenance | None = None


@upcaster("intake.incident-registered.v1", "intake.incident-registered.v2")
def registered_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first version did not say from which file it came."""
    return {**data, "provenance": None}


@event("intake.history-recorded.v2")
class HistoryRecorded(Fact):
    """What an imported message's file says of its past (历史答复).

    ``unit`` is the code of the replying unit where its name is known in this county, otherwise the
    registering unit; ``named`` is the name as the file has it. ``left_open`` keeps an unanswered
    message open instead of closing it as history. ``days_only`` names those of ``posted_at`` and
    ``replied_at`` of which the file has the day without a time: the moment is then our reading.
    """

    number: str
    posted_at: UtcTime
    unit: str
    named: str
    reply: Sealed | None
    replied_at: UtcTime | None
    left_open: bool
    days_only: tuple[str, ...] = ()
    provenance: Provenance | None = None


@upcaster("intake.history-recorded.v1", "intake.history-recorded.v2")
def history_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first version did not say from which file it came, nor what was a day only."""
    return {**data, "days_only": [], "provenance": None}


@event("intake.incident-linked.v1")
class IncidentLinked(Fact):
    """The incident repeats another and is handled there (并案)."""

    to: UUID
    to_number: str
    grounds: str


@event("intake.incident-voided.v1")
class IncidentVoided(Fact):
    """The incident was registered in error (作废); its record stays."""

    reason: str


class Column(Contract):
    """A heading as a unit's files have it, and what it means."""

    heading: str
    field: ImportField


@event("intake.field-map-saved.v1")
class FieldMapSaved(Fact):
    """What the headings in a unit's files of old messages mean (列名对照), all of them anew."""

    columns: tuple[Column, ...]
