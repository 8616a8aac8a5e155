"""What stands in the way of an act: words of the pack, what is judged, gates and forms."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.acts.body import Order, RegisterBody, has_words, moments_of
from shared.acts.check import (
    AHEAD,
    EARLIEST,
    MOMENTS,
    Attempt,
    check,
    check_begun,
    check_bounds,
    check_moment,
    refusing,
    require,
)
from shared.acts.vocabulary import ACTS, AGREE
from shared.clock import SHANGHAI
from shared.errors import HuiyinError, Invalid, Refused
from shared.policy.engine.deeds import Matter
from shared.policy.language.pack import Pack
from tests.acts.attempts import EVERY, NOW, attempted, body_of
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


CLAIMS = [
    pytest.param(act, field, id=f"{act.fact.__name__} {field}")
    for act in EVERY
    for field in moments_of(act.body)
]
"""Every moment that can be claimed of any act there is."""

PAST = [each for each in CLAIMS if each.values[1] not in AHEAD]
PLANS = [each for each in CLAIMS if each.values[1] in AHEAD]
FIVE_YEARS = NOW.replace(year=NOW.year + 5)
TICK = timedelta(microseconds=1)


def claim(act: Any, field: str, at: datetime) -> Order:
    """An act with one moment claimed."""
    return body_of(act).model_copy(update={field: at})


def problem(body: Order) -> Invalid:
    with pytest.raises(Invalid) as caught:
        check_bounds(body, NOW)
    assert caught.value.remedy
    return caught.value


class TestBounds:
    @pytest.mark.parametrize(("act", "field"), CLAIMS)
    def test_what_was_before_2000_is_refused_of_every_act(self, act: Any, field: str) -> None:
        check_bounds(claim(act, field, EARLIEST), NOW)
        refused = problem(claim(act, field, EARLIEST - TICK))
        assert (refused.code, refused.field) == ("time.too-early", field)
        assert MOMENTS[field] in refused.message

    @pytest.mark.parametrize(("act", "field"), PAST)
    def test_what_happened_cannot_lie_ahead_but_clocks_may_differ_a_little(
        self, act: Any, field: str
    ) -> None:
        most = NOW + timedelta(minutes=5)
        check_bounds(claim(act, field, most), NOW)
        refused = problem(claim(act, field, most + TICK))
        assert (refused.code, refused.field) == ("time.in-future", field)
        assert MOMENTS[field] in refused.message

    @pytest.mark.parametrize(("act", "field"), PLANS)
    def test_plans_and_promises_reach_five_years_ahead(self, act: Any, field: str) -> None:
        check_bounds(claim(act, field, FIVE_YEARS), NOW)
        refused = problem(claim(act, field, FIVE_YEARS + TICK))
        assert (refused.code, refused.field) == ("time.too-far", field)
        assert MOMENTS[field] in refused.message

    def test_what_is_not_claimed_is_not_held_against_anything(self) -> None:
        for act in EVERY:
            check_bounds(body_of(act), NOW)

    def test_a_day_counts_from_its_beginning_here(self) -> None:
        check_moment(date(2000, 1, 1), NOW, "begins", "开始", ahead=True)
        check_moment(date(2031, 3, 2), NOW, "ends", "结束", ahead=True)
        for day, code in (
            (date(1999, 12, 31), "time.too-early"),
            (date(2031, 3, 3), "time.too-far"),
        ):
            with pytest.raises(Invalid, match=code.replace(".", r"\.")):
                check_moment(day, NOW, "begins", "开始", ahead=True)


class TestBegun:
    """An act cannot have been before what it is about."""

    CALM = ACTS["calm"]
    POSTED = NOW - timedelta(days=2)

    def claimed(self, at: datetime | None, body: Order | None = None, **known: Any) -> None:
        matter = Matter("QH-YZ", NOW, NOW, **known)
        check_begun(at, matter, body or body_of(self.CALM, occurred_at=at))

    def test_it_may_be_at_that_very_moment_or_without_a_claim(self) -> None:
        self.claimed(self.POSTED, posted=self.POSTED)
        self.claimed(None, posted=NOW + timedelta(minutes=4))

    def test_what_was_before_the_matter_is_refused(self) -> None:
        for name in ("posted", "occurred"):
            with pytest.raises(Invalid) as caught:
                self.claimed(self.POSTED - TICK, None, **{name: self.POSTED})
            assert (caught.value.code, caught.value.field) == ("time.too-early", "occurred_at")
            assert "2026-02-28 14:10:00" in caught.value.message

    def test_what_was_first_counts(self) -> None:
        before = self.POSTED - timedelta(hours=5)
        self.claimed(before, occurred=before, posted=self.POSTED)

    def test_a_registration_is_held_against_what_it_says_itself(self) -> None:
        said = {"title": "校车停运", "channel": "call", "category": "x"}
        body = RegisterBody(**said, occurred_at=self.POSTED - TICK, posted_at=self.POSTED)
        with pytest.raises(Invalid, match=r"time\.too-early"):
            self.claimed(body.occurred_at, body)
        self.claimed(self.POSTED, body.model_copy(update={"occurred_at": self.POSTED}))

    def test_where_only_the_day_was_said_the_whole_day_counts(self) -> None:
        day = datetime(2026, 2, 27, tzinfo=SHANGHAI)
        end = day + timedelta(days=1) - TICK
        self.claimed(day, posted=end)
        with pytest.raises(Invalid, match=r"time\.too-early"):
            self.claimed(day - TICK, posted=end)

    def test_what_is_planned_is_worked_on_beforehand(self) -> None:
        self.claimed(self.POSTED, posted=NOW, planned=NOW + timedelta(days=30))

    def test_order_among_acts_is_no_matter_of_bounds(self) -> None:
        self.claimed(EARLIEST)
