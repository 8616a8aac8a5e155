"""A row becomes a message, or is refused with its field and what to do."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from huiyin.importing.columns import understood
from huiyin.importing.message import LONGEST_CELL, MessageReader
from huiyin.importing.rows import Row
from shared.copies.units import Unit
from shared.errors import Invalid

FIELDS = (
    "message_id",
    "category",
    "title",
    "posted_at",
    "body",
    "replied_at",
    "reply",
    "replying_unit",
)
UNITS = {"QH-YZ": Unit("QH-YZ", "青禾县第一中学", ("县一中",), "QINGHE")}
READER = MessageReader(understood(FIELDS), ",", UNITS, "QINGHE")
WORKBOOK = replace(READER, separator="")
PLAIN: dict[str, Any] = {
    "message_id": "M-1",
    "category": "教育",
    "title": " 路灯不亮 ",
    "posted_at": "2025/9/1 8:00",
    "body": "晚上看不清。",
    "replied_at": "2025/9/2 9:30",
    "reply": "已修好。",
    "replying_unit": "县一中",
}


def row(**changes: Any) -> Row:
    return Row(7, [(PLAIN | changes)[field] for field in FIELDS])


def read(**changes: Any) -> dict[str, Any]:
    return WORKBOOK.read(row(**changes))


def refused(given: Row, reader: MessageReader = WORKBOOK) -> Invalid:
    with pytest.raises(Invalid) as problem:
        reader.read(given)
    assert problem.value.message
    assert problem.value.remedy
    return problem.value


def test_a_row_becomes_a_message_with_its_row_number() -> None:
    assert read() == {
        "row": 7,
        "message_id": "M-1",
        "category": "教育",
        "title": "路灯不亮",
        "posted_at": "2025-09-01T00:00:00+00:00",
        "body": "晚上看不清。",
        "replied_at": "2025-09-02T01:30:00+00:00",
        "reply": "已修好。",
        "unit": "QH-YZ",
        "named": "县一中",
        "days_only": [],
    }


@pytest.mark.parametrize("field", ["message_id", "title", "posted_at"])
@pytest.mark.parametrize("empty", ["", " ", "　", "\n"])
def test_id_title_and_time_are_needed(field: str, empty: str) -> None:
    problem = refused(row(**{field: empty}))

    assert (problem.code, problem.field) == ("import.cell-missing", field)


@pytest.mark.parametrize("field", ["posted_at", "replied_at"])
def test_a_time_that_cannot_be_read_is_refused_by_its_field(field: str) -> None:
    problem = refused(row(**{field: "上星期"}))

    assert (problem.code, problem.field) == ("time.unreadable", field)


def test_what_is_known_by_its_day_only_is_named() -> None:
    assert read(posted_at="2025/9/1", replied_at=date(2025, 9, 2))["days_only"] == [
        "posted_at",
        "replied_at",
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (66237.0, "66237"),
        (66237, "66237"),
        (12.5, "12.5"),
        ("00123", "00123"),
        ("13800138000", "13800138000"),
        (13800138000.0, "13800138000"),
        ('="00123"', '="00123"'),
        ("=1+1", "=1+1"),
        ("-5", "-5"),
        ("66237.0", "66237.0"),
        (" 66237\t", "66237"),
    ],
)
def test_numbers_that_were_meant_as_text_and_text_like_formulas_are_text(
    cell: Any, text: str
) -> None:
    assert read(message_id=cell)["message_id"] == text


@pytest.mark.parametrize("cell", ["1.23E+15", "1.23e+15", "2E+17", 1.23e15, 10**15])
def test_an_id_that_a_program_turned_into_a_number_is_refused(cell: Any) -> None:
    problem = refused(row(message_id=cell))

    assert (problem.code, problem.field) == ("message-id.turned-into-number", "message_id")


@pytest.mark.parametrize("cell", ["12E3", "E+15", "A1.23E+15"])
def test_an_id_with_an_e_in_it_is_one(cell: str) -> None:
    assert read(message_id=cell)["message_id"] == cell


def test_formula_like_words_come_in_as_they_are() -> None:
    words = '=HYPERLINK("http://example.com","点")'

    assert read(title=words, body=words) | {"title": words, "body": words} == read(
        title=words, body=words
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("一_x000D_\n二", "一\n二"),
        ("一_x000D_二", "一\n二"),
        ("一\r\n二\r三", "一\n二\n三"),
        ("　　一\n\n二", "　　一\n\n二"),
    ],
)
def test_what_programs_leave_of_line_breaks_becomes_line_breaks(written: str, kept: str) -> None:
    assert read(body=written)["body"] == kept
    assert read(reply=written)["reply"] == kept


def test_other_cells_of_a_workbook_become_text() -> None:
    assert read(body=datetime(2025, 9, 1, 8))["body"] == "2025-09-01 08:00:00"  # noqa: DTZ001 - as in a cell
    assert read(title=True)["title"] == "TRUE"
    assert read(category=3.0)["category"] == "3"


def test_a_cell_of_ten_megabytes_is_refused() -> None:
    problem = refused(row(body="长" * (10 * 1024 * 1024)))

    assert (problem.code, problem.field) == ("text.too-long", "body")
    assert read(body="长" * LONGEST_CELL)["body"]


def test_a_unit_that_is_not_known_leaves_it_with_the_importing_one() -> None:
    message = read(replying_unit="邻县教育局")

    assert (message["unit"], message["named"]) == ("QINGHE", "邻县教育局")


def test_a_row_that_is_too_short_has_empty_cells() -> None:
    message = READER.read(Row(2, ["M-1", "", "路灯不亮", "2025/9/1 8:00"]))

    assert (message["body"], message["replied_at"], message["named"]) == ("", None, "")


def test_a_row_that_is_too_long_is_refused_unless_nothing_is_in_it() -> None:
    assert refused(Row(2, [*row().cells, "", "多"])).code == "row.too-many-cells"
    assert READER.read(Row(2, [*row().cells, "", " "]))


def test_a_row_that_swallowed_another_is_refused() -> None:
    opened = "开,2025-09-01,,,,\nM-2,教育,关"

    assert refused(row(title=opened), READER).code == "row.swallowed"


def test_a_row_is_named_by_its_id_even_where_it_is_short() -> None:
    assert READER.id_of(row()) == "M-1"
    assert READER.id_of(Row(2, [])) == ""
