"""The case (案件): how one incident is handled until it is closed. All its rules live here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.routing.commands import (
    ApproveReply,
    AssignIncident,
    CaseCommand,
    CloseIncident,
    DraftReply,
    GradeIncident,
    IncidentStanding,
    OldReply,
    PublishReply,
    RecordHistory,
)
from services.routing.required import require
from shared.aggregate import Aggregate
from shared.contracts.acts import Judged
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.routing import (
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused, Unknown


@dataclass(frozen=True, slots=True)
class Draft:
    """One version of a reply: who wrote it, what for, and the commitment to its text."""

    drafter: str
    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class Case:
    """How far the handling got.

    ``drafts`` and ``approved`` are in the order they were made; ``answered`` once a reply of kind
    result was published, here or before this system.
    """

    grade: str | None = None
    assigned: IncidentAssigned | None = None
    drafts: Mapping[UUID, Draft] = field(default_factory=dict)
    approved: tuple[UUID, ...] = ()
    published: frozenset[UUID] = frozenset()
    answered: bool = False
    closed: bool = False

    @property
    def last_approved(self) -> UUID | None:
        """The draft approved last."""
        return _last(self.approved)


def evolve(case: Case, event: Recorded) -> Case:
    """Never refuses: every history ever stored loads."""
    match event.fact:
        case IncidentGraded() as fact:
            return replace(case, grade=fact.grade)
        case IncidentAssigned() as fact:
            return replace(case, assigned=fact)
        case ReplyDrafted() as fact:
            draft = Draft(event.envelope.actor.officer, fact.kind, fact.content)
            return replace(case, drafts={**case.drafts, fact.draft: draft})
        case ReplyApproved() as fact:
            return replace(case, approved=(*case.approved, fact.draft))
        case ReplyPublished() as fact:
            return _published(case, fact)
        case IncidentClosed():
            return replace(case, closed=True)
        case _:
            return case


def decide(case: Case, command: CaseCommand) -> Sequence[Fact]:
    """What a command leads to; raises Refused, Invalid or Unknown."""
    match command:
        case GradeIncident():
            return grade(case, command)
        case AssignIncident():
            return assign(case, command)
        case DraftReply():
            return draft_reply(case, command)
        case ApproveReply():
            return approve_reply(case, command)
        case PublishReply():
            return publish_reply(case, command)
        case CloseIncident():
            return close(case, command)
        case RecordHistory():
            return record_history(case, command)
        case _:
            assert_never(command)


def grade(case: Case, command: GradeIncident) -> Sequence[Fact]:
    """Set the severity, or another one, with grounds."""
    _check_open(case, command.incident_standing)
    require(command.grounds, "grounds", "定级依据")
    if case.grade == command.grade:
        return []
    sets: Judged = {"severity": (command.grade,)}
    return [IncidentGraded(grade=command.grade, sets=sets, grounds=command.grounds)]


def assign(case: Case, command: AssignIncident) -> Sequence[Fact]:
    """Make a lead unit responsible; each unit takes part once."""
    _check_open(case, command.incident_standing)
    _check_units(command)
    assigned = IncidentAssigned(
        lead=command.lead, co_handling=command.co_handling, instruction=command.instruction
    )
    return [] if case.assigned == assigned else [assigned]


def draft_reply(case: Case, command: DraftReply) -> Sequence[Fact]:
    """Write a reply once somebody is responsible for it."""
    if command.draft in case.drafts:
        return []
    _check_open(case, command.incident_standing)
    require(command.text, "text", "答复内容")
    if case.assigned is None:
        raise Refused("draft.not-assigned", "事件尚未交办, 不能拟稿。", "请先交办给牵头单位。")
    text = Sealed.of(command.text, subject="reply")
    return [
        ReplyDrafted(draft=command.draft, kind=command.kind, text=text, content=command.content)
    ]


def approve_reply(case: Case, command: ApproveReply) -> Sequence[Fact]:
    """A second person vouches for the text: nobody who wrote the same text can approve it."""
    chosen, draft = _named(case, command.draft or _last(case.drafts))
    if chosen in case.approved:
        return []
    _check_open(case, command.incident_standing)
    if command.officer in _writers(case, draft.content):
        raise _drafter()
    return [ReplyApproved(draft=chosen, content=draft.content)]


def publish_reply(case: Case, command: PublishReply) -> Sequence[Fact]:
    """Give the public exactly what was approved, in the unit's own name."""
    wanted = command.draft or case.last_approved
    if wanted is None:
        raise _not_approved()
    chosen, draft = _named(case, wanted)
    if chosen not in case.approved:
        raise _not_approved()
    if command.content != draft.content:
        raise _text_differs()
    if chosen in case.published:
        return []
    _check_open(case, command.incident_standing)
    require(command.channel, "channel", "发布渠道")
    require(command.named_unit, "named_unit", "署名单位")
    return [_publication(command, chosen, draft.kind)]


def close(case: Case, command: CloseIncident) -> Sequence[Fact]:
    """End the handling once the public has the result."""
    if case.closed:
        return []
    if not case.answered:
        raise Refused(
            "close.not-answered", "尚未发布办理结果的答复, 不能办结。", "请先发布结果类答复。"
        )
    return [IncidentClosed(outcome="answered", note=command.note)]


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


def _published(case: Case, fact: ReplyPublished) -> Case:
    drafts = case.published if fact.draft is None else case.published | {fact.draft}
    return replace(case, published=drafts, answered=case.answered or fact.kind == "result")


def _publication(command: PublishReply, draft: UUID, kind: str) -> ReplyPublished:
    return ReplyPublished(
        draft=draft,
        kind=kind,
        channel=command.channel,
        named_unit=command.named_unit,
        text=Sealed.of(command.text, subject="reply"),
        content=command.content,
    )


def _old_publication(reply: OldReply) -> ReplyPublished:
    return ReplyPublished(
        draft=None,
        kind="result",
        channel="import",
        named_unit=reply.named_unit,
        text=Sealed.of(reply.text, subject="reply"),
        content=reply.content,
    )


def _last(made: Iterable[UUID]) -> UUID | None:
    return next(reversed(tuple(made)), None)


def _named(case: Case, draft: UUID | None) -> tuple[UUID, Draft]:
    if draft is None or draft not in case.drafts:
        raise Unknown(
            "draft.unknown",
            "本事件没有这份拟稿。",
            "请核对拟稿标识；尚无拟稿的, 请先拟稿。",
            "draft",
        )
    return draft, case.drafts[draft]


def _writers(case: Case, content: str) -> set[str]:
    return {draft.drafter for draft in case.drafts.values() if draft.content == content}


def _check_open(case: Case, standing: IncidentStanding) -> None:
    if standing == "voided":
        raise Refused("incident.voided", "事件已作废。", "请另行登记。")
    if standing == "linked":
        raise Refused("incident.linked", "事件已并入另一事件。", "请办理所并入的事件。")
    if case.closed:
        raise Refused("incident.closed", "事件已办结。", "出现新情况的, 请另行登记。")


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


def _drafter() -> Refused:
    return Refused(
        "drafter",
        "拟稿人不能审定自己写的内容；内容相同的稿件, 写过它的人都不能审定。",
        "请由没有写过这段内容的另一人审定。",
        "draft",
    )


def _not_approved() -> Refused:
    return Refused(
        "publish.not-approved",
        "没有经审定的答复, 不能发布。",
        "请先由拟稿人以外的人审定。",
        "draft",
    )


def _text_differs() -> Refused:
    return Refused(
        "publish.text-differs",
        "要发布的内容与审定的内容不一致。",
        "请发布审定的原文；确需改动的, 请重新拟稿并审定。",
        "text",
    )
