"""The incident (事件) as intake sees it: registered, linked or voided. All its rules live here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from services.intake.accepted import check_words
from services.intake.commands import (
    ImportMessage,
    IncidentCommand,
    LinkIncident,
    OldMessage,
    RegisterIncident,
    VoidIncident,
)
from shared.aggregate import Aggregate
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.intake import (
    HistoryRecorded,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused

FUTURE_TOLERATED = timedelta(minutes=5)
"""Clocks of those who report may be ahead of ours by so much."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Whether it is there yet, and whether it still stands on its own."""

    standing: Literal["absent", "open", "linked", "voided"] = "absent"


def evolve(incident: Incident, event: Recorded) -> Incident:
    """Never refuses: every history ever stored loads."""
    match event.fact:
        case IncidentRegistered():
            return replace(incident, standing="open")
        case IncidentLinked():
            return replace(incident, standing="linked")
        case IncidentVoided():
            return replace(incident, standing="voided")
        case _:
            return incident


def decide(incident: Incident, command: IncidentCommand) -> Sequence[Fact]:
    """What a command leads to; raises Refused or Invalid."""
    match command:
        case RegisterIncident():
            return register(incident, command)
        case ImportMessage():
            return import_message(incident, command)
        case LinkIncident():
            return link(incident, command)
        case VoidIncident():
            return void(incident, command)
        case _:
            assert_never(command)


def register(incident: Incident, command: RegisterIncident) -> Sequence[Fact]:
    """Enter an incident once, with a title, and never a state secret."""
    if incident.standing != "absent":
        raise Refused("incident.exists", "这个事件已经登记过。", "请直接办理原事件。")
    heard = command.heard
    if heard.state_secret:
        raise _state_secret()
    _check_text(heard.title, "title", "标题")
    _check_past(heard.posted_at, command.now, "posted_at", "发帖时间")
    _check_past(heard.discovered_at, command.now, "discovered_at", "发现时间")
    return [_registered(command)]


def import_message(incident: Incident, command: ImportMessage) -> Sequence[Fact]:
    """Enter an old message once; a second time adds nothing."""
    if incident.standing != "absent":
        return []
    message = command.message
    check_words(message)
    _check_past(message.posted_at, command.now, "posted_at", "发帖时间")
    _check_past(message.replied_at, command.now, "replied_at", "答复时间")
    _check_reply(message)
    return [_registered_from_file(command), _history(command)]


def link(incident: Incident, command: LinkIncident) -> Sequence[Fact]:
    """Join a duplicate to an incident that stands on its own."""
    _check_open(incident)
    _check_text(command.grounds, "grounds", "并案理由")
    if command.to == command.incident:
        raise Invalid("link.to-itself", "不能并入自己。", "请填写所重复的另一事件的编号。", "to")
    if not command.target_open:
        raise Refused(
            "link.target-not-open",
            f"{command.to_number} 已作废或已并入其他事件, 不能再并入。",
            "请并入最终受理的那个事件。",
            "to",
        )
    return [IncidentLinked(to=command.to, to_number=command.to_number, grounds=command.grounds)]


def void(incident: Incident, command: VoidIncident) -> Sequence[Fact]:
    """Take back a registration made in error, as long as the public has not been answered."""
    _check_open(incident)
    _check_text(command.reason, "reason", "作废理由")
    if command.answered:
        raise Refused(
            "void.already-answered",
            "已对外答复的事件不能作废。",
            "登记内容有误请更正, 或并案处理。",
        )
    return [IncidentVoided(reason=command.reason)]


INCIDENT: Aggregate[Incident, IncidentCommand] = Aggregate(Incident(), evolve, decide)


def _registered(command: RegisterIncident) -> IncidentRegistered:
    heard = command.heard
    return IncidentRegistered(
        number=command.number,
        channel=heard.channel,
        category=heard.category,
        title=Sealed.of(heard.title.strip(), subject="matter"),
        body=Sealed.of(heard.body, subject="matter") if heard.body else None,
        contact=Sealed.of(heard.contact, subject="contact") if heard.contact else None,
        link=heard.link,
        posted_at=heard.posted_at,
        discovered_at=heard.discovered_at or command.now,
        message_id=None,
    )


def _registered_from_file(command: ImportMessage) -> IncidentRegistered:
    message = command.message
    return IncidentRegistered(
        number=command.number,
        channel="import",
        category=message.category,
        title=Sealed.of(message.title.strip(), subject="matter"),
        body=Sealed.of(message.body, subject="matter") if message.body else None,
        contact=None,
        link=None,
        posted_at=message.posted_at,
        discovered_at=None,
        message_id=message.message_id,
        provenance=message.provenance,
    )


def _history(command: ImportMessage) -> HistoryRecorded:
    message = command.message
    return HistoryRecorded(
        number=command.number,
        posted_at=message.posted_at,
        unit=message.unit,
        named=message.named,
        reply=Sealed.of(message.reply, subject="reply") if message.reply else None,
        replied_at=message.replied_at,
        left_open=message.left_open,
        days_only=message.days_only,
        provenance=message.provenance,
    )


def _check_open(incident: Incident) -> None:
    if incident.standing == "voided":
        raise Refused("incident.voided", "事件已作废。", "请另行登记。")
    if incident.standing == "linked":
        raise Refused("incident.linked", "事件已并入另一事件。", "请办理所并入的事件。")


def _check_text(text: str, field: str, name: str) -> None:
    if not text.strip():
        raise Invalid(f"{field}.missing", f"{name}不能为空。", f"请填写{name}。", field)


def _check_past(moment: datetime | None, now: datetime, field: str, name: str) -> None:
    if moment is not None and moment > now + FUTURE_TOLERATED:
        raise Invalid(
            "time.in-future", f"{name}晚于现在。", "请核对年月日与时区（默认为北京时间）。", field
        )


def _check_reply(message: OldMessage) -> None:
    if bool(message.reply) != (message.replied_at is not None):
        raise Invalid(
            "reply.incomplete",
            "答复内容与答复时间只填了一个。",
            "请两个都填, 或两个都留空。",
            "reply" if message.replied_at else "replied_at",
        )
    if message.replied_at is not None and message.replied_at < message.posted_at:
        raise Invalid(
            "reply.before-post", "答复时间早于发帖时间。", "请核对两个时间。", "replied_at"
        )


def _state_secret() -> Refused:
    return Refused(
        "incident.state-secret",
        "涉及国家秘密的内容不得在本系统登记。",
        "请停止在本机处理, 立即向本单位保密工作机构报告, 按保密规定另行办理。",
        "state_secret",
    )
