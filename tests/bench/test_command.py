"""``python -m bench`` as people and programs see it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from bench.effort import Effort
from bench.main import bench
from huiyin.cli.main import app

ROOT = Path(__file__).resolve().parents[2]


def test_the_report_is_one_json_object_with_figures_and_machine(
    tiny: Effort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bench.json"
    bench("rebuild", file, tiny)
    report = json.loads(file.read_text(encoding="utf-8"))
    [figure] = report["figures"]
    assert figure["name"] == "rebuild"
    assert figure["min"] <= figure["median"] <= figure["max"]
    assert report["machine"]["cores"] >= 1
    assert "台账重建" in capsys.readouterr().out


def test_what_falls_short_of_its_floor_is_looked_at_and_nothing_else_is(
    tiny: Effort, tmp_path: Path
) -> None:
    file = tmp_path / "bench.json"
    bench("rebuild", file, tiny)
    report = json.loads(file.read_text(encoding="utf-8"))
    [figure] = report["figures"]
    assert ("rebuild" in report["profiles"]) == (not figure["holds"])


def test_an_unknown_name_is_wrong_usage_and_names_those_there_are() -> None:
    with pytest.raises(typer.BadParameter, match="append、latency、rebuild、import、start"):
        bench("speed", None)


def test_it_is_asked_for_by_the_name_of_the_package_and_not_by_the_product() -> None:
    asked = [sys.executable, "-m", "bench", "speed"]
    answer = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, "speed" in answer.stderr) == (2, True), answer.stderr
    assert "bench" not in {command.name for command in app.registered_commands}


def test_nothing_of_it_is_installed() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = told["tool"]["setuptools"]["packages"]["find"]["include"]
    assert packages == ["huiyin*", "services*", "shared*"]
