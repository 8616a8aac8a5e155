"""A file's encoding is decided from its bytes, the same way every time, or not at all."""

from pathlib import Path

import pytest

from huiyin.importing.source import encoding_of, look_through
from shared.errors import Invalid
from tests.importing.files import FIRST, HEADINGS, SECOND, csv_file, csv_text

ENGLISH = "message_id,title,posted_at\n"


def found(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with open(path, "rb") as file:
        return encoding_of(path, file)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_same_words_are_read_from_every_usual_encoding(
    tmp_path: Path, encoding: str, expected: str
) -> None:
    source = look_through(csv_file(tmp_path / "file.csv", encoding=encoding))

    assert source.encoding == expected
    assert source.headings == HEADINGS
    assert [tuple(row.cells) for row in source.rows()] == [FIRST, SECOND]


def test_utf_16_with_the_other_byte_order_and_its_mark_is_read(tmp_path: Path) -> None:
    data = b"\xfe\xff" + csv_text([FIRST]).encode("utf-16-be")

    assert found(tmp_path / "file.csv", data) == "utf-16"


def test_characters_that_only_gb18030_has_are_read(tmp_path: Path) -> None:
    rare = ("L-3", "𠮷家村小学的路", *FIRST[2:])
    source = look_through(csv_file(tmp_path / "file.csv", [rare], encoding="gb18030"))

    assert [tuple(row.cells) for row in source.rows()] == [rare]


@pytest.mark.parametrize("word", ["路", "模", "停课", "联通", "要求", "食堂", "一", "他", "模范"])
def test_one_short_word_in_gbk_is_never_taken_for_something_exotic(
    tmp_path: Path, word: str
) -> None:
    data = f"{ENGLISH}A-1,{word},2025-09-01\n".encode("gbk")

    assert found(tmp_path / "file.csv", data) == "gb18030"


@pytest.mark.parametrize("word", ["路", "停课", "一"])
def test_one_short_word_in_utf_8_is_utf_8(tmp_path: Path, word: str) -> None:
    assert found(tmp_path / "file.csv", f"{ENGLISH}A-1,{word},2025-09-01\n".encode()) == "utf-8"


def test_plain_ascii_is_utf_8(tmp_path: Path) -> None:
    assert found(tmp_path / "file.csv", f"{ENGLISH}A-1,road,2025-09-01\n".encode()) == "utf-8"


def test_a_damaged_utf_8_file_is_refused_with_its_line_and_not_read_as_gbk(tmp_path: Path) -> None:
    """Cut in the middle of a character, it would be valid GB18030, and nonsense."""
    good = f"{ENGLISH}A-1,校门口的路灯不亮,2025-09-01\n".encode()
    cut = "A-2,井盖松动了,2025-09-01".encode()
    data = good + cut.replace("动".encode(), "动".encode()[:2]) + b"\n"
    data.decode("gb18030", "replace")

    with pytest.raises(Invalid) as refused:
        found(tmp_path / "file.csv", data)

    assert refused.value.code == "import.encoding-unclear"
    assert "第 3 行" in refused.value.message


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        found(tmp_path / "file.csv", ENGLISH.encode() + b"A-1,\xff\xff\xff\x81,2025\n")

    assert refused.value.code == "import.encoding-unclear"
    assert "--encoding" in refused.value.remedy


def test_an_encoding_that_is_named_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(f"{ENGLISH}L-1,學校門口,2025-09-01\n".encode("big5"))

    source = look_through(path, encoding="big5")

    assert next(source.rows()).cells[1] == "學校門口"


@pytest.mark.parametrize(
    ("name", "code"), [("klingon", "import.encoding-unknown"), ("ascii", "import.encoding-unclear")]
)
def test_a_name_that_is_no_encoding_or_does_not_fit_is_refused(
    tmp_path: Path, name: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        look_through(csv_file(tmp_path / "file.csv"), encoding=name)

    assert refused.value.code == code
