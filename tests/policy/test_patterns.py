"""Patterns and demands are read as they are written, and written as they are read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.acts.vocabulary import ACTS
from shared.policy.language.patterns import Demand, Malformed, Pattern, read_demand, read_pattern

words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
maybe = st.none() | words
patterns = st.builds(Pattern, st.sampled_from(sorted(ACTS)), maybe, maybe, maybe, maybe)


@given(patterns)
def test_a_pattern_reads_as_it_is_written(pattern: Pattern) -> None:
    assert read_pattern(str(pattern)) == pattern


@given(patterns, st.sampled_from([" ", "  ", "\n", "\t "]))
def test_blanks_make_no_difference(pattern: Pattern, blank: str) -> None:
    assert read_pattern(blank + str(pattern).replace(" ", blank) + blank) == pattern


@given(patterns, patterns)
def test_a_pattern_covers_itself_and_all_that_say_more(pattern: Pattern, other: Pattern) -> None:
    bare = Pattern(pattern.act)

    assert pattern.covers(pattern)
    assert bare.covers(pattern)
    assert pattern.covers(bare) == (pattern == bare)
    if pattern.covers(other) and other.covers(pattern):
        assert pattern == other


@given(st.text(max_size=30))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert str(read_pattern(text)) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "publish:",
        "publish >",
        "publish > ",
        "publish by",
        "Publish",
        "publish by office > public",
        "publish ~phone by office",
        "publish,report",
        "publish > 公众",
        "report>office",
        "删帖",
        "delete",
    ],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_pattern(text)


def test_a_slip_of_the_pen_is_told_with_the_act_that_was_meant() -> None:
    with pytest.raises(Malformed) as told:
        read_pattern("pubish")

    assert "是否指 publish（发布）" in str(told.value)


A, B = read_pattern("verify"), read_pattern("report > office")


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        ("verify", Demand("any", (A,))),
        (["verify", "report > office"], Demand("any", (A, B))),
        ({"any": ["verify"]}, Demand("any", (A,))),
        ({"all": ["verify", "report > office"]}, Demand("all", (A, B))),
        ({"seq": ["verify", "report > office"]}, Demand("seq", (A, B))),
        ({"count": 3, "of": "verify"}, Demand("count", (A,), 3)),
        (
            {"all": ["verify", ["verify", "report > office"]]},
            Demand("all", (A, Demand("any", (A, B)))),
        ),
    ],
)
def test_a_demand_is_read_in_each_of_its_forms(given_: object, read: Demand) -> None:
    assert read_demand(given_) == read
    assert set(read.patterns()) <= {A, B}


@pytest.mark.parametrize(
    "given_",
    [
        [],
        {},
        3,
        None,
        {"all": []},
        {"all": "verify"},
        {"count": 0, "of": "verify"},
        {"count": -1, "of": "verify"},
        {"count": 3},
        {"count": 3, "of": "verify", "more": 1},
        {"all": ["verify"], "any": ["verify"]},
        {"none": ["verify"]},
        ["verify", "nonsense"],
    ],
)
def test_what_is_no_demand_is_refused(given_: object) -> None:
    with pytest.raises(Malformed):
        read_demand(given_)
