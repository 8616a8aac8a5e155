"""What intake stores: what was heard (登记)."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.catalogue import ActTaken, Contract, Fact, Judged, UtcTime, event, upcaster
from shared.contracts.sealed import Sealed

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


@event("intake.incident-registered.v4")
class IncidentRegistered(Fact):
    """An incident or other matter was entered (登记): what was said, where and when; never by whom.

    ``number`` (事件编号) is what people quote and never changes. ``contact`` is there only where
    the sender asked to be answered, and is opened only to reply. ``provenance`` is none for what
    was registered live. ``matter`` says what kind of matter it is (事项类型), ``sets`` what was
    judged of it at once, ``happened_at`` and ``planned_at`` when what it is about happened or is to
    take place. ``fields``, ``filled`` and ``breaches`` are as those of acts.
    """

    ACT = "register"

    number: str
    channel: str
    category: str
    title: Sealed
    body: Sealed | None
    contact: Sealed | None
    link: str | None
    posted_at: UtcTime | None
    discovered_at: UtcTime | None
    message_id: str | None
    provenance: Provenance | None = None
    matter: str = "incident"
    sets: Judged = Field(default_factory=dict)
    happened_at: UtcTime | None = None
    planned_at: UtcTime | None = None
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()


@upcaster("intake.incident-registered.v1", "intake.incident-registered.v2")
def registered_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first version did not say from which file it came."""
    return {**data, "provenance": None}


@upcaster("intake.incident-registered.v2", "intake.incident-registered.v3")
def registered_v2_to_v3(data: dict[str, Any]) -> dict[str, Any]:
    """The second version knew incidents alone, and nothing that was judged of them at once."""
    moments = {"happened_at": None, "planned_at": None}
    return {**data, "matter": "incident", "sets": {}, **moments}


@upcaster("intake.incident-registered.v3", "intake.incident-registered.v4")
def registered_v3_to_v4(data: dict[str, Any]) -> dict[str, Any]:
    """The third version had no form, and no gates that mark a breach."""
    return {**data, "fields": None, "filled": [], "breaches": []}


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


@event("intake.incident-linked.v2")
class IncidentLinked(Fact):
    """The incident repeats another and is handled there (并案).

    ``knew`` are the publications and closings of it that intake had heard of.
    """

    ACT = "link"

    to: UUID
    to_number: str
    grounds: str
    knew: tuple[UUID, ...] = ()


@upcaster("intake.incident-linked.v1", "intake.incident-linked.v2")
def linked_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first version did not say what it knew."""
    return {**data, "knew": []}


@event("intake.incident-voided.v2")
class IncidentVoided(Fact):
    """The incident was registered in error (作废); its record stays.

    ``knew`` are the publications and closings of it that intake had heard of.
    """

    ACT = "void"

    reason: str
    knew: tuple[UUID, ...] = ()


@upcaster("intake.incident-voided.v1", "intake.incident-voided.v2")
def voided_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first version did not say what it knew."""
    return {**data, "knew": []}


class Column(Contract):
    """A heading as a unit's files have it, and what it means."""

    heading: str
    field: ImportField


@event("intake.field-map-saved.v1")
class FieldMapSaved(Fact):
    """What the headings in a unit's files of old messages mean (列名对照), all of them anew."""

    columns: tuple[Column, ...]


@event("intake.matter-noted.v1")
class MatterNoted(ActTaken):
    """Something about the matter was put on record (记录): facts, evidence, how it goes on."""

    ACT = "note"

    worse: bool = False


@event("intake.registration-corrected.v1")
class RegistrationCorrected(Fact):
    """A moment or axis of the registration was wrong (更正); what was written stays on record.

    Only what is given is corrected.
    """

    ACT = "correct"

    occurred_at: UtcTime | None = None
    posted_at: UtcTime | None = None
    discovered_at: UtcTime | None = None
    planned_at: UtcTime | None = None
    sets: Judged = Field(default_factory=dict)
    grounds: str


class UnitAct(ActTaken):
    """Base of acts of a unit's day (单位日常): ``period`` is what it is about, where that is named.

    ``shortfall`` and the like are not said here: the rules make them of what was done.
    """

    period: str | None = None


@event("intake.channels-browsed.v1")
class ChannelsBrowsed(UnitAct):
    """The channels were looked through (浏览)."""

    ACT = "browse"

    channels: tuple[str, ...] = ()


@event("intake.summary-made.v1")
class SummaryMade(UnitAct):
    """What was heard in a period was summed up (汇总); ``items`` are the matters it tells of."""

    ACT = "summarise"

    items: tuple[UUID, ...] = ()


@event("intake.zero-reported.v1")
class ZeroReported(UnitAct):
    """There was nothing to report, and that was said (零报告)."""

    ACT = "zero_report"


@event("intake.shift-worked.v1")
class ShiftWorked(UnitAct):
    """Somebody was on duty from one moment to another (值班); ``leader`` says in which post."""

    ACT = "shift"

    begins: UtcTime
    ends: UtcTime
    leader: str | None = None


@event("intake.return-filed.v1")
class ReturnFiled(UnitAct):
    """A return was filled in and sent (填报)."""

    ACT = "file_return"


@event("intake.inspection-made.v1")
class InspectionMade(UnitAct):
    """Something was looked over (检查)."""

    ACT = "inspect"


@event("intake.drill-held.v1")
class DrillHeld(UnitAct):
    """An emergency was rehearsed (演练)."""

    ACT = "drill"


@event("intake.activity-conducted.v1")
class ActivityConducted(UnitAct):
    """A meeting, training or campaign was held (开展)."""

    ACT = "conduct"
