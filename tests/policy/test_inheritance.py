"""A unit's pack adds to the county's rules and tightens them, and never loosens them."""

from pathlib import Path

import pytest

from shared.policy.language.loading import examine
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
[duty."C.3"]
zh = "三小时发声"
clause = "三小时内发声"
start = "discovered"
stop = "publish:press"
within = "PT3H"
[schedule."C.2"]
zh = "每日浏览"
every = "day"
stop = "browse"
count = 3
[axis.severity]
zh = "级别"
values = {major = "重大", ordinary = "一般"}
[duty."C.4"]
zh = "重大的即报"
when = {severity = "major"}
start = "discovered"
stop = "report"
soon = "immediate"
"""
TOWN = '[pack]\nid = "town"\nversion = "1"\nzh = "青禾镇"\nextends = "qinghe-county"\n'

GRADES = '[axis.severity]\nzh = "级别"\n'


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
    assert set(pack.rules) == {"C.1", "C.2", "C.3", "C.4", "T.1"}


def spoken(number: str, within: str) -> str:
    return (
        f'[duty."{number}"]\nzh = "发声"\nclause = "限时发声"\nstart = "discovered"\n'
        f'stop = "publish:press"\nwithin = "{within}"\n'
    )


@pytest.mark.parametrize(
    "rules",
    [
        rule("T.1", 2),
        rule("C.1", 2),
        rule("T.1", 5, start="discovered"),
        rule("T.1", 5, stop="publish:result"),
        spoken("T.1", "PT2H"),
        spoken("C.3", "PT150M"),
        GRADES + 'values = {major = "重大", larger = "较大"}\n',
    ],
    ids=[
        "tighter",
        "tighter under the same number",
        "another start",
        "another act",
        "fewer hours",
        "fewer hours under the same number",
        "grades of one's own beside those of the county's rules",
    ],
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
        spoken("T.1", "PT5H"),
        spoken("T.1", "P1D"),
        GRADES + 'values = {ordinary = "一般"}\n',
    ],
    ids=[
        "longer",
        "longer under the same number",
        "removed",
        "less often",
        "more hours",
        "a day",
        "a grade less",
    ],
)
def test_what_is_looser_is_refused_naming_both_clauses(tmp_path: Path, rules: str) -> None:
    assert told(tmp_path, rules) == ["pack.looser"]


def test_the_complaint_about_looseness_names_both_clauses(tmp_path: Path) -> None:
    written(tmp_path, COUNTY, "qinghe-county")

    [told] = examine(written(tmp_path, TOWN + rule("T.1", 5), "town"))[1]

    assert "T.1（5 日）比 qinghe-county 的 C.1（三日内公开答复）宽" in told.message
    assert (told.key, told.place and told.place.line) == ('duty."T.1"', 6)


@pytest.mark.parametrize(
    "rules",
    [
        rule("C.1", 3) + "optional = true\n",
        rule("C.1", 2) + 'unless = "explain"\n',
        rule("C.1", 2) + 'who = "office"\n',
        rule("C.1", 3) + "extension = {days = 5}\n",
        '[schedule."C.2"]\nzh = "浏览"\nevery = "day"\nstop = "browse"\ncount = 3\nmonths = [9]\n',
    ],
    ids=["optional", "excused", "another's", "extended", "in one month only"],
)
def test_what_takes_the_place_of_a_rule_may_change_its_number_alone(
    tmp_path: Path, rules: str
) -> None:
    assert told(tmp_path, rules) == ["pack.number-taken"]


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
