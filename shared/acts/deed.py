"""Events as rules see them (事件到行为): which act one records, what it says of a matter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from shared.contracts.acts import ActTaken
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyExtended, DutyMissed
from shared.contracts.envelope import Envelope, Recorded, made_once
from shared.contracts.intake import (
    ActivityConducted,
    ChannelsBrowsed,
    DrillHeld,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    InspectionMade,
    MatterNoted,
    RegistrationCorrected,
    ReturnFiled,
    ShiftWorked,
    SummaryMade,
    UnitAct,
    ZeroReported,
)
from shared.contracts.reporting import FindingMade, MatterArchived, UnitsRanked
from shared.contracts.routing import (
    ActApproved,
    CaseRepinned,
    DraftRejected,
    FactsVerified,
    FeedbackGiven,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    IncidentReopened,
    InstructionGiven,
    MatterAssessed,
    MatterCalmed,
    MatterEscalated,
    MatterHandled,
    MatterReferred,
    MatterReviewed,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
    ReportMade,
    SheetAccepted,
    SheetReturned,
    StateDeclared,
)
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import Matter

HEARD_FROM: Mapping[str, tuple[type[Fact], ...]] = {
    "intake": (
        IncidentRegistered,
        RegistrationCorrected,
        IncidentLinked,
        IncidentVoided,
        MatterNoted,
        ChannelsBrowsed,
        SummaryMade,
        ZeroReported,
        ShiftWorked,
        ReturnFiled,
        InspectionMade,
        DrillHeld,
        ActivityConducted,
    ),
    "routing": (
        IncidentGraded,
        IncidentAssigned,
        ReplyDrafted,
        ReplyApproved,
        DraftRejected,
        ReplyPublished,
        IncidentClosed,
        IncidentReopened,
        MatterAssessed,
        ReportMade,
        InstructionGiven,
        SheetAccepted,
        SheetReturned,
        MatterEscalated,
        MatterReferred,
        FactsVerified,
        MatterHandled,
        ActApproved,
        StateDeclared,
        MatterCalmed,
        FeedbackGiven,
        MatterReviewed,
        CaseRepinned,
    ),
    "reporting": (MatterArchived, FindingMade, UnitsRanked),
}
"""What is said of a matter, or of a unit's day, by each room, and matters to their duties."""


def of_unit(event: Recorded) -> bool:
    """Whether an act was done on a unit's own day, and belongs to no matter."""
    return event.envelope.kind == "unit-day"


@made_once
def deed_of(event: Recorded) -> Deed | None:
    """The act that an event records, or none where it records none that rules know."""
    match event.fact:
        case IncidentRegistered():
            return _deed(event, "register")
        case RegistrationCorrected() as fact:
            return _deed(event, "correct", sets=fact.sets)
        case IncidentLinked():
            return _deed(event, "link")
        case IncidentVoided():
            return _deed(event, "void")
        case IncidentGraded() as fact:
            return _deed(event, "grade", sets=fact.sets)
        case IncidentAssigned() as fact:
            return _deed(event, "assign", kind=fact.kind, units=(fact.lead, *fact.co_handling))
        case IncidentClosed():
            return _deed(event, "close")
        case IncidentReopened():
            return _deed(event, "reopen")
        case ActTaken() as fact:
            return _taken(event, fact)
        case _:
            return _reply(event)


def _reply(event: Recorded) -> Deed | None:
    match event.fact:
        case ReplyDrafted() as fact:
            return _deed(event, "draft", kind=fact.kind, of=str(fact.draft))
        case ReplyApproved() as fact:
            return _deed(event, "approve", kind=fact.kind, of=str(fact.draft))
        case DraftRejected() as fact:
            return _deed(event, "reject", of=str(fact.draft))
        case ReplyPublished() as fact:
            of = None if fact.draft is None else str(fact.draft)
            return _deed(
                event,
                "publish",
                kind=fact.kind,
                of=of,
                medium=fact.channel,
                promised=fact.promised,
            )
        case DutyMissed() as fact:
            rule, _, each = fact.duty.partition("#")[0].partition("@")
            return _deed(event, "missed", of=rule, at=fact.due, unit=each)
        case _:
            return None


def _taken(event: Recorded, fact: ActTaken) -> Deed:
    told: dict[str, Any] = {
        "kind": fact.kind,
        "to": fact.to,
        "medium": fact.medium,
        "of": fact.of,
        "sets": getattr(fact, "sets", {}),
        "unit": getattr(fact, "unit", event.envelope.unit),
        "units": getattr(fact, "units", ()),
    }
    match fact:
        case StateDeclared():
            medium = "on" if fact.on else "off"
            told |= {"kind": fact.state, "medium": medium, "states": {fact.state: fact.on}}
        case MatterNoted():
            told |= {"worse": fact.worse}
        case DutyExtended():
            told |= {"promised": fact.until}
        case ShiftWorked():
            spell = {"begins": fact.begins, "ends": fact.ends}
            told |= {"period": fact.period, "leader": fact.leader is not None, **spell}
        case UnitAct():  # what a ranking ranks is mostly the period before the one it is due in
            told |= {"period": fact.period}
    return _deed(event, fact.ACT, **told)


def _deed(event: Recorded, act: str, *, at: datetime | None = None, **told: Any) -> Deed:
    envelope: Envelope = event.envelope
    return Deed(
        id=envelope.id,
        act=act,
        at=at or envelope.occurred_at,
        recorded_at=envelope.recorded_at,
        by=envelope.actor.post,
        unit=told.pop("unit", envelope.unit),
        standing=envelope.standing,
        **told,
    )


def subject_of(event: Recorded) -> Matter:
    """What a registration says of its matter."""
    fact, told = event.fact, event.envelope
    assert isinstance(fact, IncidentRegistered)
    return Matter(
        unit=told.unit,
        registered=told.recorded_at,
        recorded_at=told.recorded_at,
        kind=fact.matter,
        channel=fact.channel,
        occurred=fact.happened_at,
        posted=fact.posted_at,
        discovered=fact.discovered_at,
        planned=fact.planned_at,
        sets={**({"category": (fact.category,)} if fact.category else {}), **fact.sets},
    )


def corrected(matter: Matter, fact: RegistrationCorrected) -> Matter:
    """The matter with its moments put right.

    What was judged is put right by the act itself, as by any new judgement: rules that held once
    are not undone.
    """
    return replace(
        matter,
        occurred=fact.occurred_at or matter.occurred,
        posted=fact.posted_at or matter.posted,
        discovered=fact.discovered_at or matter.discovered,
        planned=fact.planned_at or matter.planned,
    )


Ended = Literal["voided", "linked", "history"]
"""Why nothing is owed on a matter any more: voided 作废, linked 并案, history 历史未答复."""


def why_ended(event: Recorded) -> Ended | None:
    """Why nothing is owed after an event, or none where something still may be."""
    match event.fact:
        case IncidentVoided():
            return "voided"
        case IncidentLinked():
            return "linked"
        case IncidentClosed(outcome="history"):
            return "history"
        case _:
            return None
