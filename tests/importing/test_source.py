"""Whatever the file is, its rows are read as people see them, or it is refused as a whole."""

import os
import tracemalloc
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from huiyin.importing.rows import swallowed
from huiyin.importing.source import SourceFile, look_through
from shared.errors import Invalid
from tests.importing.files import FIRST, HEADINGS, SECOND, csv_file, csv_text, workbook

MORNING = datetime(2025, 9, 1, 8, 0, 5)  # noqa: DTZ001 - as in a cell


def cells(source: SourceFile) -> list[tuple[Any, ...]]:
    return [tuple(row.cells) for row in source.rows()]


def refused(path: Path, **how: Any) -> Invalid:
    with pytest.raises(Invalid) as problem:
        look_through(path, **how)
    assert problem.value.message
    assert problem.value.remedy
    return problem.value


class TestCsv:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_the_separator_is_found(self, tmp_path: Path, separator: str) -> None:
        path = tmp_path / "file.csv"
        rows = [HEADINGS, ("L-1", "有,也有;在里面", *FIRST[2:])]
        path.write_text(
            "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows) + "\n",
            encoding="utf-8",
        )

        assert cells(look_through(path)) == [rows[1]]

    def test_rows_have_the_numbers_that_a_spreadsheet_program_shows(self, tmp_path: Path) -> None:
        """Blank lines count, and a cell of several lines is in one row."""
        path = tmp_path / "file.csv"
        path.write_text(
            '编号,标题,留言时间\n1,"两\n行",2025\n\n,,\n2,一行,2025\n', encoding="utf-8"
        )

        assert [row.number for row in look_through(path).rows()] == [2, 5]

    def test_the_rows_are_counted(self, tmp_path: Path) -> None:
        assert look_through(csv_file(tmp_path / "file.csv")).total == 2

    def test_the_digest_is_that_of_the_bytes(self, tmp_path: Path) -> None:
        one = look_through(csv_file(tmp_path / "one.csv"))
        same = look_through(csv_file(tmp_path / "same.csv"))
        other = look_through(csv_file(tmp_path / "other.csv", [FIRST]))

        assert one.digest == same.digest != other.digest
        assert one.digest.startswith("sha256:")

    @pytest.mark.parametrize(
        ("text", "rows"),
        [
            ('M-1,"没有闭合,2025\nM-2,路灯,2025\n', "第 2 行"),
            ('M-1,路灯,2025\nM-2,"他说"好"了",2025\n', "第 3 行"),
        ],
    )
    def test_a_quotation_mark_that_is_not_closed_refuses_the_file_and_names_the_row(
        self, tmp_path: Path, text: str, rows: str
    ) -> None:
        path = tmp_path / "file.csv"
        path.write_text("编号,标题,留言时间\n" + text, encoding="utf-8")

        problem = refused(path)

        assert problem.code == "import.quotes-broken"
        assert rows in problem.message

    def test_a_cell_that_swallows_the_rest_of_a_large_file_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "file.csv"
        line = f"M-2,{'长' * 1_000},2025\n"
        path.write_text('编号,标题,留言时间\nM-1,"开,2025\n' + line * 17_000, encoding="utf-8")

        assert refused(path).code == "import.cell-too-large"

    def test_a_zero_byte_is_part_of_its_cell(self, tmp_path: Path) -> None:
        path = tmp_path / "file.csv"
        path.write_bytes("编号,标题,留言时间\nM-1,路\0灯,2025\n".encode())

        assert cells(look_through(path)) == [("M-1", "路\0灯", "2025")]

    def test_a_cell_of_ten_megabytes_is_read(self, tmp_path: Path) -> None:
        long = "长" * (10 * 1024 * 1024 // 3)
        path = csv_file(tmp_path / "file.csv", [("L-1", long, *FIRST[2:])])

        assert cells(look_through(path))[0][1] == long

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        row = ("L-1", "标题", "2025/9/1 8:00", "正文" * 500, "", "", "")
        path = tmp_path / "file.csv"
        with open(path, "w", encoding="gbk", newline="") as file:
            file.write(csv_text([]))
            line = csv_text([row], ()).lstrip("\r\n")
            for _ in range(100):
                file.write(line * 100)
        assert path.stat().st_size > 20_000_000
        tracemalloc.start()

        source = look_through(path)
        count = sum(1 for _ in source.rows())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert count == source.total == 10_000
        assert peak < 12_000_000

    def test_a_file_that_changes_while_it_is_read_is_noticed(self, tmp_path: Path) -> None:
        source = look_through(csv_file(tmp_path / "file.csv"))
        source.check_unchanged()
        times = source.path.stat()

        csv_file(source.path, [SECOND, FIRST])
        os.utime(source.path, ns=(times.st_atime_ns, times.st_mtime_ns))

        with pytest.raises(Invalid) as problem:
            list(source.rows())
        assert problem.value.code == "import.file-changed"

    def test_a_file_that_is_written_to_is_noticed_before_the_next_rows_are_sent(
        self, tmp_path: Path
    ) -> None:
        source = look_through(csv_file(tmp_path / "file.csv"))

        csv_file(source.path, [FIRST, SECOND, ("L-3", *FIRST[1:])])

        with pytest.raises(Invalid) as problem:
            source.check_unchanged()
        assert problem.value.code == "import.file-changed"


class TestSwallowed:
    @pytest.mark.parametrize(
        "row",
        [
            ["M-1", "开,2025-09-01,\nM-2,关", "2025-09-02", ""],
            ["M-1", "开,2025-09-01,\nM-2,路灯,2025-09-02,\nM-3,关", "2025-09-03", ""],
            ["M-1", "开", "2025-09-01", "x\nM-2,路灯,2025/9/2,\nM-3,井盖,2025/9/3,y"],
        ],
    )
    def test_a_cell_that_holds_other_rows_is_noticed(self, row: list[str]) -> None:
        assert swallowed(row, 4, ",")

    @pytest.mark.parametrize(
        "body",
        ["两行\n正文", "一,二,三,四\n五", "2025年9月1日\n甲,乙", "甲,2025-09-01,乙\n完", ""],
    )
    def test_an_ordinary_cell_of_several_lines_is_not(self, body: str) -> None:
        assert not swallowed(["M-1", "路灯", "2025-09-01", body], 4, ",")


class TestWorkbook:
    def test_cells_keep_what_they_are(self, tmp_path: Path) -> None:
        path = workbook(
            tmp_path / "book.xlsx",
            留言=[
                HEADINGS[:4],
                (66237, "=SUM(1)", MORNING, "00123"),
                ("00123", "标题", date(2025, 9, 1), ""),
            ],
        )

        assert cells(look_through(path)) == [
            (66237.0, "=SUM(1)", MORNING, "00123"),
            ("00123", "标题", date(2025, 9, 1), ""),
        ]

    def test_blank_rows_count(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "book.xlsx", 留言=[HEADINGS, FIRST, (), SECOND])

        assert [row.number for row in look_through(path).rows()] == [2, 4]

    def test_empty_sheets_leave_no_doubt(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "book.xlsx", 空=[], 留言=[HEADINGS, FIRST])

        assert cells(look_through(path)) == [FIRST]

    def test_several_sheets_are_listed_and_one_can_be_named(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "book.xlsx", 甲=[HEADINGS, FIRST], 乙=[HEADINGS, SECOND])

        problem = refused(path)

        assert problem.code == "import.sheet-unclear"
        assert "甲、乙" in problem.message
        assert cells(look_through(path, sheet="乙")) == [SECOND]
        assert refused(path, sheet="丙").code == "import.sheet-unknown"

    def test_a_sheet_of_a_text_file_is_refused(self, tmp_path: Path) -> None:
        assert refused(csv_file(tmp_path / "a.csv"), sheet="甲").code == "import.sheet-unknown"

    def test_a_workbook_is_known_by_its_bytes_whatever_it_is_called(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "book.xlsx", 留言=[HEADINGS, FIRST])

        assert cells(look_through(path.rename(tmp_path / "book.csv"))) == [FIRST]

    def test_a_broken_or_encrypted_one_is_refused(self, tmp_path: Path) -> None:
        whole = workbook(tmp_path / "book.xlsx", 留言=[HEADINGS, FIRST]).read_bytes()
        broken, locked = tmp_path / "broken.xlsx", tmp_path / "locked.xlsx"
        broken.write_bytes(whole[: len(whole) // 2])
        name = "EncryptedPackage".encode("utf-16-le")
        locked.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1024) + name + bytes(512))

        assert refused(broken).code == "import.broken"
        assert refused(locked).code == "import.encrypted"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.empty"),
        (b"\n\n", "import.empty"),
        ("编号,标题,留言时间\n".encode(), "import.empty"),
        ("编号,标题,留言时间\n\n,,\n".encode(), "import.empty"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "import.not-a-table"),
    ],
)
def test_a_file_without_rows_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "file.xls"
    path.write_bytes(data)

    assert refused(path).code == code


def test_a_workbook_with_a_heading_only_is_refused(tmp_path: Path) -> None:
    assert refused(workbook(tmp_path / "book.xlsx", 留言=[HEADINGS])).code == "import.empty"


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.csv").code == "import.unreadable"
    assert refused(tmp_path).code == "import.unreadable"
