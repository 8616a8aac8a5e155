"""The ledger as a file: for whoever asks over HTTP and on the command line."""

import csv
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook

from tests.journeys.county import PROGRAM, County, Served, code
from tests.support.sizes import PATIENCE

FORMULA = '=HYPERLINK("http://example.invalid","食堂")'
FORMATS = ("csv", "xlsx", "json")


@pytest.fixture(scope="module")
def number(served: Served) -> str:
    """An incident whose title a spreadsheet program would calculate."""
    said = {"channel": "call", "category": "inquiry_demand"}
    number: str = served.told("/intake/incidents", "drafter", **said, title=FORMULA)["number"]
    served.told("/intake/incidents", "bureau", **said, title="另一件事")
    served.settle()
    return number


def test_each_format_holds_the_same_rows_size_and_root(served: Served, number: str) -> None:
    said = served.get("/reporting/ledger.json").json()
    root = f"日志 {said['log']['size']} 条, 树根 {said['log']['root']}"
    table = served.get("/reporting/ledger.csv").content.decode("utf-8-sig")
    content = served.get("/reporting/ledger.xlsx").content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()

    lines = list(csv.reader(io.StringIO(table, newline="")))
    numbers = [row["number"] for row in said["rows"]]
    assert number in numbers
    assert [line[0] for line in lines[1 : len(numbers) + 1]] == numbers
    assert [line[0] for line in sheet[1 : len(numbers) + 1]] == numbers
    assert [root] in lines
    assert root in [line[0] for line in sheet]
    verified = served.post("/operations/verify").json()
    assert (verified["leaves"], verified["root"]) == (said["log"]["size"], said["log"]["root"])


def test_the_json_export_adds_to_the_ledgers_answer_and_changes_none_of_it(
    served: Served, number: str
) -> None:
    said = served.get("/reporting/ledger.json", status="registered").json()

    assert said["rows"] == served.get("/reporting/ledger", status="registered").json()
    assert said["county"] == {"code": "QINGHE", "name": "青禾县教育局"}
    assert said["filters"] == {"status": "registered"}
    assert (said["as_of"], said["erased"], said["set_aside"]) == (None, [], 0)
    assert said["units"]["QH-YZ"] == "青禾县第一中学"
    assert number in [row["number"] for row in said["rows"]]


def test_a_title_runs_in_no_program(served: Served, number: str) -> None:
    table = served.get("/reporting/ledger.csv").content.decode("utf-8-sig")
    content = served.get("/reporting/ledger.xlsx").content

    [line] = [line for line in csv.reader(io.StringIO(table)) if line and line[0] == number]
    assert line[4] == "'" + FORMULA
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
        names = book.read("xl/workbook.xml").decode()
    assert "<f>" not in page
    assert "<hyperlink" not in page
    assert 'state="frozen"' in page
    assert "_xlnm.Print_Titles" in names
    assert "青禾县教育局 日志 " in page.partition("<oddFooter>")[2]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("归档台账")
    assert FORMULA in [line[4] for line in sheet.to_python()]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_file_has_a_chinese_name_and_its_type(served: Served, format_: str) -> None:
    answer = served.get(f"/reporting/ledger.{format_}", as_of="2026-03-02")

    plain, _, chinese = answer.headers["content-disposition"].rpartition("filename*=UTF-8''")
    assert plain == f'attachment; filename="ledger.{format_}"; '
    assert unquote(chinese) == f"青禾县教育局归档台账-2026-03-02.{format_}"
    types = {"csv": "text/csv", "json": "application/json"}
    expected = types.get(format_, "application/vnd.openxmlformats")
    assert answer.headers["content-type"].startswith(expected)


REFUSED = {
    "status": ({"status": "done"}, 422, "status.unknown"),
    "verdict": ({"verdict": "late"}, 422, "verdict.unknown"),
    "unit": ({"unit": "QH-XX"}, 422, "unit.unknown"),
    "day": ({"from": "三月"}, 422, "date.unreadable"),
    "days": ({"from": "2026-03-02", "to": "2026-03-01"}, 422, "dates.reversed"),
    "moment": ({"as_of": "昨天"}, 422, "time.unreadable"),
}


@pytest.mark.parametrize(("asked", "status", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_understood_is_refused(
    served: Served, asked: dict[str, str], status: int, why: str
) -> None:
    assert code(served.get("/reporting/ledger.csv", **asked)) == (status, why)


@pytest.mark.parametrize("format_", FORMATS)
def test_nobody_without_a_token_is_given_a_file(served: Served, format_: str) -> None:
    answer = served.client.get(f"/reporting/ledger.{format_}")

    assert code(answer) == (401, "token.unknown")


def test_filters_may_be_said_in_chinese(served: Served, number: str) -> None:
    said = served.get("/reporting/ledger.json", status="已登记", verdict="计时中", unit="QH-YZ")

    assert [row["number"] for row in said.json()["rows"]] == [number]
    assert said.json()["filters"] == {"unit": "QH-YZ", "status": "registered", "verdict": "running"}


def test_that_a_file_left_the_house_is_in_the_log_without_any_words(
    served: Served, number: str
) -> None:
    served.get("/reporting/ledger.csv", "bureau", status="registered")

    lines = served.county.data.with_suffix(".log").read_text(encoding="utf-8").splitlines()
    noted = [json.loads(line) for line in lines if "ledger exported" in line][-1]
    assert noted["format"] == "csv"
    assert noted["officer"].startswith("o-")
    assert noted["filters"] == {"status": "registered"}
    assert len(noted["log_root"]) == 64
    assert noted["rows"] >= 2
    assert not any("食堂" in line or number in line for line in lines)


def test_the_command_writes_a_file_whole_and_for_its_user_alone(
    served: Served, number: str, tmp_path: Path
) -> None:
    file = tmp_path / "台账.xlsx"

    done = served.county.run("ledger", "--format", "xlsx", "--output", file, by="drafter")

    assert (done.status, done.out) == (0, ""), done
    assert f"已写入 {file}" in done.err
    lines = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert number in [line[0] for line in lines]
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["台账.xlsx"]


def test_a_file_in_the_way_stays_unless_it_is_told_otherwise(
    served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "台账.csv"
    file.write_text("我的", encoding="utf-8")

    refused = served.county.run("ledger", "--format", "csv", "--output", file)
    kept = file.read_text(encoding="utf-8")
    done = served.county.run("ledger", "--format", "csv", "--output", file, "--force")

    assert (refused.status, kept) == (1, "我的")
    assert "(output.exists)" in refused.err
    assert done.status == 0, done
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_place_that_cannot_be_written_to_is_said_plainly(served: Served, tmp_path: Path) -> None:
    done = served.county.run("ledger", "--format", "csv", "--output", tmp_path / "无" / "台账.csv")

    assert done.status == 1
    assert "(output.unwritable)" in done.err


def test_as_of_a_moment_gone_by_the_command_prints_the_same_bytes_each_time(
    served: Served, number: str
) -> None:
    [row] = [row for row in served.county.done("ledger") if row["number"] == number]
    command = ("ledger", "--format", "csv", "--as-of", row["registered_at"])

    one, two = (served.county.run(*command) for _ in range(2))

    assert one.status == 0, one
    assert one.out == two.out
    assert "制表" not in one.out
    assert "日志 " in one.out


def test_json_on_standard_output_is_the_plain_array_and_in_a_file_names_its_root(
    served: Served, number: str, tmp_path: Path
) -> None:
    file = tmp_path / "台账.json"

    rows = served.county.done("ledger", "--unit", "QH-YZ")
    done = served.county.run("ledger", "--format", "json", "--unit", "QH-YZ", "--output", file)

    assert done.status == 0, done
    said: dict[str, Any] = json.loads(file.read_bytes())
    assert said["rows"] == rows
    assert [row["number"] for row in rows] == [number]
    assert len(said["log"]["root"]) == 64


def test_a_workbook_goes_into_a_pipe_and_never_onto_the_screen(served: Served) -> None:
    piped = _raw(served.county, None)
    inner, outer = os.openpty()
    try:
        shown = _raw(served.county, outer)
    finally:
        os.close(inner)
        os.close(outer)

    assert piped.returncode == 0
    assert zipfile.is_zipfile(io.BytesIO(piped.stdout))
    assert shown.returncode == 2
    assert "--output" in shown.stderr.decode()


def test_a_table_is_not_written_to_a_file(served: Served, tmp_path: Path) -> None:
    done = served.county.run("ledger", "--output", tmp_path / "台账.txt")

    assert done.status == 2
    assert list(tmp_path.iterdir()) == []


def test_verification_says_size_and_root(served: Served) -> None:
    said = served.get("/reporting/ledger.json").json()["log"]

    done = served.county.run("audit", "verify")

    assert done.status == 0, done
    assert f"树根（{said['size']} 条）：{said['root']}" in done.out


def _raw(county: County, screen: int | None) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [PROGRAM, "ledger", "--format", "xlsx"],
        env=county._environment(None) | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE if screen is None else screen,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
