"""What another version of a pack, or another pack, would mean."""

from pathlib import Path

import pytest

from shared.policy import load_pack
from shared.policy.language.comparing import counted, differences
from shared.policy.language.pack import Pack
from tests.policy.town import HEADING

DUTY = """
[duty."Q.T1"]
zh = "答复"
clause = "三日内答复"
start = "posted"
stop = "publish"
days = 3
"""
GATE = """
[gate."Q.G1"]
zh = "先审后发"
refuse = "publish"
needs = "approve"
"""


def pack(directory: Path, rules: str, name: str = "qinghe-town") -> Pack:
    place = directory / f"{len(list(directory.iterdir()))}"
    place.mkdir()
    path = place / f"{name}.toml"
    path.write_text(HEADING.replace("qinghe-town", name) + rules, encoding="utf-8")
    return load_pack(path)


def changes(directory: Path, before: str, after: str) -> list[tuple[str, str | None, str | None]]:
    found = differences(pack(directory, before), pack(directory, after))
    return [(each.change, each.before_number, each.after_number) for each in found]


def test_a_pack_does_not_differ_from_itself(tmp_path: Path) -> None:
    found = differences(pack(tmp_path, DUTY + GATE), pack(tmp_path, DUTY + GATE))

    assert found == []
    assert counted(found) == "要求完全相同。"


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("days = 3", "days = 2", "tighter"),
        ("days = 3", "days = 5", "looser"),
        ("days = 3", 'soon = "prompt"', "looser"),
        ('soon = "prompt"', "days = 3", "tighter"),
        ('within = "PT3H"', 'within = "PT2H"', "tighter"),
        ('within = "P1D"', 'within = "P1M"', "looser"),
        ("working_days = 5", "working_days = 3", "tighter"),
        ("days = 3", "working_days = 3", "changed"),
        ('soon = "prompt"', 'soon = "immediate"', "changed"),
        ("days = 3", 'days = 3\nwhen = {severity = "major"}', "changed"),
        ("days = 3", 'days = 3\nwho = "office"', "changed"),
    ],
)
def test_a_duty_is_told_as_tighter_looser_or_changed(
    tmp_path: Path, old: str, new: str, change: str
) -> None:
    before, after = (DUTY.replace("days = 3", clock) for clock in (old, new))

    assert changes(tmp_path, before, after) == [(change, "Q.T1", "Q.T1")]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (GATE, GATE + 'mode = "flag"\n', "looser"),
        (GATE + 'mode = "flag"\n', GATE, "tighter"),
        (GATE, GATE.replace('"approve"', '"approve by office"'), "changed"),
        (GATE, GATE + 'besides = "publish:interim"\n', "changed"),
    ],
)
def test_a_gate_is_told_as_tighter_looser_or_changed(
    tmp_path: Path, before: str, after: str, change: str
) -> None:
    assert changes(tmp_path, before, after) == [(change, "Q.G1", "Q.G1")]


def test_what_is_new_and_what_is_gone_is_told(tmp_path: Path) -> None:
    assert changes(tmp_path, DUTY, GATE) == [("gone", "Q.T1", None), ("added", None, "Q.G1")]


@pytest.mark.parametrize(
    "after",
    [
        DUTY.replace("Q.T1", "Q.T9"),
        DUTY.replace("三日内答复", "三日之内予以答复"),
        DUTY.replace('zh = "答复"', 'zh = "回复"'),
    ],
    ids=["another number", "another clause", "another title"],
)
def test_what_asks_for_the_same_in_other_words_is_no_change(tmp_path: Path, after: str) -> None:
    found = differences(pack(tmp_path, DUTY), pack(tmp_path, after))

    assert [each.change for each in found] == ["reworded"]
    assert counted(found).startswith("要求完全相同。另有 1 条要求不变")


@pytest.mark.parametrize(
    "after",
    [
        DUTY.replace("days = 3", "days = 2"),
        DUTY.replace("days = 3", "days = 2").replace('zh = "答复"', 'zh = "尽快答复"'),
    ],
    ids=["by its title", "by its acts"],
)
def test_rules_under_other_numbers_are_paired(tmp_path: Path, after: str) -> None:
    after = after.replace("Q.T1", "Q.T9")

    assert changes(tmp_path, DUTY, after) == [("tighter", "Q.T1", "Q.T9")]


def test_packs_of_two_sources_are_paired_by_what_they_ask_for() -> None:
    packs = Path("shared/policy/packs")
    school, university = (
        load_pack(packs / f"{who}-covid-opinion.toml") for who in ("school", "university")
    )

    found = differences(school, university)

    told = [each for each in found if each.change != "reworded"]
    assert len(told) < 6 < len(found)


def test_the_sentence_of_counts_names_kinds_and_changes(tmp_path: Path) -> None:
    form = '[form."Q.F1"]\nzh = "登记表"\non = "register"\n'
    before = pack(tmp_path, DUTY + GATE)
    after = pack(tmp_path, DUTY.replace("3\n", "2\n") + form)

    assert counted(differences(before, after)) == (
        "义务 从严 1 条；前置条件 取消 1 条；表单 新增 1 条。"
    )
