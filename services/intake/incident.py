"""The matter (事件) as intake sees it: registered, corrected, linked or voided. Its rules; pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from shared.acts.body import RegisterBody
from shared.acts.check import CATEGORY, Attempt, Record, judged_by, require
from shared.acts.decide import Aggregate
from shared.acts.deed import corrected, subject_of
from shared.contracts import intake as facts
from shared.contracts.catalogue import Fact, Judged
from shared.contracts.envelope import Recorded
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import Matter, in_order
from shared.policy.language.pack import Pack
from shared.words import CHANNELS

MOMENTS = {
    "occurred_at": "occurred",
    "posted_at": "posted",
    "discovered_at": "discovered",
    "planned_at": "planned",
}
"""What each moment of a registration is called by the rules."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Whether it is there yet and still stands on its own, and what rules ask of it.

    ``answered`` is what was heard from routing, ``target_open`` whether the incident that it is to
    be joined to stands on its own.
    """

    standing: Literal["absent", "open", "linked", "voided"] = "absent"
    id: UUID | None = None
    subject: Matter | None = None
    answered: bool = False
    target_open: bool = True


COMMON_CHANNELS = tuple(channel for channel in CHANNELS if channel != "import")
"""Where anybody hears things, whatever their pack says."""

DAY = Incident("open")
"""A unit's day: nothing ends it."""


def evolve(incident: Incident, event: Recorded) -> Incident:
    """Never refuses: every history ever stored loads."""
    match event.fact:
        case facts.IncidentRegistered():
            subject, id_ = subject_of(event), event.envelope.correlation
            return replace(incident, standing="open", id=id_, subject=subject)
        case facts.RegistrationCorrected() as fact if incident.subject is not None:
            return replace(incident, subject=corrected(incident.subject, fact))
        case facts.IncidentLinked():
            return replace(incident, standing="linked")
        case facts.IncidentVoided():
            return replace(incident, standing="voided")
        case _:
            return incident


INCIDENT: Aggregate[Incident] = Aggregate(Incident(), evolve)


def register(incident: Incident, attempt: Attempt[facts.IncidentRegistered]) -> Fact:
    """Enter a matter once, with a title, in the words of its pack, and never a state secret."""
    body, fact = attempt.body, attempt.fact
    assert isinstance(body, RegisterBody)
    if incident.standing != "absent":
        raise Refused("incident.exists", "这个事件已经登记过。", "请直接办理原事件。")
    if body.state_secret:
        said = "涉及国家秘密的内容不得在本系统登记。"
        remedy = "请停止在本机处理, 立即向本单位保密工作机构报告, 按保密规定另行办理。"
        raise Refused("incident.state-secret", said, remedy, "state_secret")
    require(body.title, "title", "标题")
    if fact.matter == "incident" and CATEGORY not in judged_by(fact):
        raise Invalid("category.missing", "类别不能为空。", "请填写类别。", CATEGORY)
    check_channels(attempt.pack, [fact.channel], "channel")
    return fact


def link(incident: Incident, attempt: Attempt[facts.IncidentLinked]) -> Fact:
    """Join a duplicate to an incident that stands on its own."""
    fact = attempt.fact
    check_open(incident)
    require(fact.grounds, "grounds", "并案理由")
    if fact.to == incident.id:
        raise Invalid("link.to-itself", "不能并入自己。", "请填写所重复的另一事件的编号。", "to")
    if not incident.target_open:
        said = f"{fact.to_number} 已作废或已并入其他事件, 不能再并入。"
        raise Refused("link.target-not-open", said, "请并入最终受理的那个事件。", "to")
    return fact


def void(incident: Incident, attempt: Attempt[facts.IncidentVoided]) -> Fact:
    """Take back a registration made in error, as long as the public has not been answered."""
    check_open(incident)
    require(attempt.fact.reason, "reason", "作废理由")
    if incident.answered:
        said = "已对外答复的事件不能作废。"
        raise Refused("void.already-answered", said, "登记内容有误请更正, 或并案处理。")
    return attempt.fact


def correct(incident: Incident, attempt: Attempt[facts.RegistrationCorrected]) -> Fact | None:
    """Put moments and axes right; what is so already is not corrected. The old stays on record."""
    check_open(incident)
    fact = attempt.fact
    require(fact.grounds, "grounds", "更正理由")
    given = {field: getattr(fact, field) for field in MOMENTS if getattr(fact, field) is not None}
    if not (given or fact.sets):
        said = "没有写明更正什么。"
        raise Invalid("correct.nothing", said, "请填写要更正的时间或分类。", "sets")
    new = _differing(incident, attempt, given)
    return facts.RegistrationCorrected(grounds=fact.grounds, **new) if new else None


def check_open(incident: Incident) -> None:
    """Raises Refused ``incident.voided`` or ``incident.linked``."""
    if incident.standing == "voided":
        raise Refused("incident.voided", "事件已作废。", "请另行登记。")
    if incident.standing == "linked":
        raise Refused("incident.linked", "事件已并入另一事件。", "请办理所并入的事件。")


def check_channels(pack: Pack, channels: Collection[str], field: str) -> None:
    """Raises Invalid ``act.unknown-channel`` for one that neither the pack nor everybody knows."""
    known = dict.fromkeys((*pack.channels, *COMMON_CHANNELS))
    for channel in channels:
        if channel not in known:
            said = f"规则包中没有“{channel}”这个渠道。"
            raise Invalid("act.unknown-channel", said, f"可以填写：{'、'.join(known)}。", field)


def judged(record: Record) -> Judged:
    """What is judged of the matter at present; a new judgement replaces the old on its axis."""
    sets = dict(record.matter.sets)
    for deed in in_order(record.deeds):
        sets.update(deed.sets)
    return sets


def _differing(
    incident: Incident, attempt: Attempt[facts.RegistrationCorrected], given: dict[str, Any]
) -> dict[str, Any]:
    """What of it is not on record so already."""
    moments = {
        field: at for field, at in given.items() if at != getattr(incident.subject, MOMENTS[field])
    }
    now = judged(attempt.record)
    sets = {axis: v for axis, v in attempt.fact.sets.items() if now.get(axis) != v}
    return {**moments, "sets": sets} if sets else moments
