"""``huiyin drill``: the protocol for people and programs, and the exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from huiyin.cli.main import app

DRILL = """
drill: late-by-a-day
pack: county-baseline
steps:
  - {at: 2026-03-02 09:00, by: info_officer, do: register, incident: A}
  - {at: 2026-03-03 09:00, by: office_director, do: draft, incident: A}
  - {at: 2026-03-03 09:10, by: office_director, do: approve, incident: A, refused: drafter}
  - {at: 2026-03-03 09:20, by: principal_leader, do: approve, incident: A}
  - {at: 2026-03-06 24:00, by: spokesperson, do: publish, incident: A}
expect:
  - {duty: B.T01, incident: A, due: 2026-03-05 24:00, state: STATE, late_by: P1D}
"""


@pytest.fixture
def drill(tmp_path: Path) -> Path:
    path = tmp_path / "drill.yaml"
    path.write_text(DRILL.replace("STATE", "late"), encoding="utf-8")
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["drill", *map(str, arguments)])


def test_a_drill_that_holds_ends_with_zero_and_fits_the_page(drill: Path) -> None:
    done = invoke(drill)
    assert done.exit_code == 0, done.output
    assert "全部成立" in done.output
    assert "迟办 1天" in done.output
    tables = [line for line in done.output.splitlines() if line.startswith(" ")]
    assert max(map(len, tables)) <= 120


def test_what_does_not_hold_is_told_side_by_side_and_ends_with_one(drill: Path) -> None:
    drill.write_text(DRILL.replace("STATE", "met"), encoding="utf-8")
    done = invoke(drill, "--format", "json")
    assert done.exit_code == 1
    (told,) = json.loads(done.output)
    (failed,) = [each for each in told["expectations"] if not each["holds"]]
    assert "met" in failed["expected"]
    assert "met_late" in failed["actual"]
    assert failed["place"].endswith("第 11 行")
    assert [step["right"] for step in told["steps"]] == [True] * 6


def test_a_drill_that_cannot_be_read_runs_nothing(drill: Path) -> None:
    drill.write_text(DRILL.replace("do: publish", "do: remove"), encoding="utf-8")
    done = invoke(drill)
    assert done.exit_code == 1
    assert "第 9 行" in done.output
    assert "全部成立" not in done.output


def test_another_pack_stands_beside_its_own(drill: Path) -> None:
    done = invoke(drill, "--pack", "003-2", "--format", "json")
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.output)
    assert told["totals"]["here"] == {"late": 1}
    assert [each["here"]["fate"] for each in told["pairs"] if each["here"]] == ["late"]
    assert [each for each in told["pairs"] if each["there"] and not each["here"]]


OWN_ROLES = """\
drill: roles-of-its-own
pack: 004-04
steps:
  - {at: 2026-03-02 09:00, by: section, do: register, incident: A}
  - {at: 2026-03-02 09:10, by: section, do: report, incident: A, with: {to: leading_group}}
  - {at: 2026-03-02 09:20, by: group_head, do: report, incident: A, with: {to: city_leaders}}
  - {at: 2026-03-02 09:30, by: section, do: draft, incident: A, as: D1}
  - {at: 2026-03-02 09:40, by: handling_unit, do: approve, incident: A, of: D1}
"""


def test_roles_that_the_other_pack_does_not_know_are_there_the_common_party_they_are(
    drill: Path,
) -> None:
    drill.write_text(OWN_ROLES, encoding="utf-8")
    done = invoke(drill, "--pack", "001-2")
    assert done.exit_code == 0, done.output
    assert "按 001-2 会被拒绝" not in done.output
