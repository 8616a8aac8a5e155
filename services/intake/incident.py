"""The matter (事件) as intake sees it: registered, corrected, linked or voided. Its rules; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, assert_never

from services.intake import acts
from services.intake.accepted import check_words
from services.intake.commands import (
    CorrectRegistration,
    ImportMessage,
    IncidentCommand,
    LinkIncident,
    OldMessage,
    RegisterIncident,
    TakeAct,
    VoidIncident,
)
from services.intake.ruling import (
    CATEGORY,
    allowed,
    check_channels,
    check_text,
    form_of,
    judged,
)
from shared.acts.check import check_past
from shared.acts.deed import corrected, subject_of
from shared.aggregate import Aggregate
from shared.contracts.acts import Judged
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.intake import (
    HistoryRecorded,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    RegistrationCorrected,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused
from shared.policy.engine.outlook import Matter

PAST = {"occurred_at": "发生时间", "posted_at": "发帖时间", "discovered_at": "发现时间"}
"""Moments of a registration that cannot lie ahead."""

MOMENTS = {
    "occurred_at": "occurred",
    "posted_at": "posted",
    "discovered_at": "discovered",
    "planned_at": "planned",
}
"""What each moment of a registration is called by the rules."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Whether it is there yet and still stands on its own, and what rules ask of it."""

    standing: Literal["absent", "open", "linked", "voided"] = "absent"
    subject: Matter | None = None


def evolve(incident: Incident, event: Recorded) -> Incident:
    """Never refuses: every history ever stored loads."""
    match event.fact:
        case IncidentRegistered():
            return replace(incident, standing="open", subject=subject_of(event))
        case RegistrationCorrected() as fact if incident.subject is not None:
            return replace(incident, subject=corrected(incident.subject, fact))
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
        case CorrectRegistration():
            return correct(incident, command)
        case TakeAct():
            return take(incident, command)
        case _:
            assert_never(command)


def register(incident: Incident, command: RegisterIncident) -> Sequence[Fact]:
    """Enter a matter once, with a title, in the words of its pack, and never a state secret."""
    if incident.standing != "absent":
        raise Refused("incident.exists", "这个事件已经登记过。", "请直接办理原事件。")
    heard, now = command.heard, command.asked.now
    if heard.state_secret:
        raise _state_secret()
    check_text(heard.title, "title", "标题")
    check_past(heard.posted_at, now, "posted_at", "发帖时间")
    check_past(heard.discovered_at, now, "discovered_at", "发现时间")
    check_past(heard.happened_at, now, "happened_at", "发生时间")
    check_past(command.asked.attempted.at, now, "occurred_at", "登记时间")
    if heard.matter == "incident" and CATEGORY not in heard.judged:
        raise Invalid("category.missing", "类别不能为空。", "请填写类别。", CATEGORY)
    check_channels(command.asked.record.pack, [heard.channel], "channel")
    return [_registered(command, allowed(command.asked))]


def import_message(incident: Incident, command: ImportMessage) -> Sequence[Fact]:
    """Enter an old message once; a second time adds nothing."""
    if incident.standing != "absent":
        return []
    message = command.message
    check_words(message)
    check_past(message.posted_at, command.now, "posted_at", "发帖时间")
    check_past(message.replied_at, command.now, "replied_at", "答复时间")
    _check_reply(message)
    return [_registered_from_file(command), _history(command)]


def link(incident: Incident, command: LinkIncident) -> Sequence[Fact]:
    """Join a duplicate to an incident that stands on its own."""
    _check_open(incident)
    check_text(command.grounds, "grounds", "并案理由")
    if command.to == command.incident:
        raise Invalid("link.to-itself", "不能并入自己。", "请填写所重复的另一事件的编号。", "to")
    if not command.target_open:
        raise Refused(
            "link.target-not-open",
            f"{command.to_number} 已作废或已并入其他事件, 不能再并入。",
            "请并入最终受理的那个事件。",
            "to",
        )
    allowed(command.asked)
    return [IncidentLinked(to=command.to, to_number=command.to_number, grounds=command.grounds)]


def void(incident: Incident, command: VoidIncident) -> Sequence[Fact]:
    """Take back a registration made in error, as long as the public has not been answered."""
    _check_open(incident)
    check_text(command.reason, "reason", "作废理由")
    if command.answered:
        raise Refused(
            "void.already-answered",
            "已对外答复的事件不能作废。",
            "登记内容有误请更正, 或并案处理。",
        )
    allowed(command.asked)
    return [IncidentVoided(reason=command.reason)]


def correct(incident: Incident, command: CorrectRegistration) -> Sequence[Fact]:
    """Put moments and axes right; what is so already is not corrected. The old stays on record."""
    _check_open(incident)
    check_text(command.grounds, "grounds", "更正理由")
    given = _given(command)
    if not given:
        raise Invalid(
            "correct.nothing",
            "没有写明更正什么。",
            "请填写要更正的时间或分类。",
            "sets",
        )
    for field, name in PAST.items():
        check_past(given.get(field), command.asked.now, field, name)
    allowed(command.asked)
    new = _differing(incident, command, given)
    return [RegistrationCorrected(grounds=command.grounds, **new)] if new else []


def take(incident: Incident, command: TakeAct) -> Sequence[Fact]:
    """Any other act, as long as the matter stands on its own."""
    _check_open(incident)
    return acts.take(command)


INCIDENT: Aggregate[Incident, IncidentCommand] = Aggregate(Incident(), evolve, decide)


def _given(command: CorrectRegistration) -> dict[str, Any]:
    """What is to be corrected, without what was left out."""
    told = command.corrections
    moments = {field: getattr(told, field) for field in MOMENTS}
    given: dict[str, Any] = {field: at for field, at in moments.items() if at is not None}
    return {**given, "sets": told.sets} if told.sets else given


def _differing(
    incident: Incident, command: CorrectRegistration, given: dict[str, Any]
) -> dict[str, Any]:
    """What of it is not on record so already."""
    moments = {
        field: given[field]
        for field, name in MOMENTS.items()
        if field in given and given[field] != getattr(incident.subject, name)
    }
    now = judged(command.asked.record)
    sets = {axis: v for axis, v in given.get("sets", {}).items() if now.get(axis) != v}
    return {**moments, "sets": sets} if sets else moments


def _registered(command: RegisterIncident, breaches: tuple[str, ...]) -> IncidentRegistered:
    heard = command.heard
    category, sets = _judged_apart(command)
    return IncidentRegistered(
        number=command.number,
        channel=heard.channel,
        category=category,
        title=Sealed.of(heard.title.strip(), subject="matter"),
        body=Sealed.of(heard.body, subject="matter") if heard.body else None,
        contact=Sealed.of(heard.contact, subject="contact") if heard.contact else None,
        link=heard.link,
        posted_at=heard.posted_at,
        discovered_at=heard.discovered_at or command.asked.now,
        message_id=None,
        matter=heard.matter,
        sets=sets,
        happened_at=heard.happened_at,
        planned_at=heard.planned_at,
        breaches=breaches,
        **form_of(command.asked.told),
    )


def _judged_apart(command: RegisterIncident) -> tuple[str, Judged]:
    """The category, and what else was judged; of several categories the first, and all of them."""
    sets = dict(command.heard.judged)
    categories = sets.get(CATEGORY, ("",))
    if len(categories) == 1:
        sets.pop(CATEGORY, None)
    return categories[0], sets


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
