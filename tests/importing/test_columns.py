"""What columns mean: what is usual, what a unit kept, what was given, and what is left out."""

import pytest

from huiyin.importing.columns import USUAL, read_map, understood
from shared.errors import Invalid

NEEDED = ("编号", "标题", "留言时间")


def refused(*headings: str, **maps: dict[str, str]) -> Invalid:
    with pytest.raises(Invalid) as problem:
        understood(headings, **maps)  # type: ignore[arg-type]
    assert problem.value.remedy
    return problem.value


@pytest.mark.parametrize(
    "headings",
    [
        ("message_id", "category", "title", "posted_at", "body"),
        ("留言编号", "一级标签", "留言主题", "留言时间", "留言详情"),
        ("编 号", "ＣＡＴＥＧＯＲＹ", " 标题 ", "发帖时间", "内容"),
        ("\ufeff编号", "类别", "Title", "Posted At", "正文"),
    ],
)
def test_usual_headings_are_understood_in_both_languages(headings: tuple[str, ...]) -> None:
    places = understood(headings).places

    assert places == {"message_id": 0, "category": 1, "title": 2, "posted_at": 3, "body": 4}


def test_no_usual_heading_means_two_things() -> None:
    names = [name for usual in USUAL.values() for name in usual.split()]

    assert len(names) == len(set(names))


def test_who_spoke_is_left_out_and_named() -> None:
    columns = understood((*NEEDED, "留言用户", "网名", "IP", "联系电话"))

    assert columns.left_out == ("留言用户", "网名", "IP", "联系电话")
    assert not set(columns.places.values()) & {3, 4, 5, 6}


def test_what_is_missing_is_told_with_what_was_found_and_how_to_map_it() -> None:
    problem = refused("编号", "题名", "时刻")

    assert problem.code == "import.column-missing"
    for said in ("标题", "posted_at", "编号、题名、时刻"):
        assert said in problem.message
    assert "--map" in problem.remedy


def test_other_headings_can_be_given_or_kept() -> None:
    given = understood(("编号", "题名", "时刻"), {"题名": "title", "时刻": "posted_at"})
    kept = understood(("编号", "题名", "时刻"), {}, {"题名": "title", "时刻": "posted_at"})

    assert given.places == kept.places == {"message_id": 0, "title": 1, "posted_at": 2}


def test_what_is_given_goes_before_what_is_kept_and_that_before_what_is_usual() -> None:
    headings = (*NEEDED, "题名", "副题")

    assert understood(headings, {"副题": "title"}, {"题名": "title"}).places["title"] == 4
    assert understood(headings, {}, {"题名": "title"}).places["title"] == 3
    assert understood(headings, {}, {"题名": "title"}).left_out == ("标题", "副题")


def test_what_is_kept_for_other_files_does_not_matter_here() -> None:
    assert understood(NEEDED, {}, {"题名": "title"}).places["title"] == 1


@pytest.mark.parametrize("headings", [("编号", "标题", "主题", "留言时间"), (*NEEDED, "标题")])
def test_two_columns_for_one_field_are_refused(headings: tuple[str, ...]) -> None:
    problem = refused(*headings)

    assert (problem.code, problem.field) == ("import.column-twice", "title")


def test_a_given_heading_that_the_file_does_not_have_is_refused() -> None:
    assert refused(*NEEDED, given={"题名": "title"}).code == "import.heading-unknown"


def test_a_map_is_read_with_fields_in_both_languages() -> None:
    assert read_map(["题名=title", "a=b=留言时间", "题名=标题"]) == {
        "题名": "title",
        "a=b": "posted_at",
    }


@pytest.mark.parametrize("pairs", [["题名"], ["=title"], ["题名=poster"], ["甲=title", "甲=body"]])
def test_a_map_that_says_nothing_or_two_things_is_refused(pairs: list[str]) -> None:
    with pytest.raises(Invalid) as problem:
        read_map(pairs)

    assert problem.value.code == "import.map-malformed"
