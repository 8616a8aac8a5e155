"""What intake stores: what was heard (登记)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.acts import ActTaken, Judged
from shared.contracts.catalogue import Fact, UtcTime, event
from shared.contracts.sealed import Sealed

Channel = Literal["message_board", "call", "newspaper", "post", "visit", "import"]


@event("intake.incident-registered.v1")
class IncidentRegistered(Fact):
    """An incident was entered (登记): what was said, where and when; never who said it.

    ``number`` (事件编号) is what people quote and never changes. ``contact`` is there only where
    the sender asked to be answered, and is opened only to reply.
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


@event("intake.history-recorded.v1")
class HistoryRecorded(Fact):
    """What an imported message's file says of its past (历史答复).

    ``unit`` is the code of the replying unit where its name is known in this county, otherwise the
    registering unit; ``named`` is the name as the file has it. ``left_open`` keeps an unanswered
    message open instead of closing it as history.
    """

    number: str
    posted_at: UtcTime
    unit: str
    named: str
    reply: Sealed | None
    replied_at: UtcTime | None
    left_open: bool


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
