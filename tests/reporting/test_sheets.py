"""Tables for people: what a spreadsheet program sees is what was written, and nothing runs."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.reporting.sheets import LARGEST_CELL, CellKind, Sheet, SheetColumn, as_csv, as_xlsx
from shared.cells import unguarded
from tests.support.sizes import sized

NOON = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
ROOT = "78429deb1d98a052ace011f0ceac27aff38472232a677f9241930a99c813dd89"
FORMULAS = ["=1+1", "+86 139", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "{=1}"]


def of(values: Iterable[Any], kind: CellKind = "text", **about: Any) -> Sheet:
    """A table of one column."""
    return Sheet(
        "归档台账", [SheetColumn("a", "甲", 20, kind)], ({"a": each} for each in values), **about
    )


def csv_rows(sheet: Sheet) -> list[list[str]]:
    """The cells as a program reads them."""
    return list(csv.reader(io.StringIO(b"".join(as_csv(sheet)).decode("utf-8-sig"), newline="")))


def cells(content: bytes, number: int = 0) -> list[list[Any]]:
    """The cells of a worksheet as another library reads them."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(number).to_python(skip_empty_area=False)


def part(content: bytes, name: str) -> str:
    """One file inside a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read(name).decode()


def test_csv_is_utf_8_with_a_mark_in_front_and_crlf() -> None:
    content = b"".join(as_csv(of(["食堂", '说"好"\n再说'], notes=["日志 3 条"])))

    assert content == '\ufeff甲\r\n食堂\r\n"说""好""\n再说"\r\n\r\n日志 3 条\r\n'.encode()


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_marks_what_a_program_would_calculate_and_a_workbook_holds_it_as_text(
    text: str,
) -> None:
    [_, [marked], _, [note]] = csv_rows(of([text], notes=[text]))
    content = as_xlsx([of([text], notes=[text])])

    assert (unguarded(marked), unguarded(note)) == (text, text)
    assert not marked.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert [cells(content)[line] for line in (1, 3)] == [[text], [text]]
    page = part(content, "xl/worksheets/sheet1.xml")
    assert "<f>" not in page
    assert "<hyperlink" not in page
    assert 't="s"' in page


@pytest.mark.parametrize(
    ("kind", "value", "in_csv", "in_workbook"),
    [
        ("text", None, "", ""),
        ("text", True, "是", "是"),
        ("text", ["甲", "乙"], "甲、乙", "甲、乙"),
        ("text", "0012", "0012", "0012"),
        ("number", 12, "12", 12),
        ("number", -12, "-12", -12),
        ("number", "=1", "'=1", "=1"),
        ("moment", NOON, "2026-03-02 12:00:05", datetime(2026, 3, 2, 12, 0, 5)),  # noqa: DTZ001
        ("moment", None, "", ""),
        ("limit", NOON, "2026-03-02 12:00", datetime(2026, 3, 2, 12, 0, 5)),  # noqa: DTZ001
        ("limit", MIDNIGHT, "2026-03-02 24:00", datetime(2026, 3, 2, 23, 59, 59)),  # noqa: DTZ001
        ("duration", 209_000, "58小时03分20秒", timedelta(seconds=209_000)),
        ("duration", 0, "0小时00分00秒", timedelta(0)),
        ("duration", -5, "负0小时00分05秒", "负0小时00分05秒"),
    ],
)
def test_each_kind_of_value_is_written_as_people_and_programs_read_it(
    kind: CellKind, value: Any, in_csv: str, in_workbook: Any
) -> None:
    [_, cell, _] = csv_rows(of([value, "尾"], kind))
    [_, [found], _] = cells(as_xlsx([of([value, "尾"], kind)]))

    assert cell == [in_csv]
    assert found == in_workbook


def test_the_end_of_a_day_is_shown_as_its_24_o_clock_and_sorts_before_the_next_day() -> None:
    content = as_xlsx([of([MIDNIGHT, MIDNIGHT + timedelta(minutes=1)], "limit")])

    assert 'formatCode="yyyy-mm-dd &quot;24:00&quot;"' in part(content, "xl/styles.xml")
    [_, [first], [second]] = cells(content)
    assert first < second
    assert first.day == 2


def test_every_page_has_the_head_the_page_number_and_what_the_table_rests_on() -> None:
    foot = f"青禾县 日志 229 条, 树根 {ROOT}"
    content = as_xlsx([of(["a", "b"], notes=["截至 2026-03-02"], footer=foot)])
    page, book = part(content, "xl/worksheets/sheet1.xml"), part(content, "xl/workbook.xml")

    assert re.search(r'<pane ySplit="1" [^>]*state="frozen"', page)
    assert '<autoFilter ref="A1:A3"/>' in page
    assert 'orientation="landscape"' in page
    assert 'paperSize="9"' in page
    assert '<pageSetUpPr fitToPage="1"/>' in page
    assert f"&amp;L&amp;8 {foot}&amp;R" in page
    assert "第 &amp;P 页 共 &amp;N 页" in page
    assert "_xlnm.Print_Titles" in book
    assert "归档台账!$1:$1" in book
    assert cells(content)[-1] == ["截至 2026-03-02"]


def test_a_table_without_rows_has_its_head_and_notes() -> None:
    content = as_xlsx([of([], notes=["没有符合的"])])

    assert cells(content) == [["甲"], [""], ["没有符合的"]]
    assert '<autoFilter ref="A1"/>' in part(content, "xl/worksheets/sheet1.xml")
    assert csv_rows(of([])) == [["甲"]]


@pytest.mark.parametrize("sign", ["字", "😀", "a"])
def test_a_text_too_long_for_a_cell_is_cut_with_a_note_and_whole_in_the_csv(sign: str) -> None:
    text = sign * (LARGEST_CELL + 1)

    [_, [cut], [short]] = cells(as_xlsx([of([text, "短"])]))
    [_, [whole], _] = csv_rows(of([text, "短"]))

    assert len(cut.encode("utf-16-le")) // 2 <= LARGEST_CELL
    assert cut.endswith(
        f"……【单元格放不下, 已截断：原文 {len(text)} 字, 全文见同一内容的 CSV 或 JSON】"
    )
    assert cut.startswith(sign * 1000)
    assert (whole, short) == (text, "短")


def test_a_text_that_just_fits_is_whole() -> None:
    text = "字" * LARGEST_CELL

    assert cells(as_xlsx([of([text])]))[1] == [text]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=20))
@settings(max_examples=sized(60, 1000))
def test_whatever_was_written_is_read_from_the_csv_the_same(texts: list[str]) -> None:
    [_, *read] = csv_rows(of(texts))

    assert [[unguarded(cell) for cell in row] for row in read] == [[text] for text in texts]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=20))
@settings(max_examples=sized(60, 1000))
def test_whatever_was_written_is_read_from_the_workbook_the_same(texts: list[str]) -> None:
    content = as_xlsx([of(texts)])

    assert cells(content) == [["甲"], *([text] for text in texts)]
    assert "<f>" not in part(content, "xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", ["甲&乙", "12&P", "长" * 400])
def test_a_footer_shows_its_text_and_never_takes_it_for_a_code(text: str) -> None:
    page = part(as_xlsx([of([], footer=text)]), "xl/worksheets/sheet1.xml")

    [foot] = re.findall(r"<oddFooter>(.*)</oddFooter>", page)
    said = foot.replace("&amp;", "&")
    assert said.startswith("&L&8 " + text[:100].replace("&", "&&"))
    assert said.endswith("&R&9 第 &P 页 共 &N 页")
    assert len(said) <= 255


def test_opened_words_reach_no_other_file_while_a_workbook_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[list[Path]] = []

    def rows() -> Iterable[dict[str, str]]:
        yield {"a": "一"}
        seen.append(list(tmp_path.iterdir()))

    as_xlsx([Sheet("表", [SheetColumn("a", "甲", 9)], rows())])

    assert [*seen, list(tmp_path.iterdir())] == [[], []]
