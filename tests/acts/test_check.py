"""What stands in the way of an act: words of the pack, what is judged, gates and forms."""

from datetime import timedelta
from typing import Any

import pytest

from shared.acts.body import has_words
from shared.acts.check import Attempt, check, check_past, refusing, require
from shared.acts.vocabulary import AGREE
from shared.errors import HuiyinError, Invalid, Refused
from shared.policy.language.pack import Pack
from tests.acts.attempts import NOW, attempted
from tests.acts.conftest import Rules
from tests.policy.town import deed

CATEGORY = """
[axis.category]
zh = "类别"
values = {noise = "噪声"}
"""
TOPIC = """
[axis.topic]
zh = "主题"
values = {meals = "伙食", fees = "收费"}
several = true
"""


def gate(act: str, rest: str = 'needs = "verify"', number: str = "G.1") -> str:
    return f'[gate."{number}"]\nzh = "前置条件"\nclause = "先核实"\nrefuse = "{act}"\n{rest}\n'


def form(act: str) -> str:
    return (
        f'[form."F.1"]\nzh = "登记表"\non = "{act}"\n[form."F.1".fields]\n'
        'lead = {zh = "牵头单位"}\nadverse = {zh = "不良评论", nil = true}\n'
    )


def refused(attempt: Attempt[Any], kind: type[HuiyinError] = Invalid) -> HuiyinError:
    with pytest.raises(kind) as caught:
        check(attempt)
    assert caught.value.remedy
    return caught.value


class TestWords:
    @pytest.mark.parametrize(
        ("act", "kind"),
        [
            ("report", "factual"),
            ("report", "follow_up"),
            ("draft", "result"),
            ("draft", "interim"),
            ("publish", "result"),
            ("calm", None),
        ],
    )
    def test_a_kind_of_the_pack_or_of_every_pack_is_known(
        self, plain: Pack, act: str, kind: str | None
    ) -> None:
        assert check(attempted(act, plain, kind=kind)) == ()

    @pytest.mark.parametrize("act", ["report", "draft", "publish", "assign", "calm", "urge"])
    def test_any_other_kind_is_refused_with_those_there_are(self, plain: Pack, act: str) -> None:
        problem = refused(attempted(act, plain, kind="rumour"))
        assert (problem.code, problem.field) == ("act.unknown-kind", "kind")
        assert "rumour" in problem.message

    def test_a_kind_of_another_act_is_not_known(self, plain: Pack) -> None:
        assert refused(attempted("handle", plain, kind="factual")).code == "act.unknown-kind"

    def test_a_paper_of_the_packs_own_may_be_drafted_and_is_not_published(
        self, town: Rules
    ) -> None:
        pack = town('[kinds.draft]\nplan = "方案"\n')
        assert check(attempted("draft", pack, kind="plan")) == ()
        assert refused(attempted("publish", pack, kind="plan")).code == "act.unknown-kind"

    def test_what_kind_of_agreement_it_is_has_to_be_known_for_acts_and_drafts(
        self, plain: Pack
    ) -> None:
        for act in ("approve", AGREE):
            assert refused(attempted(act, plain, kind="rumour")).code == "act.unknown-kind"

    def test_which_state_is_declared_is_the_rules_of_the_room_to_say(self, plain: Pack) -> None:
        assert check(attempted("declare", plain, state="holiday")) == ()

    @pytest.mark.parametrize("party", ["police", "opinion_officer", "leading_group"])
    def test_a_party_of_the_pack_is_known(self, plain: Pack, party: str) -> None:
        assert check(attempted("report", plain, to=[party])) == ()

    @pytest.mark.parametrize("party", ["neighbours", "QH-YZ"])
    def test_any_other_party_is_refused(self, plain: Pack, party: str) -> None:
        problem = refused(attempted("report", plain, to=["police", party]))
        assert (problem.code, problem.field) == ("act.unknown-to", "to")
        assert party in problem.message

    @pytest.mark.parametrize("act", ["extend", "explain", "urge", "supervise", "circulate"])
    def test_what_is_done_about_a_delay_may_go_to_a_unit_by_its_code(
        self, plain: Pack, act: str
    ) -> None:
        assert check(attempted(act, plain, to=["QH-YZ", "police"])) == ()
        assert refused(attempted(act, plain, to=["neighbours"])).code == "act.unknown-to"


class TestSets:
    @pytest.mark.parametrize("act", ["grade", "assess", "escalate", "register", "correct"])
    def test_one_value_of_an_axis_is_taken(self, plain: Pack, act: str) -> None:
        assert check(attempted(act, plain, sets={"severity": ["major"]})) == ()

    @pytest.mark.parametrize("act", ["grade", "assess", "escalate", "register", "correct"])
    @pytest.mark.parametrize(
        ("sets", "code", "field"),
        [
            ({"mood": ["bad"]}, "act.unknown-sets", "sets"),
            ({"severity": ["terrible"]}, "act.unknown-sets", "sets.severity"),
            ({"severity": ["major", "ordinary"]}, "act.several-values", "sets.severity"),
            ({"severity": []}, "act.several-values", "sets.severity"),
        ],
    )
    def test_anything_else_is_refused(
        self, plain: Pack, act: str, sets: dict[str, list[str]], code: str, field: str
    ) -> None:
        problem = refused(attempted(act, plain, sets=sets))
        assert (problem.code, problem.field) == (code, field)

    def test_an_axis_that_takes_several_values_takes_some(self, town: Rules) -> None:
        pack = town(TOPIC)
        assert check(attempted("assess", pack, sets={"topic": ["meals", "fees"]})) == ()
        problem = refused(attempted("assess", pack, sets={"topic": []}))
        assert problem.code == "act.several-values"

    @pytest.mark.parametrize("act", ["register", "correct"])
    def test_a_category_is_free_where_the_pack_has_none(self, plain: Pack, act: str) -> None:
        assert check(attempted(act, plain, sets={"category": ["邻里噪声"]})) == ()
        blank = refused(attempted(act, plain, sets={"category": [" "]}))
        assert (blank.code, blank.field) == ("sets.malformed", "sets.category")
        two = refused(attempted(act, plain, sets={"category": ["噪声", "伙食"]}))
        assert two.code == "act.several-values"

    def test_the_category_of_a_registration_may_stand_beside_what_is_judged(
        self, plain: Pack
    ) -> None:
        assert check(attempted("register", plain, category="邻里噪声")) == ()
        problem = refused(attempted("register", plain, category="长" * 60, sets={"mood": ["bad"]}))
        assert problem.code == "act.unknown-sets"

    @pytest.mark.parametrize("value", ["noise", "inquiry_demand"])
    def test_where_the_pack_has_categories_those_of_every_county_are_taken_too(
        self, town: Rules, value: str
    ) -> None:
        assert check(attempted("register", town(CATEGORY), category=value)) == ()

    def test_any_other_category_is_then_refused(self, town: Rules) -> None:
        problem = refused(attempted("register", town(CATEGORY), category="gossip"))
        assert (problem.code, problem.field) == ("act.unknown-sets", "sets.category")

    def test_whoever_grades_later_has_no_such_freedom(self, plain: Pack, town: Rules) -> None:
        for pack in (plain, town(CATEGORY)):
            sets = {"category": ["inquiry_demand"]}
            assert refused(attempted("grade", pack, sets=sets)).code == "act.unknown-sets"


class TestGates:
    def test_a_closed_gate_refuses_an_act_and_says_what_it_wants(self, town: Rules) -> None:
        problem = refused(attempted("calm", town(gate("calm"))), Refused)
        assert (problem.code, problem.field, problem.rules) == ("gate.closed", "G.1", ("G.1",))
        assert "先核实" in problem.message

    def test_every_closed_gate_is_told_and_no_open_one(self, town: Rules) -> None:
        two = gate("calm") + gate("calm", 'only_by = "police"', "G.2")
        pack = town(two + gate("calm", 'needs = "report"', "G.3"))
        problem = refused(attempted("calm", pack, deed("report", "03-02 09:00")), Refused)
        assert problem.rules == ("G.1", "G.2")

    def test_an_open_gate_lets_an_act_through(self, town: Rules) -> None:
        pack = town(gate("calm"))
        assert check(attempted("calm", pack, deed("verify", "03-02 09:00"))) == ()

    def test_a_principle_marks_what_broke_it(self, town: Rules) -> None:
        pack = town(gate("calm", 'needs = "verify"\nmode = "flag"'))
        assert check(attempted("calm", pack)) == ("G.1",)
        assert refusing(attempted("calm", pack)) == ()

    def test_what_has_happened_in_the_world_is_marked_with_every_gate_it_broke(
        self, town: Rules
    ) -> None:
        flagged = gate("calm", 'needs = "report"\nmode = "flag"', "G.2")
        attempt = attempted("calm", town(gate("calm") + flagged), happened=True)
        assert attempt.happened
        assert check(attempt) == ("G.1", "G.2")

    def test_what_is_done_in_the_system_has_never_happened_already(self, town: Rules) -> None:
        attempt = attempted("close", town(gate("close")), happened=True)
        assert not attempt.happened
        assert refused(attempt, Refused).code == "gate.closed"

    def test_a_gate_is_closed_by_what_the_act_itself_judges(self, town: Rules) -> None:
        pack = town(gate("grade", 'when = {severity = "major"}\nonly_by = "police"'))
        assert check(attempted("grade", pack, sets={"severity": ["ordinary"]})) == ()
        worse = attempted("grade", pack, sets={"severity": ["major"]})
        assert refused(worse, Refused).code == "gate.closed"


class TestForms:
    def test_what_a_form_asks_for_has_to_be_filled(self, town: Rules) -> None:
        attempt = attempted("assign", town(form("assign")), fields={"adverse": "无"})
        problem = refused(attempt)
        assert (problem.code, problem.field) == ("form.field-missing", "fields.lead")
        assert all(said in problem.message for said in ("登记表", "F.1", "牵头单位"))

    def test_what_the_act_says_anyway_need_not_be_filled_in(self, town: Rules) -> None:
        pack, fields = town(form("assign")), {"adverse": "无"}
        assert check(attempted("assign", pack, known={"lead": "第一中学"}, fields=fields)) == ()

    def test_what_is_filled_in_goes_before_what_the_act_says(self, town: Rules) -> None:
        fields = {"adverse": "无", "lead": " "}
        attempt = attempted("assign", town(form("assign")), known={"lead": "x"}, fields=fields)
        assert refused(attempt).field == "fields.lead"

    @pytest.mark.parametrize(
        "act", ["grade", "link", "void", "correct", "settle", "reject", "reopen", "approve"]
    )
    def test_no_form_is_asked_of_an_act_whose_body_has_no_place_for_one(
        self, town: Rules, act: str
    ) -> None:
        assert check(attempted(act, town(form(act)))) == ()

    def test_of_an_approval_that_is_of_no_draft_its_form_is_asked(self, town: Rules) -> None:
        attempt = attempted(AGREE, town(form("approve")))
        assert refused(attempt).code == "form.field-missing"

    def test_what_has_happened_needs_its_form_too(self, town: Rules) -> None:
        assert refused(attempted("calm", town(form("calm")), happened=True)).code == (
            "form.field-missing"
        )

    def test_gates_come_before_forms_and_words_before_both(self, town: Rules) -> None:
        pack = town(gate("report") + form("report"))
        assert refused(attempted("report", pack), Refused).code == "gate.closed"
        assert refused(attempted("report", pack, kind="rumour")).code == "act.unknown-kind"


class TestPlainThings:
    def test_clocks_may_be_a_little_ahead_and_no_more(self) -> None:
        check_past(None, NOW)
        check_past(NOW + timedelta(minutes=5), NOW)
        with pytest.raises(Invalid) as caught:
            check_past(NOW + timedelta(minutes=5, seconds=1), NOW, "posted_at", "发帖时间")
        assert (caught.value.code, caught.value.field) == ("time.in-future", "posted_at")
        assert "发帖时间" in caught.value.message

    @pytest.mark.parametrize("text", [None, "", " \n"])
    def test_a_text_without_content_is_missing(self, text: str | None) -> None:
        with pytest.raises(Invalid) as caught:
            require(text, "grounds", "依据")
        assert (caught.value.code, caught.value.field) == ("grounds.missing", "grounds")

    @pytest.mark.parametrize(
        ("said", "has"),
        [({}, False), ({"text": ""}, False), ({"text": "x"}, True), ({"fields": {"a": "b"}}, True)],
    )
    def test_words_or_a_form_are_words_of_its_own(
        self, plain: Pack, said: dict[str, Any], has: bool
    ) -> None:
        assert has_words(attempted("calm", plain, **said).body) is has
