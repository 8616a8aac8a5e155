"""A unit's pack adds to the county's rules and tightens them, and never loosens them."""

from pathlib import Path

import pytest

from shared.policy.loading import examine
from tests.policy.test_pack import written

COUNTY = """
[pack]
id = "qinghe-county"
version = "1"
zh = "青禾县"
[duty."C.1"]
zh = "三日答复"
clause = "三日内公开答复"
start = "posted"
stop = "publish"
days = 3
[schedule."C.2"]
zh = "每日浏览"
every = "day"
stop = "browse"
count = 3
"""
TOWN = '[pack]\nid = "town"\nversion = "1"\nzh = "青禾镇"\nextends = "qinghe-county"\n'


def told(directory: Path, rules: str) -> list[str]:
    written(directory, COUNTY, "qinghe-county")
    return [each.code for each in examine(written(directory, TOWN + rules, "town"))[1]]


def rule(number: str, days: int, start: str = "posted", stop: str = "publish") -> str:
    return (
        f'[duty."{number}"]\nzh = "答复"\nclause = "{days} 日"\nstart = "{start}"\n'
        f'stop = "{stop}"\ndays = {days}\n'
    )


def test_what_is_inherited_applies_and_what_is_added_too(tmp_path: Path) -> None:
    written(tmp_path, COUNTY, "qinghe-county")

    pack, complaints = examine(written(tmp_path, TOWN + rule("T.1", 2), "town"))

    assert complaints == []
    assert pack
    assert set(pack.rules) == {"C.1", "C.2", "T.1"}


@pytest.mark.parametrize(
    "rules",
    [
        rule("T.1", 2),
        rule("C.1", 2),
        rule("T.1", 5, start="discovered"),
        rule("T.1", 5, stop="publish:result"),
    ],
    ids=["tighter", "tighter under the same number", "another start", "another act"],
)
def test_what_is_tighter_or_cannot_be_compared_is_taken(tmp_path: Path, rules: str) -> None:
    assert told(tmp_path, rules) == []


@pytest.mark.parametrize(
    "rules",
    [
        rule("T.1", 5),
        rule("C.1", 4),
        '[unarmed]\n"C.1" = {zh = "答复", why = "不用"}\n',
        '[schedule."T.2"]\nzh = "浏览"\nevery = "day"\nstop = "browse"\ncount = 2\n',
    ],
    ids=["longer", "longer under the same number", "removed", "less often"],
)
def test_what_is_looser_is_refused_naming_both_clauses(tmp_path: Path, rules: str) -> None:
    assert told(tmp_path, rules) == ["pack.looser"]


def test_a_number_of_the_county_for_something_else_is_refused(tmp_path: Path) -> None:
    assert told(tmp_path, rule("C.1", 1, stop="report")) == ["pack.number-taken"]


def test_a_circle_of_packs_is_refused(tmp_path: Path) -> None:
    county = COUNTY.replace('zh = "青禾县"', 'zh = "青禾县"\nextends = "town"')
    written(tmp_path, county, "qinghe-county")

    complaints = examine(written(tmp_path, TOWN, "town"))[1]

    assert [each.code for each in complaints] == ["pack.circular"]
    assert "town → qinghe-county → town" in complaints[0].message


def test_a_pack_to_add_to_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    away = TOWN.replace("qinghe-county", "elsewhere")

    assert [each.code for each in examine(written(tmp_path, away, "town"))[1]] == ["pack.unknown"]
