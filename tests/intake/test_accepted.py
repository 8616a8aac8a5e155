"""What an old message may hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.accepted import FIELDS, LARGEST_TEXT, check_words, difference
from shared.errors import Invalid
from tests.intake.story import NOW
from tests.intake.test_incident import OLD


def refused(**changes: str) -> Invalid:
    with pytest.raises(Invalid) as problem:
        check_words(replace(OLD, **changes))  # type: ignore[arg-type]
    assert problem.value.remedy
    return problem.value


def test_an_ordinary_message_is_accepted() -> None:
    check_words(replace(OLD, body="两行\n\t第二行", reply=None, replied_at=None))


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_may_be_so_long_and_no_longer(field: str) -> None:
    longest = FIELDS[field].longest

    check_words(replace(OLD, **{field: "a" * longest}))  # type: ignore[arg-type]

    problem = refused(**{field: "a" * (longest + 1)})
    assert (problem.code, problem.field) == ("text.too-long", field)


def test_sealed_words_must_fit_into_an_event() -> None:
    most = LARGEST_TEXT // 3

    check_words(replace(OLD, title="长", body="长" * (most - 1), reply="长" * most))

    assert refused(title="长", body="长" * most).field == "body"
    assert refused(reply="长" * (most + 1)).field == "reply"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("found", ["\0", "\x08", "\x1b", "\x7f", "\x85", "\ud83d"])
def test_what_no_program_shows_is_refused(field: str, found: str) -> None:
    problem = refused(**{field: f"路{found}灯"})

    assert (problem.code, problem.field) == ("text.control-character", field)
    assert f"U+{ord(found):04X}" in problem.message


@pytest.mark.parametrize("field", ["message_id", "title"])
def test_id_and_title_are_needed(field: str) -> None:
    assert refused(**{field: " "}).code == f"{field}.missing"


def test_the_first_difference_is_named() -> None:
    assert difference(OLD, OLD) is None
    assert difference(OLD, replace(OLD, named="", unit="QH", left_open=True)) is None
    later = replace(OLD, replied_at=NOW + timedelta(seconds=1))
    assert difference(OLD, later) == "replied_at"
    assert difference(OLD, replace(later, body=None)) == "body"
