"""Facts as rules see them (事件到行为): which act one records, what it says of a matter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.acts.vocabulary import ACTS, recorded_by
from shared.contracts.catalogue import ActTaken, Fact
from shared.contracts.deadlines import DutyExtended, DutyMissed, LateRecordSettled
from shared.contracts.envelope import Recorded, Standing, made_once
from shared.contracts.intake import (
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    MatterNoted,
    RegistrationCorrected,
    ShiftWorked,
    UnitAct,
)
from shared.contracts.routing import (
    CaseRepinned,
    DraftRejected,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
    StandingConflictFound,
    StateDeclared,
)
from shared.policy.engine.deeds import Deed, Matter

HEARD_FROM: Mapping[str, tuple[type[Fact], ...]] = {
    "intake": recorded_by("intake"),
    "routing": (*recorded_by("routing"), CaseRepinned, StandingConflictFound),
    "reporting": recorded_by("reporting"),
}
"""What is said of a matter, or of a unit's day, by each room, and matters to their duties."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What comes with a fact: its id, when it happened and was recorded (UTC), and who did it.

    ``by`` is the post, ``unit`` the unit it was done for.
    """

    id: UUID
    at: datetime
    recorded_at: datetime
    by: str
    unit: str
    standing: Standing = "live"


def of_unit(event: Recorded) -> bool:
    """Whether an act was done on a unit's own day, and belongs to no matter."""
    return event.envelope.kind == "unit-day"


@made_once
def deed_of(event: Recorded) -> Deed | None:
    """The act that an event records, or none where it records none that rules know."""
    told = event.envelope
    came = Circumstances(
        told.id, told.occurred_at, told.recorded_at, told.actor.post, told.unit, told.standing
    )
    return as_deed(event.fact, came)


def as_deed(fact: Fact, came: Circumstances) -> Deed | None:
    """A fact as rules see it, be it on record or only attempted; none where they know no such."""
    if isinstance(fact, DutyMissed):
        return _deed("missed", came, at=fact.due, **_about(fact.duty))
    if fact.ACT not in ACTS or ACTS[fact.ACT].on == "county":
        return None
    return _deed(fact.ACT, came, **(_worded(fact) if isinstance(fact, ActTaken) else _plain(fact)))


def rule_of(duty: str) -> str:
    """The rule that a duty's name begins with."""
    return duty.partition("#")[0].partition("@")[0]


def each_of(duty: str) -> str:
    """For whom or to whom the duty is, by its name; empty where it is owed once."""
    return duty.partition("#")[0].partition("@")[2]


def _about(duty: str) -> dict[str, str]:
    return {"of": rule_of(duty), "unit": each_of(duty)}


def _plain(fact: Fact) -> dict[str, Any]:
    """What an act says that has words of its own, whatever the pack."""
    match fact:
        case RegistrationCorrected() | IncidentGraded():
            return {"sets": fact.sets}
        case IncidentAssigned():
            return {"kind": fact.kind, "units": (fact.lead, *fact.co_handling)}
        case ReplyDrafted() | ReplyApproved():
            return {"kind": fact.kind, "of": str(fact.draft)}
        case DraftRejected():
            return {"of": str(fact.draft)}
        case ReplyPublished():
            of = None if fact.draft is None else str(fact.draft)
            told = {"kind": fact.kind, "of": of, "medium": fact.channel}
            return {**told, "promised": fact.promised}
        case LateRecordSettled():
            return {"of": rule_of(fact.duty)}
        case _:
            return {}


def _worded(fact: ActTaken) -> dict[str, Any]:
    """What an act says in the words of a pack."""
    own = {key: getattr(fact, key) for key in ("sets", "unit", "units") if hasattr(fact, key)}
    said = {"kind": fact.kind, "to": fact.to, "medium": fact.medium, "of": fact.of, **own}
    match fact:
        case StateDeclared():
            medium = "on" if fact.on else "off"
            return {**said, "kind": fact.state, "medium": medium, "states": {fact.state: fact.on}}
        case MatterNoted():
            return {**said, "worse": fact.worse}
        case DutyExtended():
            return {**said, "promised": fact.until}
        case ShiftWorked():
            spell = {"begins": fact.begins, "ends": fact.ends, "leader": fact.leader is not None}
            return {**said, "period": fact.period, **spell}
        case UnitAct():  # what a ranking ranks is mostly the period before the one it is due in
            return {**said, "period": fact.period}
        case _:
            return said


def _deed(
    act: str,
    came: Circumstances,
    *,
    at: datetime | None = None,
    unit: str | None = None,
    **said: Any,
) -> Deed:
    return Deed(
        id=came.id,
        act=act,
        at=at or came.at,
        recorded_at=came.recorded_at,
        by=came.by,
        unit=came.unit if unit is None else unit,
        standing=came.standing,
        **said,
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
