"""The rules of a case: each happens, is refused, and stays quiet."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from services.routing.case import OldReply, record_history, standing_conflict
from services.routing.state import IncidentStanding
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentLinked, IncidentVoided
from shared.contracts.routing import (
    DraftRejected,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
    StandingConflictFound,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Unknown
from tests.acts.story import told
from tests.routing.story import Asked, By, act, given

FIRST = UUID("aaaaaaaa-0000-4000-8000-000000000001")
SECOND = UUID("aaaaaaaa-0000-4000-8000-000000000002")
THIRD = UUID("aaaaaaaa-0000-4000-8000-000000000003")
LI, WU, QIAN = "o-li", "o-wu", "o-qian"
TEXT = "课本本周五前补齐。"
WORDS = Sealed.of(TEXT, subject="reply")

graded = IncidentGraded(grade="ordinary", sets={"severity": ("ordinary",)}, grounds="个别咨询")
assigned = IncidentAssigned(lead="QH-YZ", co_handling=("QH-LX",), instruction="三日内答复")
closed = IncidentClosed(outcome="answered", note="")


def drafted(draft: UUID, officer: str, content: str = "hmac:a", kind: str = "result") -> By:
    return By(officer, ReplyDrafted(draft=draft, kind=kind, text=WORDS, content=content))


def approved(draft: UUID, content: str = "hmac:a") -> ReplyApproved:
    return ReplyApproved(draft=draft, content=content)


def published(draft: UUID | None, kind: str = "result") -> ReplyPublished:
    return ReplyPublished(
        draft=draft,
        kind=kind,
        channel="message_board",
        named_unit="青禾县第一中学",
        text=WORDS,
        content="hmac:a",
    )


GRADE = act("grade", grade="ordinary", grounds="个别咨询")
ASSIGN = act("assign", lead="QH-YZ", co_handling=["QH-LX"], instruction="三日内答复")
DRAFT = act(
    "draft",
    kind="result",
    text=TEXT,
    made={"draft": FIRST, "text": WORDS, "content": "hmac:a"},
)
APPROVE = act("approve", draft=FIRST)
PUBLISH = act(
    "publish",
    draft=FIRST,
    channel="message_board",
    made={"text": WORDS, "content": "hmac:a", "named_unit": "青禾县第一中学"},
)
CLOSE = act("close")
REJECT = act("reject", draft=FIRST, reason="口径不准")
REOPEN = act("reopen", grounds="又有家长反映")

ready_to_publish = (assigned, drafted(FIRST, LI), approved(FIRST))


STEPS: tuple[tuple[tuple[IncidentAssigned | ReplyApproved | By, ...], Asked], ...] = (
    ((), GRADE),
    ((), ASSIGN),
    ((assigned,), DRAFT),
    ((assigned, drafted(FIRST, LI)), APPROVE),
    ((assigned, drafted(FIRST, LI)), REJECT),
    (ready_to_publish, PUBLISH),
)
STEP = [asked.act.name for _, asked in STEPS]


@pytest.mark.parametrize(
    ("standing", "code"), [("voided", "incident.voided"), ("linked", "incident.linked")]
)
@pytest.mark.parametrize(
    ("history", "asked"),
    [*STEPS, ((*ready_to_publish, published(FIRST)), CLOSE), ((closed,), REOPEN)],
    ids=[*STEP, "close", "reopen"],
)
def test_nothing_new_is_done_to_a_voided_or_linked_incident(
    history: tuple[IncidentAssigned | By, ...], asked: Asked, standing: IncidentStanding, code: str
) -> None:
    given(*history).when(asked.but(standing=standing)).then_refused(code)


@pytest.mark.parametrize(("history", "asked"), STEPS, ids=STEP)
def test_nothing_new_is_done_to_a_closed_case(
    history: tuple[IncidentAssigned | By, ...], asked: Asked
) -> None:
    given(*history, closed).when(asked).then_refused("incident.closed")


class TestGrade:
    def test_sets_the_grade_with_its_grounds(self) -> None:
        given().when(GRADE).then(graded)

    def test_can_be_changed(self) -> None:
        again = act("grade", sets={"severity": ["major"]}, grounds="已有多家转发")
        given(graded).when(again).then(
            IncidentGraded(grade="major", sets={"severity": ("major",)}, grounds="已有多家转发")
        )

    def test_of_nothing_at_all_is_refused(self) -> None:
        given().when(GRADE.but(grade=None)).then_refused("sets.missing", Invalid)

    def test_without_grounds_is_refused(self) -> None:
        given().when(GRADE.but(grounds=" ")).then_refused("grounds.missing", Invalid)

    def test_the_same_grade_again_is_quiet(self) -> None:
        before = By("o-head", graded, "principal_leader")
        given(before).when(GRADE.but(grounds="换个说法")).then_nothing()

    def test_the_same_grade_by_another_post_is_said(self) -> None:
        given(By("o-clerk", graded, "info_officer")).when(GRADE).then(graded)

    def test_the_same_grade_again_is_said_after_another_judgement_between(self) -> None:
        before = By("o-head", graded, "principal_leader")
        worse = graded.model_copy(update={"grade": "major", "sets": {"severity": ("major",)}})
        given(before, worse).when(GRADE).then(graded)


class TestAssign:
    def test_makes_units_responsible_without_waiting_for_a_grade(self) -> None:
        given().when(ASSIGN).then(assigned)

    def test_can_go_to_another_unit(self) -> None:
        other = act("assign", lead="QH-LX")
        to_other = IncidentAssigned(lead="QH-LX", co_handling=(), instruction="")
        given(assigned).when(other).then(to_other)

    def test_a_new_instruction_to_the_same_units_is_said(self) -> None:
        sooner = ASSIGN.but(instruction="今日答复")
        given(assigned).when(sooner).then(assigned.model_copy(update={"instruction": "今日答复"}))

    def test_the_lead_cannot_handle_with_itself(self) -> None:
        both = ASSIGN.but(co_handling=("QH-LX", "QH-YZ"))
        given().when(both).then_refused("assign.lead-among-co-handling", Invalid)

    def test_a_unit_named_twice_is_refused(self) -> None:
        twice = ASSIGN.but(co_handling=("QH-LX", "QH-LX"))
        given().when(twice).then_refused("assign.co-handling-repeated", Invalid)

    def test_the_same_assignment_again_is_quiet(self) -> None:
        given(assigned).when(ASSIGN).then_nothing()


class TestDraft:
    def test_a_reply_is_drafted(self) -> None:
        given(assigned).when(DRAFT).then(drafted(FIRST, LI).fact)

    def test_while_nobody_is_assigned_the_registering_unit_drafts(self) -> None:
        given(graded).when(DRAFT).then(drafted(FIRST, LI).fact)

    def test_an_empty_reply_is_refused(self) -> None:
        given(assigned).when(DRAFT.but(text="\n ")).then_refused("text.missing", Invalid)

    def test_the_same_draft_again_is_quiet(self) -> None:
        given(assigned, drafted(FIRST, LI)).when(DRAFT).then_nothing()


class TestApprove:
    @pytest.mark.parametrize(("draft", "content"), [(FIRST, "hmac:a"), (SECOND, "hmac:b")])
    def test_another_officer_approves_the_draft_that_is_named(
        self, draft: UUID, content: str
    ) -> None:
        two = (drafted(FIRST, LI), drafted(SECOND, LI, "hmac:b"))
        given(assigned, *two).when(APPROVE.but(draft=draft)).then(approved(draft, content))

    @pytest.mark.parametrize("asked", [APPROVE, REJECT, PUBLISH], ids=lambda each: each.act.name)
    def test_nothing_is_meant_as_the_latest_and_it_is_told_what_waits(self, asked: Asked) -> None:
        history = (*ready_to_publish, drafted(SECOND, LI), drafted(THIRD, LI))
        out = (published(THIRD), DraftRejected(draft=SECOND, reason="口径不准"))
        with pytest.raises(Invalid) as caught:
            given(*history, *out).when(asked.but(draft=None)).decided()
        assert (caught.value.code, caught.value.field) == ("draft.missing", "draft")
        assert f"{FIRST}（result, 已审定）" in caught.value.remedy
        assert str(SECOND) not in caught.value.remedy
        assert str(THIRD) not in caught.value.remedy

    def test_the_drafter_cannot_approve_their_own_reply(self) -> None:
        own = APPROVE.but(officer=LI)
        given(assigned, drafted(FIRST, LI)).when(own).then_refused("drafter")

    def test_a_draft_copied_by_another_cannot_be_approved_by_its_first_writer(self) -> None:
        copied = (drafted(FIRST, LI), drafted(SECOND, WU))
        own = APPROVE.but(officer=LI, draft=SECOND)
        given(assigned, *copied).when(own).then_refused("drafter")

    def test_who_copied_a_draft_cannot_approve_the_first_one_either(self) -> None:
        copied = (drafted(FIRST, LI), drafted(SECOND, WU))
        own = APPROVE.but(officer=WU, draft=FIRST)
        given(assigned, *copied).when(own).then_refused("drafter")

    def test_who_wrote_another_text_may_approve(self) -> None:
        two = (drafted(FIRST, WU, "hmac:b"), drafted(SECOND, LI))
        given(assigned, *two).when(APPROVE.but(draft=SECOND)).then(approved(SECOND))

    def test_a_third_officer_approves_a_copied_draft(self) -> None:
        copied = (drafted(FIRST, LI), drafted(SECOND, WU))
        third = APPROVE.but(officer=QIAN, draft=SECOND)
        given(assigned, *copied).when(third).then(approved(SECOND))

    @pytest.mark.parametrize("draft", [None, THIRD])
    def test_a_draft_that_is_not_there_is_unknown(self, draft: UUID | None) -> None:
        history = (assigned,) if draft is None else (assigned, drafted(FIRST, LI))
        command = APPROVE.but(draft=draft)
        given(*history).when(command).then_refused("draft.unknown", Unknown)

    def test_approving_again_is_quiet_even_after_closing(self) -> None:
        mine = By(WU, approved(FIRST), "principal_leader")
        history = (assigned, drafted(FIRST, LI), mine)
        given(*history).when(APPROVE).then_nothing()
        given(*history, published(FIRST), closed).when(APPROVE).then_nothing()

    def test_a_third_person_may_approve_too(self) -> None:
        given(*ready_to_publish).when(APPROVE).then(approved(FIRST))

    def test_the_same_person_in_another_post_approves_anew(self) -> None:
        mine = By(WU, approved(FIRST), "office_director")
        given(assigned, drafted(FIRST, LI), mine).when(APPROVE).then(approved(FIRST))


class TestPublish:
    def test_the_approved_text_is_published_in_the_units_name(self) -> None:
        given(*ready_to_publish).when(PUBLISH).then(published(FIRST))

    def test_the_draft_that_is_named_is_the_one(self) -> None:
        later = (drafted(SECOND, LI, "hmac:b"), drafted(THIRD, LI, "hmac:c"))
        history = (*ready_to_publish, *later, approved(SECOND, "hmac:b"))
        command = PUBLISH.but(draft=SECOND, made={"content": "hmac:b"})
        expected = published(SECOND).model_copy(update={"content": "hmac:b"})
        given(*history).when(command).then(expected)

    def test_the_kind_is_that_of_the_draft(self) -> None:
        interim = (assigned, drafted(FIRST, LI, kind="interim"), approved(FIRST))
        given(*interim).when(PUBLISH).then(published(FIRST, "interim"))

    def test_the_same_text_goes_out_again_elsewhere_and_as_something_else(self) -> None:
        history = (*ready_to_publish, published(FIRST))
        elsewhere = published(FIRST).model_copy(update={"channel": "site"})
        given(*history).when(PUBLISH.but(channel="site")).then(elsewhere)
        press = PUBLISH.but(kind="press")
        given(*history).when(press).then(published(FIRST, "press"))
        given(*history, published(FIRST, "press")).when(press).then_nothing()

    def test_an_unapproved_draft_is_not_published(self) -> None:
        given(assigned, drafted(FIRST, LI)).when(PUBLISH).then_refused("publish.not-approved")

    def test_nothing_is_published_where_there_is_no_draft(self) -> None:
        given(assigned).when(PUBLISH.but(draft=None)).then_refused("publish.not-approved")

    def test_the_approval_of_one_draft_does_not_serve_another(self) -> None:
        history = (*ready_to_publish, drafted(SECOND, LI))
        command = PUBLISH.but(draft=SECOND)
        given(*history).when(command).then_refused("publish.not-approved")

    def test_another_text_than_approved_is_not_published(self) -> None:
        other = PUBLISH.but(made={"content": "hmac:b"})
        given(*ready_to_publish).when(other).then_refused("publish.text-differs")

    def test_another_text_is_refused_after_publishing_too(self) -> None:
        other = PUBLISH.but(made={"content": "hmac:b"})
        history = (*ready_to_publish, published(FIRST))
        given(*history).when(other).then_refused("publish.text-differs")

    def test_a_draft_that_is_not_there_is_unknown(self) -> None:
        command = PUBLISH.but(draft=THIRD)
        given(*ready_to_publish).when(command).then_refused("draft.unknown", Unknown)

    def test_nobody_speaks_anonymously(self) -> None:
        unnamed = PUBLISH.but(made={"named_unit": " "})
        given(*ready_to_publish).when(unnamed).then_refused("named_unit.missing", Invalid)

    def test_a_channel_is_named(self) -> None:
        nowhere = PUBLISH.but(channel="")
        given(*ready_to_publish).when(nowhere).then_refused("channel.missing", Invalid)

    def test_publishing_the_same_draft_again_is_quiet_even_after_closing(self) -> None:
        history = (*ready_to_publish, published(FIRST))
        given(*history).when(PUBLISH).then_nothing()
        given(*history, closed).when(PUBLISH).then_nothing()


class TestClose:
    def test_an_answered_case_is_closed(self) -> None:
        history = (*ready_to_publish, published(FIRST))
        expected = IncidentClosed(outcome="answered", note="已回访")
        given(*history).when(CLOSE.but(note="已回访")).then(expected)

    def test_a_result_stays_a_result_after_a_further_interim_reply(self) -> None:
        history = (*ready_to_publish, published(FIRST), published(SECOND, "interim"))
        given(*history).when(CLOSE).then(closed)

    def test_an_answer_of_the_packs_own_kind_is_a_result(self) -> None:
        answered = (*ready_to_publish, published(FIRST, "written_reply"))
        given(*answered).when(CLOSE).then(closed)

    @pytest.mark.parametrize(
        "history",
        [(), *((assigned, published(FIRST, kind)) for kind in ("interim", "acknowledge"))],
    )
    def test_without_a_published_result_it_is_refused(
        self, history: tuple[IncidentAssigned | ReplyPublished, ...]
    ) -> None:
        given(*history).when(CLOSE).then_refused("close.not-answered")

    def test_closing_twice_is_quiet(self) -> None:
        history = (*ready_to_publish, published(FIRST), closed)
        given(*history).when(CLOSE.but(note="再办一次")).then_nothing()


class TestHistory:
    REPLY = OldReply(TEXT, "hmac:a", "青禾县第一中学")
    BY_LEAD = IncidentAssigned(lead="QH-YZ", co_handling=(), instruction="")
    PUBLISHED = published(None).model_copy(update={"channel": "import"})

    def test_an_answered_message_is_assigned_published_and_closed(self) -> None:
        facts = record_history(given().case, "QH-YZ", self.REPLY, left_open=False)
        assert list(facts) == [self.BY_LEAD, self.PUBLISHED, closed]

    def test_an_unanswered_message_is_closed_as_history(self) -> None:
        facts = record_history(given().case, "QH-YZ", None, left_open=False)
        assert list(facts) == [self.BY_LEAD, IncidentClosed(outcome="history", note="")]

    def test_an_unanswered_message_may_be_left_open(self) -> None:
        facts = record_history(given().case, "QH-YZ", None, left_open=True)
        assert list(facts) == [self.BY_LEAD]

    def test_what_was_assigned_meanwhile_stays_so(self) -> None:
        facts = record_history(given(assigned).case, "QH-YZ", self.REPLY, left_open=False)
        assert list(facts) == [self.PUBLISHED, closed]

    def test_what_is_on_record_already_is_quiet(self) -> None:
        case = given(self.BY_LEAD, self.PUBLISHED, closed).case
        assert list(record_history(case, "QH-YZ", self.REPLY, left_open=False)) == []


class TestStandingConflict:
    """What was published or closed that intake did not know of when it ended the matter."""

    ENDED = UUID("eeeeeeee-0000-4000-8000-000000000001")
    HISTORY = told("routing/case", [assigned, published(FIRST), closed])
    UNKNOWN = (HISTORY[1].envelope.id, HISTORY[2].envelope.id)

    def found(
        self, history: Sequence[Recorded], *knew: UUID, link: bool = False
    ) -> StandingConflictFound | None:
        if link:
            linked = IncidentLinked(
                to=FIRST, to_number="QINGHE-2026-000002", grounds="同一事件", knew=knew
            )
            return standing_conflict(history, self.ENDED, linked)
        return standing_conflict(history, self.ENDED, IncidentVoided(reason="误登", knew=knew))

    @pytest.mark.parametrize(("link", "because"), [(False, "voided"), (True, "linked")])
    def test_what_it_did_not_know_is_named(self, *, link: bool, because: str) -> None:
        found = self.found(self.HISTORY, link=link)

        assert found is not None
        assert (found.ended, found.because, found.unknown) == (self.ENDED, because, self.UNKNOWN)

    def test_of_several_only_what_it_did_not_know(self) -> None:
        found = self.found(self.HISTORY, self.UNKNOWN[0])

        assert found is not None
        assert found.unknown == self.UNKNOWN[1:]

    def test_whoever_knew_it_all_ended_the_matter(self) -> None:
        assert self.found(self.HISTORY, *self.UNKNOWN) is None

    @pytest.mark.parametrize("history", [[], [graded, assigned, drafted(FIRST, LI)]])
    def test_where_nothing_was_published_or_closed_there_is_none(
        self, history: Sequence[Fact | By]
    ) -> None:
        assert self.found(told("routing/case", history)) is None

    def test_imported_history_is_none(self) -> None:
        past = told("routing/case", [published(None), closed], standing="imported")

        assert self.found(past) is None
