"""What is said to the public: drafted, approved or rejected, and published. Pure."""

from typing import Any, cast
from uuid import UUID

from services.routing.handling import approved_already, check_open
from services.routing.state import Case, Draft
from shared.acts.body import ApproveBody, DraftBody, PublishBody
from shared.acts.check import Attempt, require
from shared.contracts.catalogue import Fact
from shared.contracts.routing import DraftRejected, ReplyApproved, ReplyDrafted, ReplyPublished
from shared.errors import Invalid, Refused, Unknown
from shared.policy.language.pack import Pack


def draft_reply(case: Case, attempt: Attempt[ReplyDrafted]) -> Fact | None:
    """Write a reply or any other paper of the pack; unassigned, the registering unit speaks."""
    fact = attempt.fact
    if fact.draft in case.drafts:
        return None
    check_open(case)
    require(cast(DraftBody, attempt.body).text, "text", "文稿内容")
    return fact


def approve_reply(case: Case, attempt: Attempt[ReplyApproved]) -> Fact | None:
    """A second person vouches for the text: nobody who wrote it can, in whatever post."""
    fact = attempt.fact
    if fact.draft in case.rejected:
        raise _rejected()
    if approved_already(case, attempt):
        return None
    check_open(case)
    if case.one_person(attempt.officer) & _writers(case, fact.content):
        raise _drafter()
    return fact


def approval(case: Case, body: ApproveBody, pack: Pack) -> dict[str, Any]:
    """The content of the draft that is approved, and of what kind that is.

    Where the pack has approvals of the draft's kind, it is one of these unless another is said.
    Raises Invalid ``draft.missing`` or Unknown ``draft.unknown``.
    """
    draft = drafted(case, named(case, body.draft))
    usual = draft.kind if draft.kind in pack.kinds_of("approve") else None
    return {"draft": body.draft, "content": draft.content, "kind": body.kind or usual}


def publication(case: Case, body: PublishBody) -> dict[str, Any]:
    """As what a draft goes out: its own kind unless another is said.

    Raises Invalid ``draft.missing``.
    """
    draft = case.drafts.get(chosen) if (chosen := named(case, body.draft)) else None
    return {"draft": chosen, "kind": body.kind or (draft.kind if draft else "")}


def reject_draft(case: Case, attempt: Attempt[DraftRejected]) -> Fact | None:
    """Send a draft back to its writer: it can be approved and published no more."""
    fact = attempt.fact
    if fact.draft in case.rejected:
        return None
    check_open(case)
    require(fact.reason, "reason", "驳回理由")
    if fact.draft in case.published:
        raise Refused(
            "reject.published",
            "文稿已经发布, 不能驳回。",
            "需要改口的, 请另拟一稿并发布。",
            "draft",
        )
    return fact


def publish_reply(case: Case, attempt: Attempt[ReplyPublished]) -> Fact | None:
    """Give the public exactly what was approved, in the unit's own name.

    What has gone out already is recorded whatever it broke: the trail must be true. The same text
    may go out again as something else or elsewhere, as at a press conference.
    """
    fact = attempt.fact
    approved = _check_approved(case, attempt, fact.draft)
    if fact.content != drafted(case, fact.draft).content:
        raise _text_differs()
    if (fact.draft, fact.kind, fact.channel) in case.releases:
        return None
    check_open(case)
    require(fact.channel, "channel", "发布渠道")
    require(fact.named_unit, "named_unit", "署名单位")
    if fact.promised is not None and fact.promised <= attempt.came.at:
        raise _not_ahead()
    return fact.model_copy(update={"breaches": () if approved else ("publish.not-approved",)})


def named(case: Case, draft: UUID | None) -> UUID | None:
    """The draft that was named: nothing is approved, rejected or published as the latest.

    Raises Invalid ``draft.missing`` where there is any to be named.
    """
    if draft is None and case.drafts:
        approved = set(case.approved)
        waiting = (
            f"{each}（{case.drafts[each].kind}, {_how(each in approved)}）" for each in case.waiting
        )
        raise Invalid(
            "draft.missing",
            "没有写明是哪一份文稿。",
            f"请写明文稿标识。待办的文稿：{'、'.join(waiting) or '（没有）'}。",
            "draft",
        )
    return draft


def _how(approved: bool) -> str:
    return "已审定" if approved else "待审定"


def drafted(case: Case, draft: UUID | None) -> Draft:
    """The draft that is meant; raises Unknown ``draft.unknown``."""
    if draft is None or draft not in case.drafts:
        raise Unknown(
            "draft.unknown",
            "本事件没有这份拟稿。",
            "请核对拟稿标识；尚无拟稿的, 请先拟稿。",
            "draft",
        )
    return case.drafts[draft]


def _check_approved(case: Case, attempt: Attempt[ReplyPublished], draft: UUID | None) -> bool:
    """Whether it was approved; what was not can only have happened. It must be a draft of here."""
    if draft is None:
        raise _not_drafted() if attempt.happened else _not_approved()
    drafted(case, draft)
    if draft in case.approved or attempt.happened:
        return draft in case.approved
    raise _rejected() if draft in case.rejected else _not_approved()


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


def _not_ahead() -> Invalid:
    return Invalid(
        "promised.not-ahead",
        "承诺的答复时间不晚于发布时间。",
        "请填写将来的日期和时间。",
        "promised",
    )
