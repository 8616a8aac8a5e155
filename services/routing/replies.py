"""What is said to the public: drafted, approved or rejected, and published. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.routing.commands import ApproveReply, Asked, DraftReply, PublishReply, RejectDraft
from services.routing.required import require
from services.routing.ruling import allowed, check_open, form_of, judged
from services.routing.state import Approval, Case, Draft
from shared.acts.check import check_words
from shared.contracts.catalogue import Fact
from shared.contracts.routing import DraftRejected, ReplyApproved, ReplyDrafted, ReplyPublished
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused, Unknown
from shared.policy.engine.deeds import fits
from shared.policy.language.patterns import Demand, Pattern
from shared.policy.language.rules import Gate


def draft_reply(case: Case, command: DraftReply) -> Sequence[Fact]:
    """Write a reply or any other paper of the pack; unassigned, the registering unit speaks."""
    if command.draft in case.drafts:
        return []
    asked = command.asked
    check_open(case, asked.standing)
    require(command.text, "text", "文稿内容")
    if command.kind not in asked.record.pack.kinds_of("publish"):
        check_words(asked.record.pack, "draft", replace(asked.told, kind=command.kind), {})
    attempted = replace(asked.attempted, kind=command.kind, of=str(command.draft))
    return [
        ReplyDrafted(
            draft=command.draft,
            kind=command.kind,
            text=Sealed.of(command.text, subject="reply"),
            content=command.content,
            breaches=judged(replace(asked, attempted=attempted)),
            **form_of(asked.told),
        )
    ]


def approve_reply(case: Case, command: ApproveReply) -> Sequence[Fact]:
    """A second person vouches for the text: nobody who wrote the same text can approve it.

    Where the pack has approvals of the draft's kind, it is one of these unless another is said.
    """
    asked, (chosen, draft) = command.asked, _named(case, command.draft or case.last_draft)
    kind = asked.told.kind or _approval_of(draft, asked)
    attempted = replace(asked.attempted, of=str(chosen), kind=kind)
    asked = replace(asked, attempted=attempted, told=replace(asked.told, kind=kind))
    if chosen in case.rejected:
        raise _rejected()
    if approved_already(case, asked):
        return []
    check_open(case, asked.standing)
    if asked.officer in _writers(case, draft.content):
        raise _drafter()
    return [ReplyApproved(draft=chosen, content=draft.content, kind=kind, breaches=allowed(asked))]


def _approval_of(draft: Draft, asked: Asked) -> str | None:
    return draft.kind if draft.kind in asked.record.pack.kinds_of("approve") else None


def approved_already(case: Case, asked: Asked) -> bool:
    """The same person approved the same in the same post, so that saying it again adds nothing.

    Where rules want approvals in a sequence, one given too early can be given again once somebody
    else has approved.
    """
    told = asked.attempted
    mine = Approval(told.of, asked.officer, told.by, told.kind)
    if mine not in case.approvals:
        return False
    since = case.approvals[len(case.approvals) - case.approvals[::-1].index(mine) :]
    others = any(each.of == told.of and each.officer != asked.officer for each in since)
    return not (others and _in_sequence(asked))


def reject_draft(case: Case, command: RejectDraft) -> Sequence[Fact]:
    """Send a draft back to its writer: it can be approved and published no more."""
    chosen, _ = _named(case, command.draft or case.last_draft)
    if chosen in case.rejected:
        return []
    check_open(case, command.asked.standing)
    require(command.reason, "reason", "驳回理由")
    if chosen in case.published:
        raise Refused(
            "reject.published",
            "文稿已经发布, 不能驳回。",
            "需要改口的, 请另拟一稿并发布。",
            "draft",
        )
    allowed(command.asked, of=str(chosen))
    return [DraftRejected(draft=chosen, reason=command.reason)]


def publish_reply(case: Case, command: PublishReply) -> Sequence[Fact]:
    """Give the public exactly what was approved, in the unit's own name.

    What has gone out already is recorded whatever it broke: the trail must be true. The same text
    may go out again as something else or elsewhere, as at a press conference.
    """
    asked = command.asked
    happened = asked.told.happened
    wanted = case.to_publish(command.draft, happened=happened)
    if wanted is None:
        raise _not_drafted() if happened else _not_approved()
    chosen, draft = _named(case, wanted)
    unapproved = chosen not in case.approved
    if unapproved and not happened:
        raise _rejected() if chosen in case.rejected else _not_approved()
    if command.content != draft.content:
        raise _text_differs()
    kind = asked.told.kind or draft.kind
    if (chosen, kind, command.channel) in case.releases:
        return []
    check_open(case, asked.standing)
    require(command.channel, "channel", "发布渠道")
    require(command.named_unit, "named_unit", "署名单位")
    _check_promised(command)
    return [_publication(command, chosen, kind, ("publish.not-approved",) * unapproved)]


def _publication(
    command: PublishReply, chosen: UUID, kind: str, broken: tuple[str, ...]
) -> ReplyPublished:
    told = replace(command.asked.told, kind=kind)
    breaches = allowed(
        replace(command.asked, told=told),
        kind=kind,
        of=str(chosen),
        medium=command.channel,
        promised=command.promised,
    )
    return ReplyPublished(
        draft=chosen,
        kind=kind,
        channel=command.channel,
        named_unit=command.named_unit,
        text=Sealed.of(command.text, subject="reply"),
        content=command.content,
        promised=command.promised,
        breaches=(*breaches, *broken),
        **form_of(command.asked.told),
    )


def _check_promised(command: PublishReply) -> None:
    if command.promised is not None and command.promised <= command.asked.attempted.at:
        raise Invalid(
            "promised.not-ahead",
            "承诺的答复时间不晚于发布时间。",
            "请填写将来的日期和时间。",
            "promised",
        )


def _in_sequence(asked: Asked) -> bool:
    """Whether a gate of the pack wants such an approval in a sequence."""
    pack = asked.record.pack
    gates = pack.of(Gate).values()
    return any(
        fits(pack, pattern, asked.attempted)
        for gate in gates
        if gate.needs is not None
        for pattern in _sequenced(gate.needs)
    )


def _sequenced(demand: Demand) -> list[Pattern]:
    if demand.how == "seq":
        return list(demand.patterns())
    return [
        found for part in demand.parts if isinstance(part, Demand) for found in _sequenced(part)
    ]


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


def _drafter() -> Refused:
    return Refused(
        "drafter",
        "拟稿人不能审定自己写的内容；内容相同的稿件, 写过它的人都不能审定。",
        "请由没有写过这段内容的另一人审定。",
        "draft",
    )


def _rejected() -> Refused:
    return Refused(
        "draft.rejected", "这份文稿已被驳回, 不能再审定或发布。", "请修改后重新拟稿。", "draft"
    )


def _not_approved() -> Refused:
    return Refused(
        "publish.not-approved",
        "没有经审定的答复, 不能发布。",
        "请先由拟稿人以外的人审定；确已对外发布的, 请注明“已发生”据实补录, 并记为违规。",
        "draft",
    )


def _not_drafted() -> Refused:
    return Refused(
        "publish.not-approved",
        "没有可以补录的文稿。",
        "请先把已经对外发布的文字拟成稿, 再注明“已发生”据实补录。",
        "draft",
    )


def _text_differs() -> Refused:
    return Refused(
        "publish.text-differs",
        "要发布的内容与审定的内容不一致。",
        "请发布审定的原文；确需改动的, 请重新拟稿并审定。",
        "text",
    )
