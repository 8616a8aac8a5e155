"""Cells of spreadsheets never run what somebody wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cells import guarded, unguarded


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1", "＝1+1", "\n=1", "@SUM(A1)", "\t=1", "\r=1", "'=1"]
)
def test_what_a_program_would_calculate_is_marked_as_text(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "食堂", "1+1", "a=b"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.text())
def test_what_was_guarded_reads_as_it_was_written(text: str) -> None:
    assert unguarded(guarded(text)) == text
