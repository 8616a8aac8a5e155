"""Acts in the words of a pack: each happens, is refused, and stays quiet."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from services.routing.acts import FACTS
from services.routing.commands import (
    CloseIncident,
    RejectDraft,
    ReopenIncident,
    RepinCase,
    TakeAct,
)
from shared.acts.check import Told
from shared.contracts.routing import (
    ActApproved,
    CaseRepinned,
    DraftRejected,
    FactsVerified,
    FeedbackGiven,
    IncidentClosed,
    IncidentReopened,
    InstructionGiven,
    MatterAssessed,
    MatterCalmed,
    MatterEscalated,
    MatterHandled,
    MatterReferred,
    MatterReviewed,
    ReplyApproved,
    ReportMade,
    SheetAccepted,
    SheetReturned,
    StateDeclared,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid
from shared.policy import find_pack, load_pack
from tests.routing.story import By, asked, given, record
from tests.routing.test_case import (
    APPROVE,
    ASSIGN,
    CLOSE,
    FIRST,
    LI,
    PUBLISH,
    WU,
    approved,
    assigned,
    closed,
    drafted,
    published,
    ready_to_publish,
)

ZAOXI = load_pack(find_pack("zaoxi-township"))
HENAN = load_pack(find_pack("henan-reopening-plan"))


def take(act: str, said: Told | None = None, **more: Any) -> TakeAct:
    """A command for that act; what only it says goes into both the command and the deed."""
    told = said or Told()
    context: dict[str, Any] = {
        key: more.pop(key) for key in ("on_", "officer", "post", "standing") if key in more
    }
    deed_: dict[str, Any] = {key: more[key] for key in ("sets", "unit", "units") if key in more}
    if act == "declare":
        deed_ |= {"kind": more["state"], "medium": "on" if more.get("on", True) else "off"}
    if "on_" in context:
        context["on"] = context.pop("on_")
    return TakeAct(asked(act, said=told, **context, **deed_), **more)


def words(text: str) -> Sealed:
    """Words of the matter, as a fact has them before it is stored."""
    return Sealed.of(text, subject="matter")


PLAIN = {
    "instruct": InstructionGiven(),
    "calm": MatterCalmed(),
    "review": MatterReviewed(),
    "assess": MatterAssessed(),
    "escalate": MatterEscalated(),
    "feedback": FeedbackGiven(satisfied=False),
    "verify": FactsVerified(unit="QH-YZ"),
    "handle": MatterHandled(unit="QH-YZ"),
}
"""Acts of which nothing need be said, and the facts they make."""

BY_UNIT: dict[str, Any] = {"unit": "QH-YZ"}


def plain(act: str, **more: Any) -> TakeAct:
    """One of those."""
    return take(act, **(BY_UNIT if act in ("verify", "handle") else {}), **more)


class TestAnyAct:
    @pytest.mark.parametrize("act", PLAIN)
    def test_it_is_recorded(self, act: str) -> None:
        given(assigned).when(plain(act)).then(PLAIN[act])

    @pytest.mark.parametrize("act", PLAIN)
    def test_said_again_of_the_same_moment_it_is_quiet(self, act: str) -> None:
        command = plain(act)
        known = record(command.asked.attempted)
        again = replace(command, asked=replace(command.asked, record=known))
        given(assigned).when(again).then_nothing()

    def test_two_measures_with_words_of_their_own_are_two(self) -> None:
        first = plain("handle")
        second = take("handle", Told(text="已调换供货商"), **BY_UNIT)
        known = replace(second.asked, record=record(first.asked.attempted))
        done = MatterHandled(unit="QH-YZ", text=words("已调换供货商"))
        given(assigned).when(replace(second, asked=known)).then(done)

    @pytest.mark.parametrize("standing", ["voided", "linked"])
    @pytest.mark.parametrize("act", FACTS)
    def test_nothing_is_done_to_a_voided_or_linked_matter(self, act: str, standing: Any) -> None:
        more: dict[str, Any] = {"state": "opening"} if act == "declare" else {}
        command = take(act, standing=standing, **more)
        given(assigned).when(command).then_refused(f"incident.{standing}")

    @pytest.mark.parametrize("act", ["assess", "instruct", "verify", "handle", "calm", "escalate"])
    def test_a_closed_matter_is_not_handled(self, act: str) -> None:
        given(assigned, closed).when(plain(act)).then_refused("incident.closed")

    @pytest.mark.parametrize("act", ["feedback", "review"])
    def test_what_was_learned_is_recorded_after_closing(self, act: str) -> None:
        given(assigned, closed).when(plain(act)).then(PLAIN[act])

    def test_an_unknown_kind_is_refused(self) -> None:
        command = take("assess", Told(kind="rumour"))
        given().when(command).then_refused("act.unknown-kind", Invalid)

    def test_an_unknown_value_is_refused(self) -> None:
        command = take("assess", sets={"severity": ("terrible",)})
        given().when(command).then_refused("act.unknown-sets", Invalid)

    def test_a_single_valued_axis_takes_no_two_values(self) -> None:
        command = take("assess", sets={"severity": ("major", "ordinary")})
        given().when(command).then_refused("act.several-values", Invalid)


class TestReport:
    def test_each_recipient_and_the_way_are_on_record(self) -> None:
        told = Told(kind="first", to=("leading_group",), medium="phone", text="八人发热")
        fact = ReportMade(
            kind="first", to=("leading_group",), medium="phone", text=words("八人发热")
        )
        given().when(take("report", told)).then(fact)

    def test_a_follow_up_is_made_after_closing_too(self) -> None:
        told = Told(kind="follow_up", to=("leading_group",))
        fact = ReportMade(kind="follow_up", to=("leading_group",))
        given(assigned, closed).when(take("report", told)).then(fact)

    def test_without_a_recipient_it_is_refused(self) -> None:
        given().when(take("report")).then_refused("to.missing", Invalid)

    def test_an_unknown_recipient_is_refused(self) -> None:
        command = take("report", Told(to=("neighbours",)))
        given().when(command).then_refused("act.unknown-to", Invalid)


class TestAcceptAndReturn:
    LX: ClassVar[dict[str, Any]] = {"unit": "QH-LX"}
    accepted = SheetAccepted(unit="QH-LX")
    returned = SheetReturned(unit="QH-LX", text=words("不属本单位"), of="移交单 3")

    def test_each_unit_signs_for_itself(self) -> None:
        lead = SheetAccepted(unit="QH-YZ")
        given(assigned, lead).when(take("accept", **self.LX)).then(self.accepted)

    def test_a_unit_that_was_assigned_nothing_signs_for_nothing(self) -> None:
        command = take("accept", unit="QH-XX")
        given(assigned).when(command).then_refused("unit.not-assigned")

    def test_before_anything_is_assigned_who_registered_it_signs_for_what_was_reported(
        self,
    ) -> None:
        command = take("accept", Told(medium="telephone"), unit="QH-JYJ")
        fact = SheetAccepted(unit="QH-JYJ", medium="telephone")
        given().when(command).then(fact)

    def test_signing_twice_is_quiet(self) -> None:
        given(assigned, self.accepted).when(take("accept", **self.LX)).then_nothing()

    def test_another_paper_is_signed_for_too(self) -> None:
        told = Told(kind="contact_sheet")
        command = take("accept", told, on_=record(pack=ZAOXI), **self.LX)
        fact = SheetAccepted(unit="QH-LX", kind="contact_sheet")
        given(assigned, self.accepted).when(command).then(fact)

    def test_a_unit_sends_it_back_with_a_reason_and_a_slip(self) -> None:
        told = Told(text="不属本单位", of="移交单 3")
        given(assigned).when(take("return", told, **self.LX)).then(self.returned)

    def test_sending_back_needs_a_reason(self) -> None:
        command = take("return", **self.LX)
        given(assigned).when(command).then_refused("text.missing", Invalid)

    def test_sending_back_twice_is_quiet(self) -> None:
        told = Told(text="再退一次")
        given(assigned, self.returned).when(take("return", told, **self.LX)).then_nothing()

    def test_what_was_sent_back_is_not_signed_for(self) -> None:
        command = take("accept", **self.LX)
        given(assigned, self.returned).when(command).then_refused("accept.returned")

    def test_what_was_sent_back_can_be_assigned_again(self) -> None:
        given(assigned, self.returned).when(ASSIGN).then(assigned)
        again = (assigned, self.returned, assigned)
        given(*again).when(take("accept", **self.LX)).then(self.accepted)

    def test_the_level_above_hands_back_what_was_put_before_it(self) -> None:
        told = Told(text="由学校自行处置")
        command = take("return", told, unit="QH-JYJ")
        fact = SheetReturned(unit="QH-JYJ", text=words("由学校自行处置"))
        given(MatterEscalated()).when(command).then(fact)
        given(MatterEscalated(), fact).when(command).then_refused("unit.not-assigned")
        given(ReportMade(to=("office",))).when(command).then(fact)
        given().when(command).then_refused("unit.not-assigned")


class TestCloseTogether:
    LX = SheetAccepted(unit="QH-LX")
    done = (*ready_to_publish, published(FIRST))

    def test_it_is_refused_while_a_unit_that_signed_has_done_nothing(self) -> None:
        given(*self.done, self.LX).when(CLOSE).then_refused("close.co-handling-open")

    @pytest.mark.parametrize(
        "since",
        [
            FactsVerified(unit="QH-LX"),
            MatterHandled(unit="QH-LX"),
            SheetReturned(unit="QH-LX", text=words("不属本单位")),
        ],
        ids=["verified", "handled", "returned"],
    )
    def test_it_closes_once_each_has_done_its_part(self, since: Any) -> None:
        given(*self.done, self.LX, since).when(CLOSE).then(closed)

    def test_who_never_signed_holds_nobody_up(self) -> None:
        given(*self.done).when(CLOSE).then(closed)


class TestRefer:
    TOLD = Told(to=("external_authority",))
    agreed = By(LI, ActApproved(kind="referral"))
    referred = MatterReferred(to=("external_authority",), ground="治安管理处罚法第二十五条")
    REFER: ClassVar[dict[str, Any]] = {"ground": "治安管理处罚法第二十五条"}

    def test_it_is_handed_over_once_another_agreed(self) -> None:
        given(self.agreed).when(take("refer", self.TOLD, **self.REFER)).then(self.referred)

    def test_nobody_agreed(self) -> None:
        command = take("refer", self.TOLD, **self.REFER)
        given().when(command).then_refused("refer.not-approved")

    def test_ones_own_agreement_is_not_enough(self) -> None:
        own = By(WU, ActApproved(kind="referral"))
        command = take("refer", self.TOLD, **self.REFER)
        given(own).when(command).then_refused("refer.not-approved")

    def test_an_agreement_serves_one_referral(self) -> None:
        command = take("refer", self.TOLD, **self.REFER)
        given(self.agreed, self.referred).when(command).then_refused("refer.not-approved")

    def test_without_a_legal_ground_it_is_refused(self) -> None:
        given(self.agreed).when(take("refer", self.TOLD)).then_refused("ground.missing", Invalid)

    def test_what_has_happened_is_recorded_with_its_breach(self) -> None:
        told = replace(self.TOLD, happened=True)
        fact = self.referred.model_copy(update={"breaches": ("refer.not-approved",)})
        given().when(take("refer", told, **self.REFER)).then(fact)


class TestApproveAct:
    def test_it_is_agreed_to(self) -> None:
        told = Told(kind="referral", of="移送书 1")
        given().when(take("approve", told)).then(ActApproved(kind="referral", of="移送书 1"))

    def test_a_draft_is_not_approved_by_the_back_door(self) -> None:
        told = Told(of=str(FIRST))
        history = (assigned, drafted(FIRST, LI))
        given(*history).when(take("approve", told, officer=LI)).then_refused("approve.is-draft")

    def test_agreeing_again_is_quiet(self) -> None:
        mine = By(WU, ActApproved(kind="referral"), "principal_leader")
        given(mine).when(take("approve", Told(kind="referral"))).then_nothing()

    def test_one_given_too_early_in_a_sequence_is_given_again(self) -> None:
        """004-14: first the command, then the task force."""
        told, post = Told(kind="opening_time"), "provincial_taskforce"
        early = By(WU, ActApproved(kind="opening_time"), post)
        command = By(LI, ActApproved(kind="opening_time"), "local_command")
        on = record(pack=HENAN, kind="opening")
        again = take("approve", told, post=post, on_=on)
        given(early).when(again).then_nothing()
        given(early, command).when(again).then(ActApproved(kind="opening_time"))


class TestReject:
    REJECT = RejectDraft(asked("reject"), None, "口径不准")

    def test_it_goes_back_to_its_writer(self) -> None:
        fact = DraftRejected(draft=FIRST, reason="口径不准")
        given(assigned, drafted(FIRST, LI)).when(self.REJECT).then(fact)

    def test_it_can_be_approved_and_published_no_more(self) -> None:
        history = (*ready_to_publish, DraftRejected(draft=FIRST, reason="口径不准"))
        given(*history).when(replace(APPROVE, draft=FIRST)).then_refused("draft.rejected")
        given(*history).when(replace(PUBLISH, draft=FIRST)).then_refused("draft.rejected")
        given(*history).when(PUBLISH).then_refused("publish.not-approved")

    def test_what_was_published_is_not_rejected(self) -> None:
        history = (*ready_to_publish, published(FIRST))
        given(*history).when(self.REJECT).then_refused("reject.published")

    def test_without_a_reason_it_is_refused(self) -> None:
        history = (assigned, drafted(FIRST, LI))
        given(*history).when(replace(self.REJECT, reason="")).then_refused(
            "reason.missing", Invalid
        )

    def test_rejecting_twice_is_quiet(self) -> None:
        history = (assigned, drafted(FIRST, LI), DraftRejected(draft=FIRST, reason="口径不准"))
        given(*history).when(replace(self.REJECT, draft=FIRST)).then_nothing()


class TestDeclare:
    ON = record(pack=HENAN)
    began = StateDeclared(state="opening", on=True)

    def test_a_state_begins_and_ends(self) -> None:
        free = record(pack=load_pack(find_pack("engineering-college")))
        begins, ends = (StateDeclared(state="emergency", on=on) for on in (True, False))
        given().when(take("declare", state="emergency", on_=free)).then(begins)
        given(begins).when(take("declare", state="emergency", on=False, on_=free)).then(ends)

    def test_a_state_that_is_not_the_packs_is_refused(self) -> None:
        command = take("declare", state="holiday", on_=self.ON)
        given().when(command).then_refused("act.unknown-state", Invalid)

    def test_a_state_of_a_matter_is_not_declared_of_a_unit(self) -> None:
        command = take("declare", state="opening", on_=self.ON, whose="unit")
        given().when(command).then_refused("act.unknown-state", Invalid)

    def test_what_is_so_already_is_quiet(self) -> None:
        given(self.began).when(take("declare", state="opening", on_=self.ON)).then_nothing()
        never = take("declare", state="opening", on=False, on_=self.ON)
        given().when(never).then_nothing()


class TestReopen:
    REOPEN = ReopenIncident(asked("reopen"), "又有家长反映")

    def test_handling_goes_on(self) -> None:
        history = (*ready_to_publish, published(FIRST), closed)
        given(*history).when(self.REOPEN).then(IncidentReopened(grounds="又有家长反映"))

    def test_afterwards_acts_are_possible_and_another_result_is_owed(self) -> None:
        reopened = IncidentReopened(grounds="又有家长反映")
        history = (*ready_to_publish, published(FIRST), closed, reopened)
        given(*history).when(plain("handle")).then(PLAIN["handle"])
        given(*history).when(CLOSE).then_refused("close.not-answered")

    def test_without_grounds_it_is_refused(self) -> None:
        given(closed).when(replace(self.REOPEN, grounds="")).then_refused(
            "grounds.missing", Invalid
        )

    def test_what_is_open_stays_so_quietly(self) -> None:
        given(assigned).when(self.REOPEN).then_nothing()


class TestCloseWithoutReply:
    def test_what_is_no_incident_needs_no_answer(self) -> None:
        on = record(kind="own_release")
        command = CloseIncident(asked("close", on=on), "")
        given(assigned).when(command).then(IncidentClosed(outcome="without_reply", note=""))

    def test_an_incident_does_where_a_duty_asks_for_a_reply(self) -> None:
        given(assigned).when(CLOSE).then_refused("close.not-answered")

    def test_rules_that_never_ask_for_a_reply_let_an_incident_close(self) -> None:
        on = record(pack=load_pack(find_pack("enterprise-risk-plan")))
        command = CloseIncident(asked("close", on=on), "")
        given(assigned).when(command).then(IncidentClosed(outcome="without_reply", note=""))


class TestPublishWhatHappened:
    def test_an_unapproved_reply_that_went_out_is_recorded_with_its_breach(self) -> None:
        said = Told(happened=True)
        command = replace(PUBLISH, asked=asked("publish", said=said))
        fact = published(FIRST).model_copy(update={"breaches": ("publish.not-approved",)})
        given(assigned, drafted(FIRST, LI)).when(command).then(fact)

    def test_a_promise_lies_ahead(self) -> None:
        command = replace(PUBLISH, promised=PUBLISH.asked.attempted.at)
        given(*ready_to_publish).when(command).then_refused("promised.not-ahead", Invalid)

    def test_an_inner_paper_is_not_published(self) -> None:
        on = record(pack=ZAOXI)
        paper = By(LI, drafted(FIRST, LI, kind="plan").fact)
        command = replace(PUBLISH, asked=asked("publish", on=on))
        given(assigned, paper, approved(FIRST)).when(command).then_refused(
            "act.unknown-kind", Invalid
        )


class TestRepin:
    REPIN = RepinCase("open", "b@2#1", "a@1#1", "镇里有了新规定")

    def test_it_goes_on_under_other_rules(self) -> None:
        given().when(self.REPIN).then(CaseRepinned(pin="b@2#1", reason="镇里有了新规定"))

    def test_without_a_reason_it_is_refused(self) -> None:
        given().when(replace(self.REPIN, reason="")).then_refused("reason.missing", Invalid)

    def test_the_same_rules_again_are_quiet(self) -> None:
        given().when(replace(self.REPIN, now="b@2#1")).then_nothing()


def test_old_approvals_of_drafts_still_count() -> None:
    """A history from before kinds and posts loads and can be published."""
    old = ReplyApproved(draft=FIRST, content="hmac:a")
    given(assigned, drafted(FIRST, LI), By("o-x", old, "")).when(PUBLISH).then(published(FIRST))
