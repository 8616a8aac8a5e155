"""What an act comes to: the rule of its fact, then what the pack says, then what only refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.acts.check import Attempt
from shared.acts.decide import Rules, decide
from shared.contracts.catalogue import Fact
from shared.contracts.routing import IncidentReopened, MatterCalmed, ReportMade
from shared.errors import Refused
from shared.policy.language.pack import Pack
from tests.acts.attempts import NOW, attempted
from tests.acts.conftest import Rules as Town
from tests.policy.town import deed

GATE = '[gate."G.1"]\nzh = "先核实"\nrefuse = ["calm", "report:factual"]\nneeds = "verify"\n'
VERIFIED = deed("verify", "03-02 09:00")


def tell(_: None, attempt: Attempt[Any]) -> Fact:
    """It is as it was asked for."""
    fact: Fact = attempt.fact
    return fact


def no(_: None, __: Attempt[Any]) -> Fact:
    """It is refused, whatever the pack says."""
    raise Refused("calm.too-early", "太早。", "请再等等。", "calm")


def too_late(_: None, __: Attempt[Any]) -> None:
    """The last word."""
    raise Refused("calm.too-late", "太晚。", "请另行登记。", "calm")


def quiet(_: None, __: Attempt[Any]) -> None:
    """It says nothing new."""


def breaking(_: None, attempt: Attempt[MatterCalmed]) -> Fact:
    """It breaks something whatever the pack says."""
    return attempt.fact.model_copy(update={"breaches": ("calm.too-early",)})


TELL: Rules[None] = Rules({MatterCalmed: tell, ReportMade: tell, IncidentReopened: tell})
NO: Rules[None] = Rules({MatterCalmed: no})
LAST: Rules[None] = Rules({MatterCalmed: tell}, {MatterCalmed: too_late})


def refused(rules: Rules[None], attempt: Attempt[Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        decide(rules, None, attempt)
    return caught.value


def test_it_is_what_the_rule_of_its_fact_says(plain: Pack) -> None:
    assert decide(TELL, None, attempted("calm", plain)) == MatterCalmed()


class TestRefusals:
    def test_the_pack_says_no(self, town: Town) -> None:
        problem = refused(TELL, attempted("calm", town(GATE)))
        assert (problem.code, problem.rules) == ("gate.closed", ("G.1",))

    def test_whatever_it_is_refused_for_the_closed_gates_are_named(self, town: Town) -> None:
        problem = refused(NO, attempted("calm", town(GATE)))
        assert (problem.code, problem.field, problem.rules) == ("calm.too-early", "calm", ("G.1",))

    def test_open_gates_and_principles_are_not(self, town: Town) -> None:
        assert refused(NO, attempted("calm", town(GATE), VERIFIED)).rules == ()
        flagged = town(GATE + 'mode = "flag"\n')
        assert refused(NO, attempted("calm", flagged)).rules == ()

    def test_a_refusal_that_names_its_rules_keeps_them(self, town: Town) -> None:
        def by_name(_: None, __: Attempt[Any]) -> Fact:
            raise Refused("calm.too-early", "太早。", "请再等等。", "calm", ("X.9",))

        assert refused(Rules({MatterCalmed: by_name}), attempted("calm", town(GATE))).rules == (
            "X.9",
        )

    def test_what_only_refuses_is_asked_last(self, town: Town) -> None:
        pack = town(GATE)
        assert refused(LAST, attempted("calm", pack)).code == "gate.closed"
        assert refused(LAST, attempted("calm", pack, VERIFIED)).code == "calm.too-late"

    def test_it_is_asked_of_what_has_happened_too_and_names_the_gates(self, town: Town) -> None:
        problem = refused(LAST, attempted("calm", town(GATE), happened=True))
        assert (problem.code, problem.rules) == ("calm.too-late", ("G.1",))

    def test_the_pack_judges_what_the_rule_made_of_it(self, town: Town) -> None:
        def factual(_: None, attempt: Attempt[ReportMade]) -> Fact:
            return attempt.fact.model_copy(update={"kind": "factual"})

        pack = town(GATE)
        report = attempted("report", pack)
        assert isinstance(decide(TELL, None, report), ReportMade)
        assert refused(Rules({ReportMade: factual}), report).rules == ("G.1",)


class TestSaidTwice:
    def test_the_same_at_the_same_moment_is_quiet(self, plain: Pack) -> None:
        first = attempted("calm", plain)
        assert decide(TELL, None, attempted("calm", plain, first.deed)) is None

    def test_also_when_it_was_recorded_long_ago_and_its_gate_is_closed_now(
        self, town: Town
    ) -> None:
        pack = town(GATE)
        before = replace(attempted("calm", pack).deed, recorded_at=NOW - timedelta(days=1), at=NOW)
        assert decide(TELL, None, attempted("calm", pack, before)) is None

    @pytest.mark.parametrize("said", [{"text": "已平息"}, {"fields": {"result": "已安抚"}}])
    def test_words_or_a_form_of_its_own_make_it_another(
        self, plain: Pack, said: dict[str, Any]
    ) -> None:
        first = attempted("calm", plain, **said)
        again = attempted("calm", plain, first.deed, **said)
        assert decide(TELL, None, again) == again.fact

    @pytest.mark.parametrize(
        "other",
        [{"at": NOW - timedelta(seconds=1)}, {"by": "principal_leader"}, {"medium": "phone"}],
        ids=["moment", "post", "way"],
    )
    def test_another_moment_post_or_way_makes_it_another(
        self, plain: Pack, other: dict[str, Any]
    ) -> None:
        again = attempted("calm", plain, attempted("calm", plain).deed, **other)
        assert decide(TELL, None, again) == again.fact

    def test_what_has_words_of_its_own_in_any_pack_is_the_rooms_to_compare(
        self, plain: Pack
    ) -> None:
        again = attempted("reopen", plain, attempted("reopen", plain).deed)
        assert decide(TELL, None, again) == again.fact

    def test_where_the_rule_says_nothing_new_no_gate_is_asked(self, town: Town) -> None:
        assert decide(Rules({MatterCalmed: quiet}), None, attempted("calm", town(GATE))) is None


class TestBreaches:
    def test_what_the_pack_says_comes_before_what_holds_whatever_it_says(self, town: Town) -> None:
        attempt = attempted("calm", town(GATE), happened=True)
        fact = decide(Rules({MatterCalmed: breaking}), None, attempt)
        assert fact == MatterCalmed(breaches=("G.1", "calm.too-early"))

    def test_each_stands_alone_where_the_other_has_none(self, town: Town) -> None:
        pack = town(GATE)
        happened = attempted("calm", pack, happened=True)
        verified = attempted("calm", pack, VERIFIED, happened=True)
        assert decide(TELL, None, happened) == MatterCalmed(breaches=("G.1",))
        assert decide(Rules({MatterCalmed: breaking}), None, verified) == MatterCalmed(
            breaches=("calm.too-early",)
        )
