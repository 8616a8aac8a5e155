"""Who has a matter in hand, until when, and who owes what by its rule."""

from pathlib import Path

import pytest

from shared.policy.engine.deeds import Deed
from shared.policy.engine.holding import Tenure, debtor, ever_assigned, in_hand, tenures
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty
from tests.policy.town import at, deed, duties, heard, pack_of

RULES = """
[duty."B.1"]
zh = "书面回复"
start = "accept"
stop = "report"
each = "assignee"
days = 3
[duty."B.2"]
zh = "各单位首报"
start = "discovered"
stop = "report"
each = "assignee"
within = "PT24H"
[duty."B.3"]
zh = "逾期催办"
who = "office"
start = "missed:B.1"
stop = "urge"
each = "assignee"
soon = "prompt"
[duty."B.4"]
zh = "回复网民"
who = "opinion_officer"
start = "discovered"
stop = "publish"
days = 3
[duty."B.5"]
zh = "办理"
start = "discovered"
stop = "handle"
days = 3
"""


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return pack_of(tmp_path, RULES)


def assigned(when: str, *units: str) -> Deed:
    return deed("assign", when, units=units)


def accepted(when: str, unit: str) -> Deed:
    return deed("accept", when, unit=unit)


def returned(when: str, unit: str) -> Deed:
    return deed("return", when, unit=unit)


def test_a_unit_has_a_matter_until_it_sends_it_back() -> None:
    acts = [assigned("03-02 09:00", "QH-A", "QH-B"), returned("03-03 09:00", "QH-A")]

    assert tenures("QH-A", acts) == [Tenure(at("03-02 09:00"), ("returned", at("03-03 09:00")))]
    assert tenures("QH-B", acts) == [Tenure(at("03-02 09:00"))]


def test_a_unit_has_a_matter_until_others_are_assigned() -> None:
    acts = [assigned("03-02 09:00", "QH-A"), assigned("03-03 09:00", "QH-B")]

    assert tenures("QH-A", acts)[0].left == ("reassigned", at("03-03 09:00"))


def test_a_unit_that_is_named_again_has_the_matter_without_a_break() -> None:
    acts = [assigned("03-02 09:00", "QH-A"), assigned("03-03 09:00", "QH-B", "QH-A")]

    assert tenures("QH-A", acts) == [Tenure(at("03-02 09:00"))]


def test_a_unit_has_a_matter_twice_that_was_assigned_it_again() -> None:
    acts = [
        assigned("03-02 09:00", "QH-A"),
        returned("03-03 09:00", "QH-A"),
        assigned("03-03 09:00", "QH-A"),
    ]

    assert len(tenures("QH-A", acts)) == 2
    assert tenures("QH-A", acts)[1].left is None
    assert ever_assigned(acts) == {"QH-A"}


def test_it_is_in_nobody_s_hand_before_and_after() -> None:
    acts = [assigned("03-02 09:00", "QH-A"), returned("03-03 09:00", "QH-A")]
    told = [in_hand(acts, at(when)) for when in ("03-02 08:00", "03-02 10:00", "03-03 10:00")]

    assert told == [None, "QH-A", None]


def test_an_assignment_claimed_later_moves_no_blame() -> None:
    claimed = deed("assign", "03-02 09:00", recorded="03-05 09:00", units=("QH-A",))

    assert in_hand([claimed], at("03-04 00:00")) is None


@pytest.mark.parametrize(
    ("number", "whose"),
    [
        ("B.1", "assignee"),
        ("B.3", "institution"),
        ("B.4", "institution"),
        ("B.5", "handler"),
    ],
)
def test_a_rule_says_whose_its_duty_is(pack: Pack, number: str, whose: str) -> None:
    assert debtor(pack, pack.of(Duty)[number]) == whose


def test_what_a_unit_owes_falls_away_when_others_have_the_matter(pack: Pack) -> None:
    acts = [assigned("03-02 15:00", "QH-A"), accepted("03-02 16:00", "QH-A")]

    kept = duties(pack, heard(), *acts)["B.1@QH-A"]
    lost = duties(pack, heard(), *acts, assigned("03-03 09:00", "QH-B"))["B.1@QH-A"]

    assert kept.gone is None
    assert lost.gone == ("reassigned", at("03-03 09:00"))


def test_what_it_did_in_time_counts_and_nothing_that_it_did_late(pack: Pack) -> None:
    acts = [
        assigned("03-02 15:00", "QH-A"),
        accepted("03-02 16:00", "QH-A"),
        returned("03-03 09:00", "QH-A"),
    ]
    in_time, late = (deed("report", when, unit="QH-A") for when in ("03-04 09:00", "03-09 09:00"))

    assert duties(pack, heard(), *acts, in_time)["B.1@QH-A"].done
    assert duties(pack, heard(), *acts, late)["B.1@QH-A"].done is None


def test_who_left_after_the_limit_is_late_with_what_comes_later(pack: Pack) -> None:
    acts = [
        assigned("03-02 15:00", "QH-A"),
        accepted("03-02 16:00", "QH-A"),
        returned("03-08 09:00", "QH-A"),
        deed("report", "03-09 09:00", unit="QH-A"),
    ]

    assert duties(pack, heard(), *acts)["B.1@QH-A"].done


def test_what_begins_after_a_unit_left_is_not_the_unit_s(pack: Pack) -> None:
    acts = [assigned("03-02 15:00", "QH-A"), returned("03-03 09:00", "QH-A")]

    assert "B.1@QH-A" not in duties(pack, heard(), *acts, accepted("03-03 10:00", "QH-A"))


def test_who_is_assigned_again_owes_again(pack: Pack) -> None:
    acts = [
        assigned("03-02 15:00", "QH-A"),
        accepted("03-02 16:00", "QH-A"),
        returned("03-03 09:00", "QH-A"),
        assigned("03-03 10:00", "QH-A"),
        accepted("03-03 11:00", "QH-A"),
        accepted("03-03 12:00", "QH-A"),
    ]

    owed = duties(pack, heard(), *acts)

    assert [name for name in owed if name.startswith("B.1")] == ["B.1@QH-A", "B.1@QH-A#1"]
    assert owed["B.1@QH-A#1"].start == at("03-03 11:00")
    assert owed["B.2@QH-A#1"].known_at == at("03-03 10:00")
    assert owed["B.2@QH-A"].gone == ("returned", at("03-03 09:00"))
