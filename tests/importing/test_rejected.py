"""Rows that were not imported go to a file of their own, and come back from it as they were."""

import csv
from pathlib import Path

import pytest

from huiyin.importing.rejected import ADDED, RejectedRow, beside, is_ours, original, rejected
from huiyin.importing.rows import Cell, Row
from huiyin.importing.source import look_through
from shared.errors import Invalid

HEADINGS = ("编号", "标题", "网名")
PROBLEM = RejectedRow(3, "M-1", "time.unreadable", "posted_at", "留言时间", "看不懂。", "请改。")


def written(path: Path, source: Path, *rows: list[Cell]) -> None:
    with rejected(path, HEADINGS, source) as file:
        for number, cells in enumerate(rows, 3):
            file.add(Row(number, cells), PROBLEM)


def test_rows_keep_all_their_columns_beside_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"

    written(path, tmp_path / "in.csv", ["M-1", "路灯", "某网友"])

    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8-sig", newline="") as lines:
        heading, row = csv.reader(lines)
    assert heading == [*ADDED, *HEADINGS]
    assert row == [
        "3",
        "留言时间",
        "time.unreadable",
        "看不懂。",
        "请改。",
        "M-1",
        "路灯",
        "某网友",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["M-1", "=1+1", "@某"],
        ["-5", "'=引", "+86"],
        ["M-1", "两行\n和\r\n\t", '"引"'],
        ["M-1", "路\0灯", ""],
        ["M-1", "长" * 100_000, ""],
        ["M-1", "路灯", "", "多出的"],
        [],
    ],
)
def test_what_was_written_is_read_back_as_it_was(tmp_path: Path, cells: list[Cell]) -> None:
    path = tmp_path / "bad.csv"

    written(path, tmp_path / "in.csv", cells)
    source = look_through(path)

    assert is_ours(source.headings)
    assert source.headings[len(ADDED) :] == HEADINGS
    assert [original(row).cells for row in source.rows()] == [cells]


def test_no_cell_runs_as_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"

    written(path, tmp_path / "in.csv", ["=1+1", "+1", "@SUM"])

    with open(path, encoding="utf-8-sig", newline="") as lines:
        cells = list(csv.reader(lines))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_nothing_is_left_when_nothing_was_rejected_not_even_from_before(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    written(path, tmp_path / "in.csv", ["M-1", "路灯", ""])

    written(path, tmp_path / "in.csv")

    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    written(path, tmp_path / "in.csv", ["M-1", "路灯", ""])
    before = path.read_bytes()

    def interrupted() -> None:
        with rejected(path, HEADINGS, tmp_path / "in.csv") as file:
            file.add(Row(9, ["M-9", "井盖", ""]), PROBLEM)
            assert path.read_bytes() == before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["other.csv", "in.csv", "absent/bad.csv"])
def test_a_place_that_cannot_be_written_or_is_taken_is_said_at_once(
    tmp_path: Path, place: str
) -> None:
    for name in ("other.csv", "in.csv"):
        (tmp_path / name).write_text("编号,标题\n", encoding="utf-8")

    with (
        pytest.raises(Invalid) as refused,
        rejected(tmp_path / place, HEADINGS, tmp_path / "in.csv"),
    ):
        raise AssertionError("the block must not begin")

    assert (refused.value.code, refused.value.field) == ("import.rejected-unwritable", "--rejected")
    assert (tmp_path / "other.csv").read_text(encoding="utf-8") == "编号,标题\n"


def test_it_lies_beside_the_input_and_never_in_its_place() -> None:
    assert beside(Path("a/留言.csv")) == Path("a/留言.csv.未导入.csv")
    assert beside(Path("a/留言.csv.未导入.csv")) == Path("a/留言.csv.未导入2.csv")
    assert beside(Path("a/留言.csv.未导入2.csv")) == Path("a/留言.csv.未导入3.csv")
