"""``huiyin pack``: what an office clerk and a program get to see."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from huiyin.cli.main import app
from shared.policy import known_packs
from tests.policy.town import HEADING

COUNTY = """
[pack]
id = "qinghe-county"
version = "2026.1"
zh = "青禾县规则"
[duty."C.1"]
zh = "三日答复"
clause = "发帖后三日内公开答复"
start = "posted"
stop = "publish"
days = 3
"""

TOWN = HEADING.replace('zh = "青禾镇"', 'zh = "青禾镇规则"\nextends = "qinghe-county"')

OWN = """
[duty."T.1"]
zh = "三小时发声"
clause = "发现后三小时内由新闻发言人发布"
who = "spokesperson"
start = "discovered"
stop = "publish"
within = "PT3H"
also = ["T.2"]
[gate."T.3"]
zh = "先审后发"
refuse = "publish"
needs = "approve by principal_leader"
[unarmed]
"T.4" = {zh = "从快处理", why = "未给出时限数值"}
"""


def run(*command: str | Path) -> Result:
    """The command as if from a pipe."""
    return CliRunner().invoke(app, ["pack", *map(str, command)])


def told(*command: str | Path) -> list[dict[str, Any]]:
    """What the command says to programs."""
    rows: list[dict[str, Any]] = json.loads(run(*command, "--format", "json").stdout)
    return rows


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A town's pack beside that of its county."""
    (tmp_path / "qinghe-county.toml").write_text(COUNTY, encoding="utf-8")
    return written(tmp_path, TOWN + OWN)


def written(directory: Path, text: str, name: str = "qinghe-town") -> Path:
    path = directory / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def squeezed(text: str) -> str:
    """Without the blanks and line breaks that a table's width makes."""
    return "".join(text.split())


def test_list_has_a_row_for_every_pack_with_its_figures() -> None:
    rows = told("list")

    assert [row["id"] for row in rows] == list(known_packs())
    for row in rows:
        assert row["total"] == row["armed"] + row["measured"] + row["unarmed"] > 0
    assert f"共 {len(rows)} 条" in run("list").stdout


def test_show_begins_with_the_pack_in_one_line_and_its_figures_in_another(town: Path) -> None:
    shown = run("show", town)

    first, second = shown.stdout.splitlines()[:2]
    assert shown.exit_code == 0
    assert first.startswith("青禾镇规则（qinghe-town@2026.1#")
    assert second.startswith(
        "来文条目 4 项：启用 3、计量 0、未启用 1；写成规则 2 条，另继承 qinghe-county@2026.1#"
    )
    assert second.endswith("的 1 条。")


def test_show_marks_what_is_inherited_and_what_is_unarmed_and_why(town: Path) -> None:
    shown = squeezed(run("show", town).stdout)

    assert "C.1义务（继承）三日答复发帖后3日内，承办单位须发布" in shown
    assert "T.1义务三小时发声发现后3小时内，新闻发言人须发布" in shown
    assert "T.4未启用从快处理原因：未给出时限数值" in shown


def test_show_ends_with_the_words_that_have_to_be_written() -> None:
    shown = squeezed(run("show", "zaoxi-township").stdout)

    assert "superior_departments（县委、县政府及上级有关部门）" in shown
    assert "分类维度severity（级别）ordinary（一般）" in shown
    assert "report（上报）的种类first（首报）" in shown
    assert "004-12.F02的栏目title（标题）、link（链接地址）" in shown
    assert "默认after_start_day" in shown
    assert "单位的状态" not in shown, "what the pack has no words for is not listed"


def test_show_tells_programs_every_rule_with_its_parts(town: Path) -> None:
    rows = {row["number"]: row for row in told("show", town)}

    assert list(rows) == ["C.1", "T.1", "T.3", "T.4"]
    assert rows["C.1"]["pack"].startswith("qinghe-county@")
    assert rows["T.1"] | {"pack": ""} == {
        "number": "T.1",
        "section": "duty",
        "standing": "armed",
        "title": "三小时发声",
        "sentence": "发现后 3小时内，新闻发言人须发布",
        "who": ["spokesperson"],
        "when": {},
        "clock": "within",
        "limit": "3小时内",
        "clause": "发现后三小时内由新闻发言人发布",
        "also": ["T.2"],
        "pack": "",
        "why": None,
    }
    assert (rows["T.4"]["standing"], rows["T.4"]["why"]) == ("unarmed", "未给出时限数值")
    assert {tuple(sorted(row)) for row in rows.values()} == {tuple(sorted(rows["T.1"]))}


def test_a_pack_that_is_nowhere_is_told_with_the_way_to_find_one() -> None:
    shown = run("show", "qing-he")

    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "pack list" in shown.stderr


def test_check_says_that_nothing_is_wrong_and_how_much_is_armed(town: Path) -> None:
    checked = run("check", town)

    assert checked.exit_code == 0
    assert "没有问题。来文条目 4 项：启用 3、计量 0、未启用 1" in checked.stdout
    assert told("check", town) == []


def duty(number: str = "T.9", **keys: str) -> str:
    given = {"zh": '"答复"', "start": '"registered"', "stop": '"publish"', "days": "3"} | keys
    lines = [f"{key} = {value}" for key, value in given.items() if value]
    return "\n".join([f'[duty."{number}"]', *lines, ""])


BAD = {
    "an act that is not known": (duty(stop='"pubish"'), "pack.unknown-act", "stop ="),
    "two rules with one number": (duty("T.1"), "pack.declared-twice", '[duty."T.1"]'),
    "one number in two sections": (
        '[step."T.1"]\nzh = "发布"\nact = "publish"\n',
        "pack.number-twice",
        '[step."T.1"]',
    ),
    "a duty that nothing can meet": (duty(stop='"browse"'), "pack.never-met", "stop ="),
    "a gate that can never open": (
        '[gate."T.9"]\nzh = "先发后审"\nrefuse = "approve"\nneeds = "publish"\n',
        "pack.never-open",
        "needs =",
    ),
    "a duration that cannot be read": (
        duty(days="", within='"3 小时"'),
        "pack.malformed",
        "within =",
    ),
    "a day that there is not": (duty(days="", on='"02-30"'), "pack.malformed", "on ="),
    "an action out of scope": (duty(zh='"联系平台删帖"'), "pack.out-of-scope", "zh ="),
    "looser than the county": (
        duty(start='"posted"', days="5", clause='"五日内答复"'),
        "pack.looser",
        '[duty."T.9"]',
    ),
    "a key that is not known": (duty(colour='"red"'), "pack.unknown-key", "colour ="),
    "a party that is not known": (duty(who='"mayor"'), "pack.unknown-party", "who ="),
    "no TOML": ("[duty.\n", "pack.not-toml", "[duty."),
}


@pytest.mark.parametrize("what", BAD)
def test_check_refuses_a_bad_pack_with_line_column_and_remedy(town: Path, what: str) -> None:
    rules, code, stands = BAD[what]
    path = written(town.parent, TOWN + OWN.replace("[unarmed]", f"{rules}[unarmed]"))

    shown, rows = run("check", path), told("check", path)

    assert shown.exit_code == 1
    [row] = [row for row in rows if row["code"] == code][:1]
    assert path.read_text("utf-8").splitlines()[row["line"] - 1].startswith(stands)
    assert row["column"] >= 1
    assert f"第 {row['line']} 行第 {row['column']} 列" in shown.stdout
    assert f"处理办法：{row['remedy']}（{code}）" in shown.stdout


def test_check_refuses_another_time_zone(tmp_path: Path) -> None:
    path = written(tmp_path, HEADING.replace("version =", 'timezone = "Mars/Base"\nversion ='))

    [row] = told("check", path)

    assert (row["code"], row["key"]) == ("pack.unknown-value", "pack.timezone")
    assert path.read_text("utf-8").splitlines()[row["line"] - 1].startswith("timezone")


def test_check_refuses_a_circle_of_packs_and_shows_it(town: Path) -> None:
    circle = COUNTY.replace("version =", 'extends = "qinghe-town"\nversion =')
    written(town.parent, circle, "qinghe-county")

    [row] = told("check", town)

    assert row["code"] == "pack.circular"
    assert "qinghe-town → qinghe-county → qinghe-town" in row["message"]


def test_check_names_both_clauses_where_a_pack_is_looser(town: Path) -> None:
    path = written(town.parent, TOWN + duty(start='"posted"', days="5", clause='"五日内答复"'))

    shown = run("check", path).stdout

    assert "五日内答复" in shown
    assert "发帖后三日内公开答复" in shown


def test_check_tells_everything_that_is_wrong_at_once(town: Path) -> None:
    path = written(town.parent, TOWN + duty(who='"mayor"') + duty("T.8", stop='"browse"'))

    shown = run("check", path)

    assert f"{path} 有 2 处问题" in shown.stdout


def test_a_file_that_is_away_is_told_where_problems_go(tmp_path: Path) -> None:
    shown = run("check", tmp_path / "away.toml")

    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "pack.unreadable" in shown.stderr


def test_diff_begins_with_what_the_change_would_mean(town: Path) -> None:
    tighter = OWN.replace("PT3H", "PT2H").split("[gate")[0]
    after = written(town.parent, TOWN + tighter + duty(stop='"review"'), "later")
    after.write_text(after.read_text("utf-8").replace('"qinghe-town"', '"later"'), "utf-8")

    shown = run("diff", town, after)

    assert shown.exit_code == 0
    assert "：义务 从严 1 条、新增 1 条；前置条件 取消 1 条。" in shown.stdout.splitlines()[0]
    table = squeezed(shown.stdout)
    assert "从严义务T.1发现后3小时内，新闻发言人须发布发现后2小时内，新闻发言人须发布" in table
    assert table.index("从严义务") < table.index("新增义务") < table.index("取消前置条件")
    changes = {
        row["after_number"] or row["before_number"]: row["change"]
        for row in told("diff", town, after)
    }
    assert changes == {"T.1": "tighter", "T.3": "gone", "T.9": "added"}


def test_diff_of_a_pack_with_itself_finds_nothing(town: Path) -> None:
    assert "要求完全相同。" in run("diff", town, town).stdout
    assert told("diff", town, town) == []
