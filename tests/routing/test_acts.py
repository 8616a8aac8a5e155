"""Acts in the words of a pack: each happens, is refused, and stays quiet."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from services.routing.case import repin
from shared.acts.vocabulary import AGREE, Act, taken
from shared.contracts.catalogue import ActTaken
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
from shared.errors import Invalid, Refused
from shared.policy import find_pack, load_pack
from tests.routing.story import LATER, Asked, By, act, given, record
from tests.routing.test_case import (
    APPROVE,
    ASSIGN,
    CLOSE,
    FIRST,
    LI,
    PUBLISH,
    REJECT,
    REOPEN,
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

SAID: dict[str, dict[str, Any]] = {
    **{name: {"unit": "QH-YZ"} for name in ("accept", "return", "verify", "handle")},
    "feedback": {"satisfied": False},
    "declare": {"state": "opening", "on": True},
}
"""What at least has to be said of an act, where anything has."""

WORDED = [each for each in taken() if each.room == "routing" and issubclass(each.fact, ActTaken)]
"""Every act on a matter in the words of its pack."""


def plain(name: str, **more: Any) -> Asked:
    """An act of which no more than that is said."""
    return act(name, **SAID.get(name, {}), **more)


class TestAnyAct:
    @pytest.mark.parametrize("name", PLAIN)
    def test_it_is_recorded(self, name: str) -> None:
        given(assigned).when(plain(name)).then(PLAIN[name])

    @pytest.mark.parametrize("name", PLAIN)
    def test_said_again_of_the_same_moment_it_is_quiet(self, name: str) -> None:
        asked = plain(name)
        given(assigned).when(asked.but(under=record(asked.deed))).then_nothing()

    def test_two_measures_with_words_of_their_own_are_two(self) -> None:
        second = plain("handle", text="已调换供货商", under=record(plain("handle").deed))
        done = MatterHandled(unit="QH-YZ", text=words("已调换供货商"))
        given(assigned).when(second).then(done)

    @pytest.mark.parametrize("standing", ["voided", "linked"])
    @pytest.mark.parametrize("each", WORDED, ids=lambda each: each.fact.__name__)
    def test_nothing_is_done_to_a_voided_or_linked_matter(self, each: Act, standing: Any) -> None:
        asked = act(each, standing=standing, **SAID.get(each.name, {}))
        given(assigned).when(asked).then_refused(f"incident.{standing}")

    @pytest.mark.parametrize("name", ["assess", "instruct", "verify", "handle", "calm", "escalate"])
    def test_a_closed_matter_is_not_handled(self, name: str) -> None:
        given(assigned, closed).when(plain(name)).then_refused("incident.closed")

    @pytest.mark.parametrize("name", ["feedback", "review"])
    def test_what_was_learned_is_recorded_after_closing(self, name: str) -> None:
        given(assigned, closed).when(plain(name)).then(PLAIN[name])

    def test_an_unknown_kind_is_refused(self) -> None:
        asked = act("assess", kind="rumour")
        given().when(asked).then_refused("act.unknown-kind", Invalid)

    def test_an_unknown_value_is_refused(self) -> None:
        asked = act("assess", sets={"severity": ("terrible",)})
        given().when(asked).then_refused("act.unknown-sets", Invalid)

    def test_a_single_valued_axis_takes_no_two_values(self) -> None:
        asked = act("assess", sets={"severity": ("major", "ordinary")})
        given().when(asked).then_refused("act.several-values", Invalid)


class TestReport:
    def test_each_recipient_and_the_way_are_on_record(self) -> None:
        first = act("report", kind="first", to=["leading_group"], medium="phone", text="八人发热")
        fact = ReportMade(
            kind="first", to=("leading_group",), medium="phone", text=words("八人发热")
        )
        given().when(first).then(fact)

    def test_a_follow_up_is_made_after_closing_too(self) -> None:
        more = act("report", kind="follow_up", to=["leading_group"])
        fact = ReportMade(kind="follow_up", to=("leading_group",))
        given(assigned, closed).when(more).then(fact)

    def test_without_a_recipient_it_is_refused(self) -> None:
        given().when(act("report")).then_refused("to.missing", Invalid)

    def test_an_unknown_recipient_is_refused(self) -> None:
        asked = act("report", to=("neighbours",))
        given().when(asked).then_refused("act.unknown-to", Invalid)


class TestAcceptAndReturn:
    LX: ClassVar[dict[str, Any]] = {"unit": "QH-LX"}
    accepted = SheetAccepted(unit="QH-LX")
    returned = SheetReturned(unit="QH-LX", text=words("不属本单位"), of="移交单 3")

    def test_each_unit_signs_for_itself(self) -> None:
        lead = SheetAccepted(unit="QH-YZ")
        given(assigned, lead).when(act("accept", **self.LX)).then(self.accepted)

    def test_a_unit_that_was_assigned_nothing_signs_for_nothing(self) -> None:
        asked = act("accept", unit="QH-XX")
        given(assigned).when(asked).then_refused("unit.not-assigned")

    def test_before_anything_is_assigned_who_registered_it_signs_for_what_was_reported(
        self,
    ) -> None:
        asked = act("accept", medium="telephone", unit="QH-JYJ")
        fact = SheetAccepted(unit="QH-JYJ", medium="telephone")
        given().when(asked).then(fact)

    def test_signing_twice_is_quiet(self) -> None:
        given(assigned, self.accepted).when(act("accept", **self.LX)).then_nothing()

    def test_another_paper_is_signed_for_too(self) -> None:
        asked = act("accept", kind="contact_sheet", under=record(pack=ZAOXI), **self.LX)
        fact = SheetAccepted(unit="QH-LX", kind="contact_sheet")
        given(assigned, self.accepted).when(asked).then(fact)

    def test_a_unit_sends_it_back_with_a_reason_and_a_slip(self) -> None:
        asked = act("return", text="不属本单位", of="移交单 3", **self.LX)
        given(assigned).when(asked).then(self.returned)

    def test_sending_back_needs_a_reason(self) -> None:
        asked = act("return", **self.LX)
        given(assigned).when(asked).then_refused("text.missing", Invalid)

    def test_sending_back_twice_is_quiet(self) -> None:
        asked = act("return", text="再退一次", **self.LX)
        given(assigned, self.returned).when(asked).then_nothing()

    def test_what_was_sent_back_is_not_signed_for(self) -> None:
        asked = act("accept", **self.LX)
        given(assigned, self.returned).when(asked).then_refused("accept.returned")

    def test_what_was_sent_back_can_be_assigned_again(self) -> None:
        given(assigned, self.returned).when(ASSIGN).then(assigned)
        again = (assigned, self.returned, assigned)
        given(*again).when(act("accept", **self.LX)).then(self.accepted)

    def test_the_level_above_hands_back_what_was_put_before_it(self) -> None:
        asked = act("return", text="由学校自行处置", unit="QH-JYJ")
        fact = SheetReturned(unit="QH-JYJ", text=words("由学校自行处置"))
        given(MatterEscalated()).when(asked).then(fact)
        given(MatterEscalated(), fact).when(asked).then_refused("unit.not-assigned")
        given(ReportMade(to=("office",))).when(asked).then(fact)
        given().when(asked).then_refused("unit.not-assigned")


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
    agreed = By(LI, ActApproved(kind="referral"))
    referred = MatterReferred(to=("external_authority",), ground="治安管理处罚法第二十五条")
    REFER = act("refer", to=["external_authority"], ground="治安管理处罚法第二十五条")

    def test_it_is_handed_over_once_another_agreed(self) -> None:
        given(self.agreed).when(self.REFER).then(self.referred)

    def test_nobody_agreed(self) -> None:
        given().when(self.REFER).then_refused("refer.not-approved")

    def test_ones_own_agreement_is_not_enough(self) -> None:
        own = By(WU, ActApproved(kind="referral"))
        given(own).when(self.REFER).then_refused("refer.not-approved")

    def test_an_agreement_serves_one_referral(self) -> None:
        given(self.agreed, self.referred).when(self.REFER).then_refused("refer.not-approved")

    def test_without_a_legal_ground_it_is_refused(self) -> None:
        asked = self.REFER.but(ground="")
        given(self.agreed).when(asked).then_refused("ground.missing", Invalid)

    def test_without_a_recipient_it_is_refused(self) -> None:
        given(self.agreed).when(self.REFER.but(to=[])).then_refused("to.missing", Invalid)

    def test_what_has_happened_is_recorded_with_its_breach(self) -> None:
        fact = self.referred.model_copy(update={"breaches": ("refer.not-approved",)})
        given().when(self.REFER.but(happened=True)).then(fact)


class TestApproveAct:
    def test_it_is_agreed_to(self) -> None:
        asked = act(AGREE, kind="referral", of="移送书 1")
        given().when(asked).then(ActApproved(kind="referral", of="移送书 1"))

    def test_a_draft_is_not_approved_by_the_back_door(self) -> None:
        history = (assigned, drafted(FIRST, LI))
        asked = act(AGREE, of=str(FIRST), officer=LI)
        given(*history).when(asked).then_refused("approve.is-draft")

    def test_agreeing_again_is_quiet(self) -> None:
        mine = By(WU, ActApproved(kind="referral"), "principal_leader")
        given(mine).when(act(AGREE, kind="referral")).then_nothing()

    def test_one_given_too_early_in_a_sequence_is_given_again(self) -> None:
        """004-14: first the command, then the task force."""
        post = "provincial_taskforce"
        early = By(WU, ActApproved(kind="opening_time"), post)
        command = By(LI, ActApproved(kind="opening_time"), "local_command")
        on = record(pack=HENAN, kind="opening")
        again = act(AGREE, kind="opening_time", post=post, under=on)
        given(early).when(again).then_nothing()
        given(early, command).when(again).then(ActApproved(kind="opening_time"))


class TestReject:
    def test_it_goes_back_to_its_writer(self) -> None:
        fact = DraftRejected(draft=FIRST, reason="口径不准")
        given(assigned, drafted(FIRST, LI)).when(REJECT).then(fact)

    def test_it_can_be_approved_and_published_no_more(self) -> None:
        history = (*ready_to_publish, DraftRejected(draft=FIRST, reason="口径不准"))
        given(*history).when(APPROVE.but(draft=FIRST)).then_refused("draft.rejected")
        given(*history).when(PUBLISH.but(draft=FIRST)).then_refused("draft.rejected")

    def test_what_was_published_is_not_rejected(self) -> None:
        history = (*ready_to_publish, published(FIRST))
        given(*history).when(REJECT).then_refused("reject.published")

    def test_without_a_reason_it_is_refused(self) -> None:
        history = (assigned, drafted(FIRST, LI))
        given(*history).when(REJECT.but(reason="")).then_refused("reason.missing", Invalid)

    def test_rejecting_twice_is_quiet(self) -> None:
        history = (assigned, drafted(FIRST, LI), DraftRejected(draft=FIRST, reason="口径不准"))
        given(*history).when(REJECT.but(draft=FIRST)).then_nothing()


class TestDeclare:
    ON = record(pack=HENAN)
    began = StateDeclared(state="opening", on=True)

    def test_a_state_begins_and_ends(self) -> None:
        free = record(pack=load_pack(find_pack("engineering-college")))
        begins, ends = (StateDeclared(state="emergency", on=on) for on in (True, False))
        given().when(act("declare", state="emergency", on=True, under=free)).then(begins)
        given(begins).when(act("declare", state="emergency", on=False, under=free)).then(ends)

    def test_a_state_that_is_not_the_packs_is_refused(self) -> None:
        asked = act("declare", state="holiday", on=True, under=self.ON)
        given().when(asked).then_refused("act.unknown-state", Invalid)

    def test_a_state_of_a_matter_is_not_declared_of_a_unit(self) -> None:
        asked = act("declare", state="opening", on=True, under=self.ON, whose="unit")
        given().when(asked).then_refused("act.unknown-state", Invalid)

    def test_what_is_so_already_is_quiet(self) -> None:
        again = act("declare", state="opening", on=True, under=self.ON)
        given(self.began).when(again).then_nothing()
        never = act("declare", state="opening", on=False, under=self.ON)
        given().when(never).then_nothing()


class TestReopen:
    def test_handling_goes_on(self) -> None:
        history = (*ready_to_publish, published(FIRST), closed)
        given(*history).when(REOPEN).then(IncidentReopened(grounds="又有家长反映"))

    def test_afterwards_acts_are_possible_and_another_result_is_owed(self) -> None:
        reopened = IncidentReopened(grounds="又有家长反映")
        history = (*ready_to_publish, published(FIRST), closed, reopened)
        given(*history).when(plain("handle")).then(PLAIN["handle"])
        given(*history).when(CLOSE).then_refused("close.not-answered")

    def test_without_grounds_it_is_refused(self) -> None:
        given(closed).when(REOPEN.but(grounds="")).then_refused("grounds.missing", Invalid)

    def test_what_is_open_stays_so_quietly(self) -> None:
        given(assigned).when(REOPEN).then_nothing()


class TestCloseWithoutReply:
    def test_what_is_no_incident_needs_no_answer(self) -> None:
        on = record(kind="own_release")
        asked = CLOSE.but(under=on)
        given(assigned).when(asked).then(IncidentClosed(outcome="without_reply", note=""))

    def test_an_incident_does_where_a_duty_asks_for_a_reply(self) -> None:
        given(assigned).when(CLOSE).then_refused("close.not-answered")

    def test_rules_that_never_ask_for_a_reply_let_an_incident_close(self) -> None:
        on = record(pack=load_pack(find_pack("enterprise-risk-plan")))
        asked = CLOSE.but(under=on)
        given(assigned).when(asked).then(IncidentClosed(outcome="without_reply", note=""))


class TestPublishWhatHappened:
    def test_an_unapproved_reply_that_went_out_is_recorded_with_its_breach(self) -> None:
        asked = PUBLISH.but(happened=True)
        fact = published(FIRST).model_copy(update={"breaches": ("publish.not-approved",)})
        given(assigned, drafted(FIRST, LI)).when(asked).then(fact)

    def test_a_promise_lies_ahead(self) -> None:
        asked = PUBLISH.but(promised=LATER)
        given(*ready_to_publish).when(asked).then_refused("promised.not-ahead", Invalid)

    def test_an_inner_paper_is_not_published(self) -> None:
        on = record(pack=ZAOXI)
        paper = By(LI, drafted(FIRST, LI, kind="plan").fact)
        asked = PUBLISH.but(under=on)
        given(assigned, paper, approved(FIRST)).when(asked).then_refused(
            "act.unknown-kind", Invalid
        )


class TestRepin:
    def test_it_goes_on_under_other_rules(self) -> None:
        facts = repin(given().case, "b@2#1", "a@1#1", "镇里有了新规定")
        assert list(facts) == [CaseRepinned(pin="b@2#1", reason="镇里有了新规定")]

    def test_without_a_reason_it_is_refused(self) -> None:
        with pytest.raises(Invalid, match=r"reason\.missing"):
            repin(given().case, "b@2#1", "a@1#1", "")

    def test_the_same_rules_again_are_quiet(self) -> None:
        assert list(repin(given().case, "b@2#1", "b@2#1", "镇里有了新规定")) == []

    @pytest.mark.parametrize("standing", ["voided", "linked"])
    def test_what_is_voided_or_linked_stays_under_its_rules(self, standing: Any) -> None:
        case = replace(given().case, standing=standing)
        with pytest.raises(Refused, match=rf"incident\.{standing}"):
            repin(case, "b@2#1", "a@1#1", "镇里有了新规定")


def test_old_approvals_of_drafts_still_count() -> None:
    """A history from before kinds and posts loads and can be published."""
    old = ReplyApproved(draft=FIRST, content="hmac:a")
    given(assigned, drafted(FIRST, LI), By("o-x", old, "")).when(PUBLISH).then(published(FIRST))
