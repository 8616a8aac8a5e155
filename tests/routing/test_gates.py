"""Gates and forms of the institutions' own packs, as routing meets them (acceptance scenarios)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.acts.check import Record
from shared.contracts.routing import IncidentAssigned, IncidentClosed, ReplyPublished, ReportMade
from shared.errors import Invalid, Refused
from shared.policy import find_pack, load_pack
from shared.policy.engine.deeds import Deed
from tests.routing.story import Asked, By, act, deed, given, record
from tests.routing.test_case import (
    APPROVE,
    CLOSE,
    FIRST,
    LI,
    PUBLISH,
    QIAN,
    WU,
    approved,
    assigned,
    drafted,
    published,
)

DRAFT = str(FIRST)


def rules(name: str, *deeds: Deed, **more: Any) -> Record:
    """What is on record under an institution's pack."""
    return record(*deeds, pack=load_pack(find_pack(name)), **more)


def severity(value: str) -> Mapping[str, tuple[str, ...]]:
    return {"severity": (value,)}


def report(to: str, on: Record, kind: str | None = None, **said: Any) -> Asked:
    """Somebody is told."""
    return act("report", kind=kind, to=[to], under=on, **said)


def refused_by(rule: str, asked: Asked, *history: Any) -> None:
    """A gate is closed to it, and the refusal names the rule, perhaps among others."""
    with pytest.raises(Refused) as caught:
        given(*history).when(asked).decided()
    assert (caught.value.code, rule in caught.value.rules) == ("gate.closed", True)
    assert caught.value.remedy


def publishing(on: Record, **said: Any) -> Asked:
    """The approved draft goes out."""
    return PUBLISH.but(under=on, **said)


READY = (assigned, drafted(FIRST, LI), approved(FIRST))


class TestScenario2:
    """000-1: what is major needs the supervising leader's consent, an analysis the principal's."""

    NAME = "jinxiu-ethnic-middle-school"

    def test_without_consent_it_is_refused(self) -> None:
        on = rules(self.NAME, sets=severity("major_information"))
        refused_by("000-1.APP.approve_major_information", report("superior_authority", on))

    def test_with_consent_it_goes_up(self) -> None:
        on = rules(
            self.NAME, deed("approve", "supervising_leader"), sets=severity("major_information")
        )
        given().when(report("superior_authority", on)).then(ReportMade(to=("superior_authority",)))

    def test_a_general_item_passes_directly(self) -> None:
        on = rules(self.NAME, sets=severity("general"))
        given().when(report("superior_authority", on)).then(ReportMade(to=("superior_authority",)))

    def test_an_analysis_needs_the_principal(self) -> None:
        on = rules(self.NAME, deed("approve", "supervising_leader"), sets=severity("general"))
        asked = report("superior_authority", on, "analysis")
        refused_by("000-1.APP.approve_analysis_report", asked)

    def test_what_was_sent_already_is_a_breach_on_record(self) -> None:
        on = rules(self.NAME, sets=severity("major_information"))
        rule = "000-1.APP.approve_major_information"
        fact = ReportMade(to=("superior_authority",), breaches=(rule,))
        given().when(report("superior_authority", on, happened=True)).then(fact)


def test_21_a_press_conference_waits_for_the_leading_group() -> None:
    on = rules("engineering-college", sets=severity("grade_1"))
    form = {"secrecy": "不涉密", "spokesperson": "spokesperson"}
    asked = publishing(on, kind="press", post="spokesperson", fields=form)
    refused_by("003-1.APP.press_conference", asked, *READY)
    agreed = rules(
        "engineering-college",
        deed("approve", "leading_group", kind="press", of=DRAFT),
        sets=severity("grade_1"),
    )
    assert isinstance(given(*READY).when(asked.but(under=agreed)).decided(), ReplyPublished)


class TestScenario25:
    """004-02: an off-campus manuscript is signed by the reviewer before the publicity dept."""

    OFF = {"outlet": ("off_campus",)}  # noqa: RUF012
    HISTORY = (assigned, drafted(FIRST, LI))

    def asked(self, *deeds: Deed) -> Asked:
        on = rules("university-network-responsibility", *deeds, kind="own_release", sets=self.OFF)
        return APPROVE.but(draft=FIRST, post="publicity_dept", under=on)

    def test_the_publicity_department_does_not_come_first(self) -> None:
        refused_by("004-02.R02", self.asked(), *self.HISTORY)

    def test_it_approves_what_the_reviewer_signed(self) -> None:
        signed = deed("approve", "content_reviewer", of=DRAFT)
        given(*self.HISTORY).when(self.asked(signed)).then(approved(FIRST))

    def test_a_signature_under_another_paper_does_not_serve(self) -> None:
        other = deed("approve", "content_reviewer", of="another")
        refused_by("004-02.R02", self.asked(other), *self.HISTORY)


def test_32_closing_requires_the_report_on_cause_and_responsibility() -> None:
    name, history = "jinghui-kindergarten-a", (*READY, published(FIRST))
    refused_by("004-03e.T06/close", CLOSE.but(under=rules(name)), *history)
    told = rules(name, deed("report", kind="cause", to=("leading_group",)))
    assert isinstance(given(*history).when(CLOSE.but(under=told)).decided(), IncidentClosed)


class TestScenario35And36:
    """004-04: a reply waits for the agreed statement; whose consent, is by grade."""

    NAME = "city-emergency-bureau"
    FORM = {"fields": {"outlet": "相关媒体"}}  # noqa: RUF012

    def agreed(self, by: str, grade: str) -> Record:
        consent = deed("approve", by, kind="statement", of=DRAFT)
        return rules(self.NAME, consent, sets=severity(grade))

    def test_a_reply_before_consent_is_refused(self) -> None:
        refused_by("004-04.APP.agreed_statement", publishing(rules(self.NAME), **self.FORM), *READY)

    @pytest.mark.parametrize(
        ("grade", "by"), [("general", "leading_group"), ("especially_major", "city_leaders")]
    )
    def test_with_the_consent_that_its_grade_asks_for_it_goes_out(
        self, grade: str, by: str
    ) -> None:
        asked = publishing(self.agreed(by, grade), **self.FORM)
        assert isinstance(given(*READY).when(asked).decided(), ReplyPublished)

    def test_the_leading_group_alone_does_not_serve_for_the_gravest(self) -> None:
        asked = publishing(self.agreed("leading_group", "especially_major"), **self.FORM)
        refused_by("004-04.APP.agreed_statement/especially_major", asked, *READY)

    def test_the_form_asks_for_the_outlet(self) -> None:
        asked = publishing(self.agreed("leading_group", "general"))
        given(*READY).when(asked).then_refused("form.field-missing", Invalid)

    def test_the_city_is_told_after_the_leading_group(self) -> None:
        on = rules(self.NAME, sets=severity("especially_major"))
        refused_by("004-04.R01/order", report("city_leaders", on))


def test_38_what_is_major_goes_up_step_by_step() -> None:
    on = rules("department-network-plan", sets=severity("major"))
    refused_by("004-06.T02/order", report("superior_authority", on))
    told = replace(on, deeds=[deed("report", to=("leading_group",))])
    given().when(report("superior_authority", told)).then(ReportMade(to=("superior_authority",)))


def test_39_three_reviews_and_three_proofreads_before_it_goes_out() -> None:
    def after(reviews: int, proofreads: int) -> Asked:
        kinds = ["review"] * reviews + ["proofread"] * proofreads
        done = [deed("approve", kind=kind, of=DRAFT) for kind in kinds]
        return publishing(rules("township-health-centre", *done))

    rule = "004-08.APP.three_reviews_three_proofreads"
    refused_by(rule, after(2, 3), *READY)
    refused_by(rule, after(3, 2), *READY)
    assert given(*READY).when(after(3, 3)).decided()


def test_39_the_same_person_reviews_once() -> None:
    history = (assigned, drafted(FIRST, LI))
    on = rules("township-health-centre")
    asked = APPROVE.but(draft=FIRST, kind="review", under=on)
    mine = approved(FIRST).model_copy(update={"kind": "review"})
    given(*history).when(asked).then(mine)
    given(*history, By(WU, mine, "principal_leader")).when(asked).then_nothing()
    given(*history, By(QIAN, mine, "principal_leader")).when(asked).then(mine)


class TestScenario40:
    """004-09: a petition is led by the governance office; the sections are responsible."""

    def asked(self, **known: str) -> Asked:
        on = rules("baqiao-subdistrict", sets={"category": ("petition_complaint",)})
        sheet = {"sheet": "BAQIAO-2026-J000001"}
        assigned = act("assign", lead="BQ-ZZB", co_handling=["BQ-JJK"], made=sheet)
        return assigned.but(under=on, known=known)

    def test_it_is_assigned_under_its_number(self) -> None:
        asked = self.asked(lead="综治办", responsible="经济科")
        given().when(asked).then(
            IncidentAssigned(
                lead="BQ-ZZB",
                co_handling=("BQ-JJK",),
                instruction="",
                sheet="BAQIAO-2026-J000001",
            )
        )

    def test_another_lead_is_refused(self) -> None:
        asked = self.asked(lead="经济科", responsible="经济科")
        given().when(asked).then_refused("form.field-missing", Invalid)

    def test_no_lead_is_refused(self) -> None:
        asked = self.asked(responsible="经济科").but(lead="")
        given().when(asked).then_refused("form.field-missing", Invalid)

    def test_no_lead_behind_a_form_that_says_there_is_one_is_refused(self) -> None:
        asked = self.asked(lead="综治办", responsible="经济科").but(lead="")
        given().when(asked).then_refused("lead.missing", Invalid)


def test_45_opening_waits_for_command_and_task_force_in_turn() -> None:
    def opening(*deeds: Deed) -> Asked:
        rule = rules("henan-reopening-plan", *deeds, kind="opening")
        return act("declare", state="opening", on=True, under=rule)

    def consent(by: str) -> list[Deed]:
        kinds = ("opening_time", "opening_plan")
        return [deed("approve", by, kind=kind) for kind in kinds]

    refused_by("004-14.T01", opening(*consent("local_command")))
    both = [*consent("local_command"), *consent("provincial_taskforce")]
    told = given().when(opening(*both))
    with pytest.raises(Refused) as caught:
        told.decided()
    assert caught.value.field not in ("004-14.T01", "004-14.APP.opening_plan")


class TestScenario48:
    """004-18a: the leading group is told before the bureau; no conclusion, no closing."""

    NAME = "qizhen-middle-school"

    def test_a_special_report_before_the_leading_group_is_refused(self) -> None:
        on = rules(self.NAME, sets=severity("major"))
        refused_by("004-18a.R02", report("bureau_office", on, "special"))

    def test_staged_releases_keep_the_case_open(self) -> None:
        on = rules(self.NAME, sets=severity("major"))
        staged = published(FIRST, "staged")
        refused_by("004-18a.T09/open", CLOSE.but(under=on), *READY, staged)


class TestPressConferenceOf21:
    """003-1: a press conference waits for the leading group's consent, however it is given."""

    def on(self) -> Record:
        return rules("engineering-college", sets={"release": ("major",)})

    def test_a_statement_out_already_is_no_way_round(self) -> None:
        asked = publishing(self.on(), kind="press")
        refused_by("003-1.APP.press_conference", asked, *READY, published(FIRST))

    def test_who_approves_its_text_consents(self) -> None:
        asked = APPROVE.but(under=self.on())
        consent = approved(FIRST).model_copy(update={"kind": "press"})
        given(assigned, drafted(FIRST, LI, kind="press")).when(asked).then(consent)

    def test_who_approves_another_text_does_not(self) -> None:
        asked = APPROVE.but(under=self.on())
        given(assigned, drafted(FIRST, LI)).when(asked).then(approved(FIRST))


class TestEveryGateThatSaysNo:
    """A refusal names all gates that are closed, whatever it is refused for."""

    def refused(self, asked: Asked, *history: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            given(*history).when(asked).decided()
        return caught.value

    def test_two_closed_gates_are_both_told(self) -> None:
        on = rules("engineering-college", sets={**severity("grade_1"), "release": ("major",)})
        refused = self.refused(publishing(on, kind="press"), *READY)

        assert refused.code == "gate.closed"
        assert len(refused.rules) > 1
        assert refused.field == refused.rules[0]
        assert all(number in refused.message for number in refused.rules)

    def test_what_nobody_approved_is_refused_by_the_rules_that_want_an_approval_too(self) -> None:
        asked = publishing(rules("jinghui-kindergarten-a"))
        refused = self.refused(asked, assigned, drafted(FIRST, LI))

        assert (refused.code, refused.rules) == ("publish.not-approved", ("004-03e.APP.publish",))

    def test_a_gate_on_a_kind_is_told_by_the_kind_of_the_draft_that_nobody_approved(self) -> None:
        asked = publishing(rules("wanping-town-changanlu"))
        refused = self.refused(asked, assigned, drafted(FIRST, LI))

        assert refused.code == "publish.not-approved"
        assert refused.rules == ("002-1.APP.approve_reply",)

    def test_a_refusal_for_another_reason_names_no_open_gate(self) -> None:
        on = rules("jinghui-kindergarten-a", deed("approve", "leading_group", of=DRAFT))
        asked = publishing(on, made={"content": "hmac:other"}, draft=FIRST)
        refused = self.refused(asked, *READY)

        assert (refused.code, refused.rules) == ("publish.text-differs", ())
