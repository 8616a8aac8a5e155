"""What intake stores: what was heard (登记)."""

from typing import Literal
from uuid import UUID

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
