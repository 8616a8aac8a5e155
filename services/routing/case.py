"""The case (案件): how one matter is handled until it is closed. What may be done is decided here.

``RULES`` is the map: the rule for each fact. Acts in the words of the pack are in ``handling``,
what is said to the public in ``replies``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from services.routing.handling import (
    accept,
    agree,
    asks_for_reply,
    check_open,
    check_standing,
    declare,
    hand_back,
    handle,
    refer,
    report,
)
from services.routing.replies import (
    approval,
    approve_reply,
    draft_reply,
    drafted,
    named,
    publication,
    publish_reply,
    reject_draft,
)
from services.routing.state import Case, evolve
from shared.acts.body import ApproveBody, GradeBody, Order, PublishBody, RejectBody
from shared.acts.check import Attempt, require
from shared.acts.decide import Aggregate, Rules
from shared.acts.vocabulary import Act
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentLinked, IncidentVoided
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
    StandingConflictFound,
    StateDeclared,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused
from shared.policy.language.pack import Pack

SEVERITY = "severity"
"""The axis whose value is the grade (级别)."""


def grade(case: Case, attempt: Attempt[IncidentGraded]) -> Fact | None:
    """Judge it on axes of the pack, severity above all, or judge it anew; with grounds.

    Another post that judges the same says something new: rules may ask whose judgement it is.
    """
    check_open(case)
    fact = attempt.fact
    require(fact.grounds, "grounds", "定级依据")
    if not fact.sets:
        raise Invalid("sets.missing", "没有写明定为什么。", "请填写级别或其他分类。", "sets")
    same = all(case.judged.get(axis) == values for axis, values in fact.sets.items())
    return None if same and attempt.came.by in case.graders else fact


def assign(case: Case, attempt: Attempt[IncidentAssigned]) -> Fact | None:
    """Make a lead unit responsible; each unit takes part once. A new sheet has a new number."""
    check_open(case)
    fact = attempt.fact
    _check_units(fact)
    return None if _is_assigned(case, fact) else fact


def check_lead(_: Case, attempt: Attempt[IncidentAssigned]) -> None:
    """Somebody leads; where a form wants that, it has said so."""
    require(attempt.fact.lead, "lead", "牵头单位")


def close(case: Case, attempt: Attempt[IncidentClosed]) -> Fact | None:
    """End the handling once the public has the result, and nobody still owes a part of it."""
    if case.closed:
        return None
    check_standing(case.standing)
    _check_parts(case)
    return attempt.fact


def check_answered(case: Case, attempt: Attempt[Any]) -> None:
    """The public has the result, where the rules ask for a reply."""
    if not case.answered and asks_for_reply(attempt.record):
        raise Refused(
            "close.not-answered", "尚未发布办理结果的答复, 不能办结。", "请先发布结果类答复。"
        )


def reopen(case: Case, attempt: Attempt[IncidentReopened]) -> Fact | None:
    """Go on because of something new; the public is then owed another result."""
    check_standing(case.standing)
    require(attempt.fact.grounds, "grounds", "重启理由")
    return attempt.fact if case.closed else None


RULES: Rules[Case] = Rules(
    {
        IncidentGraded: grade,
        IncidentAssigned: assign,
        ReplyDrafted: draft_reply,
        ReplyApproved: approve_reply,
        DraftRejected: reject_draft,
        ReplyPublished: publish_reply,
        IncidentClosed: close,
        IncidentReopened: reopen,
        ReportMade: report,
        SheetAccepted: accept,
        SheetReturned: hand_back,
        MatterReferred: refer,
        ActApproved: agree,
        StateDeclared: declare,
        MatterAssessed: handle,
        InstructionGiven: handle,
        MatterEscalated: handle,
        FactsVerified: handle,
        MatterHandled: handle,
        MatterCalmed: handle,
        FeedbackGiven: handle,
        MatterReviewed: handle,
    },
    {IncidentAssigned: check_lead, IncidentClosed: check_answered},
)


def completed(case: Case, act: Act, body: Order, pack: Pack) -> dict[str, Any]:
    """What of an act's fact follows from the case: which draft is meant, of what kind, how it ends.

    Raises Invalid ``draft.missing`` or Unknown ``draft.unknown``.
    """
    match body:
        case GradeBody():
            severity = {SEVERITY: (body.grade,)} if body.grade is not None else {}
            judged = {axis: tuple(values) for axis, values in body.sets.items()} | severity
            return {"sets": judged, "grade": judged.get(SEVERITY, (None,))[0]}
        case ApproveBody():
            return approval(case, body, pack)
        case RejectBody():
            return {"draft": body.draft} if drafted(case, named(case, body.draft)) else {}
        case PublishBody():
            return publication(case, body)
        case _ if act.fact is IncidentClosed:
            return {"outcome": "answered" if case.answered else "without_reply"}
        case _:
            return {}


@dataclass(frozen=True, slots=True)
class OldReply:
    """A reply given before this system: its text, the commitment to it, and who was named."""

    text: str
    content: str
    named_unit: str


def repin(case: Case, pin: str, now: str, reason: str) -> Sequence[Fact]:
    """Put the matter under other rules (改用规则) than those it is under ``now``.

    What was judged under the old ones stays.
    """
    check_open(case)
    require(reason, "reason", "改用理由")
    return [] if pin == now else [CaseRepinned(pin=pin, reason=reason)]


def record_history(
    case: Case, unit: str, reply: OldReply | None, *, left_open: bool
) -> Sequence[Fact]:
    """Take over an old message's past, except for what is on record already.

    ``unit`` is who replied.
    """
    facts: list[Fact] = []
    if case.assigned is None:
        facts.append(IncidentAssigned(lead=unit, co_handling=(), instruction=""))
    if reply is not None and not case.answered:
        facts.append(_old_publication(reply))
    if not case.closed and (reply is not None or not left_open):
        facts.append(IncidentClosed(outcome="answered" if reply else "history", note=""))
    return facts


def standing_conflict(
    history: Sequence[Recorded], ended: UUID, fact: IncidentVoided | IncidentLinked
) -> StandingConflictFound | None:
    """What was published or closed live of a case that intake did not know when it ended it."""
    unknown = tuple(
        event.envelope.id
        for event in history
        if isinstance(event.fact, ReplyPublished | IncidentClosed)
        and event.envelope.standing == "live"
        and event.envelope.id not in fact.knew
    )
    if not unknown:
        return None
    because: Literal["voided", "linked"] = (
        "voided" if isinstance(fact, IncidentVoided) else "linked"
    )
    return StandingConflictFound(ended=ended, because=because, unknown=unknown)


CASE: Aggregate[Case] = Aggregate(Case(), evolve)


def _old_publication(reply: OldReply) -> ReplyPublished:
    return ReplyPublished(
        draft=None,
        kind="result",
        channel="import",
        named_unit=reply.named_unit,
        text=Sealed.of(reply.text, subject="reply"),
        content=reply.content,
    )


def _is_assigned(case: Case, wanted: IncidentAssigned) -> bool:
    """The same units are at it with the same instruction, and none of them sent it back."""
    now = case.assigned
    if now is None or any(part.returned for part in case.parts.values()):
        return False
    return all(
        getattr(wanted, key) == getattr(now, key)
        for key in ("lead", "co_handling", "instruction", "kind")
    )


def _check_units(wanted: IncidentAssigned) -> None:
    if wanted.lead in wanted.co_handling:
        raise Invalid(
            "assign.lead-among-co-handling",
            f"牵头单位 {wanted.lead} 不能同时是协办单位。",
            "请从协办单位中去掉牵头单位。",
            "co_handling",
        )
    if len(set(wanted.co_handling)) < len(wanted.co_handling):
        raise Invalid(
            "assign.co-handling-repeated",
            "协办单位有重复。",
            "每个协办单位只填一次。",
            "co_handling",
        )


def _check_parts(case: Case) -> None:
    """Of those who handle it beside the lead, whoever signed has to do something or send it back.

    Who never signed holds nobody up: the duty to sign is the rules' business.
    """
    if case.assigned is None:
        return
    owing = [unit for unit in case.assigned.co_handling if case.parts[unit].owing]
    if owing:
        raise Refused(
            "close.co-handling-open",
            f"协办单位 {'、'.join(owing)} 已签收, 尚未核实、处置或退回, 不能办结。",
            "请由这些单位先核实、处置或退回。",
            "co_handling",
        )
