"""What a gate refuses or flags, and what a form asks for, as the record is."""

from pathlib import Path

import pytest

from shared.policy.engine.deeds import Deed
from shared.policy.engine.gates import closed, wanting
from shared.policy.language.pack import Pack
from tests.policy.town import deed, graded, heard, pack_of

APPROVED = """
[gate."G.1"]
zh = "先审后发"
refuse = "publish"
needs = "approve by principal_leader"
"""


def gate(rest: str, refuse: str = '"publish"') -> str:
    return f'[gate."G.1"]\nzh = "前置条件"\nrefuse = {refuse}\n{rest}\n'


def met(
    pack: Pack, attempted: Deed, *before: Deed, kind: str = "incident"
) -> list[tuple[str, bool]]:
    """The gates that an act meets closed, and whether they only flag it."""
    found = closed(pack, heard("03-02 08:00", kind=kind), before, attempted)
    return [(each.number, each.flagged) for each in found]


PUBLISH = deed("publish", "03-02 12:00", of="paper-1")
REFUSED, FLAGGED = [("G.1", False)], [("G.1", True)]


def approval(of: str | None = "paper-1", by: str = "principal_leader", when: str = "09:00") -> Deed:
    return deed("approve", f"03-02 {when}", by=by, of=of)


def test_an_act_is_refused_until_what_it_needs_is_on_record(tmp_path: Path) -> None:
    assert met(pack_of(tmp_path, APPROVED), PUBLISH) == REFUSED


def test_an_act_is_let_through_when_what_it_needs_is_on_record(tmp_path: Path) -> None:
    assert met(pack_of(tmp_path, APPROVED), PUBLISH, approval()) == []


def test_a_gate_has_nothing_to_say_of_other_acts_and_matters(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, APPROVED)

    assert met(pack, deed("report", "03-02 12:00")) == []
    assert met(pack, PUBLISH, kind="activity") == []


@pytest.mark.parametrize("of", ["paper-2", None])
def test_an_approval_counts_for_its_own_paper_alone(tmp_path: Path, of: str | None) -> None:
    assert met(pack_of(tmp_path, APPROVED), PUBLISH, approval(of)) == REFUSED


def test_an_approval_of_no_paper_counts_for_acts_on_none(tmp_path: Path) -> None:
    without = deed("publish", "03-02 12:00")

    assert met(pack_of(tmp_path, APPROVED), without, approval(None)) == []
    assert met(pack_of(tmp_path, APPROVED), without, approval("paper-1")) == REFUSED


@pytest.mark.parametrize(
    ("approved", "carried_out", "outcome"),
    [
        ("plan-1", "plan-1", []),
        ("plan-1", None, []),
        (None, "plan-1", []),
        ("plan-1", "plan-2", REFUSED),
        ("reply-1", None, REFUSED),
        ("reply-1", "plan-1", REFUSED),
    ],
)
def test_what_is_no_reply_is_approved_by_name_or_without_one(
    tmp_path: Path, approved: str | None, carried_out: str | None, outcome: list[tuple[str, bool]]
) -> None:
    pack = pack_of(tmp_path, gate('needs = "approve"', refuse='"handle"'))
    drafted = deed("draft", "03-02 08:30", of="reply-1")

    handled = deed("handle", "03-02 12:00", of=carried_out)

    assert met(pack, handled, drafted, approval(approved)) == outcome


@pytest.mark.parametrize(
    ("kind", "of", "outcome"),
    [
        ("wording", None, []),
        ("wording", "paper-1", []),
        ("wording", "paper-2", REFUSED),
        ("plan", None, REFUSED),
    ],
)
def test_what_is_agreed_by_name_need_not_name_the_reply(
    tmp_path: Path, kind: str, of: str | None, outcome: list[tuple[str, bool]]
) -> None:
    rules = '[kinds.approve]\nwording = "口径"\nplan = "方案"\n'
    pack = pack_of(tmp_path, rules + gate('needs = "approve:wording"'))
    agreed = deed("approve", "03-02 09:00", kind=kind, of=of)

    assert met(pack, PUBLISH, agreed) == outcome


def test_an_approval_by_somebody_else_opens_nothing(tmp_path: Path) -> None:
    assert met(pack_of(tmp_path, APPROVED), PUBLISH, approval(by="office")) == REFUSED


@pytest.mark.parametrize(
    ("approvals", "outcome"),
    [
        (("principal_leader", "office"), []),
        (("office", "principal_leader"), REFUSED),
        (("principal_leader",), REFUSED),
    ],
    ids=["in order", "the wrong way round", "one missing"],
)
def test_approvals_in_sequence_come_one_after_the_other(
    tmp_path: Path, approvals: tuple[str, ...], outcome: list[tuple[str, bool]]
) -> None:
    pack = pack_of(
        tmp_path, gate('needs = {seq = ["approve by principal_leader", "approve by office"]}')
    )
    given = [approval(by=by, when=f"{hour:02}:00") for hour, by in enumerate(approvals, 9)]

    assert met(pack, PUBLISH, *given) == outcome


@pytest.mark.parametrize(("times", "outcome"), [(2, REFUSED), (3, [])])
def test_three_reviews_are_three_different_acts(
    tmp_path: Path, times: int, outcome: list[tuple[str, bool]]
) -> None:
    pack = pack_of(tmp_path, gate('needs = {count = 3, of = "approve"}'))

    assert (
        met(pack, PUBLISH, *(approval(when=f"0{hour}:00") for hour in range(9, 9 - times, -1)))
        == outcome
    )


@pytest.mark.parametrize(
    ("by", "outcome"),
    [("spokesperson", []), ("office", REFUSED), ("", REFUSED)],
)
def test_an_act_that_is_given_to_some_is_refused_to_all_others(
    tmp_path: Path, by: str, outcome: list[tuple[str, bool]]
) -> None:
    pack = pack_of(tmp_path, gate('only_by = ["spokesperson", "publicity_unit"]'))

    assert met(pack, deed("publish", "03-02 12:00", by=by)) == outcome


def test_a_party_of_the_pack_may_act_under_its_common_name(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, gate('only_by = "opinion_officer"'))

    assert met(pack, deed("publish", "03-02 12:00", by="info_officer")) == []


def test_what_stands_besides_is_let_through_all_the_same(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, gate('besides = "publish:interim"\nneeds = "approve"'))

    assert met(pack, deed("publish", "03-02 12:00", kind="interim")) == []
    assert met(pack, deed("publish", "03-02 12:00", kind="result")) == REFUSED


def test_a_principle_flags_a_breach_and_refuses_nothing(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, gate('needs = "verify"\nmode = "flag"'))

    assert met(pack, PUBLISH) == FLAGGED
    assert met(pack, PUBLISH, deed("verify", "03-02 09:00")) == []


def test_a_gate_for_a_grade_follows_the_grade_as_it_is_now(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, gate('when = {severity = "major"}\nneeds = "approve"'))
    major, ordinary = graded("major", "03-02 09:00"), graded("ordinary", "03-02 10:00")

    assert met(pack, PUBLISH) == []
    assert met(pack, PUBLISH, major) == REFUSED
    assert met(pack, PUBLISH, major, ordinary) == []


def test_what_is_done_later_does_not_open_a_gate_backwards(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, gate('needs = {seq = ["verify", "report"]}'))
    before = [deed("report", "03-02 09:00"), deed("verify", "03-02 10:00")]

    assert met(pack, PUBLISH, *before) == REFUSED
    assert met(pack, PUBLISH, *before, deed("report", "03-02 11:00")) == []


FORM = """
[form."F.1"]
zh = "值班报告"
on = "report:factual"
[form."F.1".fields]
period = {zh = "起止时间", type = "interval"}
adverse = {zh = "不良评论", nil = true}
count = {zh = "条数", type = "number"}
grade = {zh = "级别", type = "choice", of = ["重大", "一般"]}
remarks = {zh = "备注", optional = true}
"""
FILLED = {"period": "08:00-20:00", "adverse": "无", "count": "3", "grade": "一般"}


def problems(pack: Pack, given: dict[str, str], kind: str = "factual") -> dict[str, str]:
    """What is wrong with a filled form, by field."""
    attempted = deed("report", "03-02 12:00", kind=kind)
    return {each.key: each.problem for each in wanting(pack, heard(), [], attempted, given)}


def test_a_form_that_is_filled_is_taken(tmp_path: Path) -> None:
    assert problems(pack_of(tmp_path, FORM), FILLED) == {}


def test_a_form_has_nothing_to_say_of_other_acts(tmp_path: Path) -> None:
    assert problems(pack_of(tmp_path, FORM), {}, kind="first") == {}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("adverse", "", "没有填写（没有的请填“无”）"),
        ("adverse", "  ", "没有填写（没有的请填“无”）"),
        ("period", "", "没有填写"),
        ("period", "无", "不能填“无”"),
        ("count", "三", "须为数字"),
        ("count", "1.2.3", "须为数字"),
        ("count", "-", "须为数字"),
        ("grade", "特大", "须为 重大、一般 之一"),
        ("remarks", "无", "不能填“无”"),
    ],
)
def test_a_field_that_is_missing_or_wrong_is_told(
    tmp_path: Path, key: str, value: str, problem: str
) -> None:
    assert problems(pack_of(tmp_path, FORM), FILLED | {key: value}) == {key: problem}


@pytest.mark.parametrize(
    ("key", "value"), [("adverse", " 无 "), ("count", "3.5"), ("grade", "重大"), ("remarks", "")]
)
def test_a_field_that_is_filled_as_it_may_be_is_taken(tmp_path: Path, key: str, value: str) -> None:
    assert problems(pack_of(tmp_path, FORM), FILLED | {key: value}) == {}


LEFT_OUT = FORM.replace("on =", "optional = true\non =")


def test_an_optional_form_may_be_left_out_as_a_whole(tmp_path: Path) -> None:
    assert problems(pack_of(tmp_path, LEFT_OUT), {}) == {}
    assert problems(pack_of(tmp_path, LEFT_OUT), FILLED) == {}
    assert problems(pack_of(tmp_path, LEFT_OUT), {"elsewhere": "甲"}) == {}


def test_an_optional_form_once_begun_is_filled_in(tmp_path: Path) -> None:
    found = problems(pack_of(tmp_path, LEFT_OUT), {"count": "3"})

    assert sorted(found) == ["adverse", "grade", "period"]
    assert "adverse" in problems(pack_of(tmp_path, LEFT_OUT), {"adverse": ""})


def test_a_form_for_a_grade_is_asked_for_at_that_grade_alone(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, FORM.replace("on =", 'when = {severity = "major"}\non ='))
    attempted = deed("report", "03-02 12:00", kind="factual")

    assert wanting(pack, heard(), [], attempted, {}) == []
    assert wanting(pack, heard(), [graded("major", "03-02 09:00")], attempted, {}) != []
