"""The case (案件): how one matter is handled until it is closed. What may be done is decided here.

Acts in the words of the pack are in ``acts.py``, what is said to the public in ``replies.py``.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never
from uuid import UUID

from services.routing.acts import take
from services.routing.commands import (
    ApproveReply,
    AssignIncident,
    CaseCommand,
    CloseIncident,
    DraftReply,
    GradeIncident,
    OldReply,
    PublishReply,
    RecordHistory,
    RejectDraft,
    ReopenIncident,
    RepinCase,
    TakeAct,
)
from services.routing.replies import approve_reply, draft_reply, publish_reply, reject_draft
from services.routing.required import require
from services.routing.ruling import (
    allowed,
    asks_for_reply,
    check_open,
    check_standing,
    check_values,
    form_of,
)
from services.routing.state import Case, evolve
from shared.acts.check import refusing_gates
from shared.aggregate import Aggregate
from shared.contracts.catalogue import Fact
from shared.contracts.routing import (
    CaseRepinned,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    IncidentReopened,
    ReplyPublished,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import Deed

SEVERITY = "severity"
"""The axis whose value is the grade (级别)."""


def decide(case: Case, command: CaseCommand) -> Sequence[Fact]:
    """What a command leads to; raises Refused, Invalid or Unknown.

    Whatever it is refused for, the refusal names the gates that are closed to it as well.
    """
    try:
        return _decide(case, command)
    except Refused as problem:
        problem.rules = problem.rules or _closed_to(case, command)
        raise


def _closed_to(case: Case, command: CaseCommand) -> tuple[str, ...]:
    match command:
        case RepinCase() | RecordHistory():
            return ()
        case ApproveReply(draft=draft, asked=asked):
            told = replace(asked.attempted, of=_label(draft or case.last_draft))
        case PublishReply(asked=asked):
            told = _publishing(case, command)
        case _:
            told = command.asked.attempted
    return refusing_gates(command.asked.record, told)


def _publishing(case: Case, command: PublishReply) -> Deed:
    """The attempt as it would be were its draft, the latest where none is meant, approved."""
    happened = command.asked.told.happened
    chosen = case.to_publish(command.draft, happened=happened) or case.last_draft
    draft = case.drafts.get(chosen) if chosen else None
    kind = command.asked.told.kind or (draft.kind if draft else None)
    return replace(
        command.asked.attempted, kind=kind, of=_label(chosen), medium=command.channel or None
    )


def _label(draft: UUID | None) -> str | None:
    return str(draft) if draft else None


def _decide(case: Case, command: CaseCommand) -> Sequence[Fact]:
    match command:
        case GradeIncident():
            return grade(case, command)
        case AssignIncident():
            return assign(case, command)
        case DraftReply():
            return draft_reply(case, command)
        case ApproveReply():
            return approve_reply(case, command)
        case RejectDraft():
            return reject_draft(case, command)
        case PublishReply():
            return publish_reply(case, command)
        case TakeAct():
            return take(case, command)
        case CloseIncident():
            return close(case, command)
        case ReopenIncident():
            return reopen(case, command)
        case RepinCase():
            return repin(case, command)
        case RecordHistory():
            return record_history(case, command)
        case _:
            assert_never(command)


def grade(case: Case, command: GradeIncident) -> Sequence[Fact]:
    """Judge it on axes of the pack, severity above all, or judge it anew; with grounds.

    Another post that judges the same says something new: rules may ask whose judgement it is.
    """
    check_open(case, command.asked.standing)
    require(command.grounds, "grounds", "定级依据")
    if not command.sets:
        raise Invalid("sets.missing", "没有写明定为什么。", "请填写级别或其他分类。", "sets")
    check_values(command.asked.record.pack, command.sets)
    same = all(case.judged.get(axis) == values for axis, values in command.sets.items())
    if same and command.asked.attempted.by in case.graders:
        return []
    return [
        IncidentGraded(
            grade=command.sets.get(SEVERITY, (None,))[0],
            sets=command.sets,
            grounds=command.grounds,
            breaches=allowed(command.asked, sets=command.sets),
        )
    ]


def assign(case: Case, command: AssignIncident) -> Sequence[Fact]:
    """Make a lead unit responsible; each unit takes part once. A new sheet has a new number."""
    check_open(case, command.asked.standing)
    _check_units(command)
    if _is_assigned(case, command):
        return []
    breaches = allowed(command.asked)
    require(command.lead, "lead", "牵头单位")  # where a form wants it, that has said so
    return [
        IncidentAssigned(
            lead=command.lead,
            co_handling=command.co_handling,
            instruction=command.instruction,
            kind=command.asked.told.kind,
            sheet=command.sheet,
            breaches=breaches,
            **form_of(command.asked.told),
        )
    ]


def close(case: Case, command: CloseIncident) -> Sequence[Fact]:
    """End the handling once the public has the result, and nobody still owes a part of it."""
    if case.closed:
        return []
    check_standing(command.asked.standing)
    _check_parts(case)
    breaches = allowed(command.asked)
    if not case.answered and asks_for_reply(command.asked.record):
        raise Refused(
            "close.not-answered", "尚未发布办理结果的答复, 不能办结。", "请先发布结果类答复。"
        )
    return [
        IncidentClosed(
            outcome="answered" if case.answered else "without_reply",
            note=command.note,
            breaches=breaches,
            **form_of(command.asked.told),
        )
    ]


def reopen(case: Case, command: ReopenIncident) -> Sequence[Fact]:
    """Go on because of something new; the public is then owed another result."""
    check_standing(command.asked.standing)
    require(command.grounds, "grounds", "重启理由")
    if not case.closed:
        return []
    allowed(command.asked)
    return [IncidentReopened(grounds=command.grounds)]


def repin(case: Case, command: RepinCase) -> Sequence[Fact]:
    """Put the matter under other rules; what was judged under the old ones stays."""
    check_open(case, command.standing)
    require(command.reason, "reason", "改用理由")
    if command.pin == command.now:
        return []
    return [CaseRepinned(pin=command.pin, reason=command.reason)]


def record_history(case: Case, command: RecordHistory) -> Sequence[Fact]:
    """Take over an old message's past, except for what is on record already."""
    facts: list[Fact] = []
    if case.assigned is None:
        facts.append(IncidentAssigned(lead=command.unit, co_handling=(), instruction=""))
    if command.reply is not None and not case.answered:
        facts.append(_old_publication(command.reply))
    if not case.closed and (command.reply is not None or not command.left_open):
        facts.append(IncidentClosed(outcome="answered" if command.reply else "history", note=""))
    return facts


CASE: Aggregate[Case, CaseCommand] = Aggregate(Case(), evolve, decide)


def _old_publication(reply: OldReply) -> ReplyPublished:
    return ReplyPublished(
        draft=None,
        kind="result",
        channel="import",
        named_unit=reply.named_unit,
        text=Sealed.of(reply.text, subject="reply"),
        content=reply.content,
    )


def _is_assigned(case: Case, command: AssignIncident) -> bool:
    """The same units are at it with the same instruction, and none of them sent it back."""
    now = case.assigned
    if now is None or any(part.returned for part in case.parts.values()):
        return False
    wanted = (command.lead, command.co_handling, command.instruction, command.asked.told.kind)
    return wanted == (now.lead, now.co_handling, now.instruction, now.kind)


def _check_units(command: AssignIncident) -> None:
    if command.lead in command.co_handling:
        raise Invalid(
            "assign.lead-among-co-handling",
            f"牵头单位 {command.lead} 不能同时是协办单位。",
            "请从协办单位中去掉牵头单位。",
            "co_handling",
        )
    if len(set(command.co_handling)) < len(command.co_handling):
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
