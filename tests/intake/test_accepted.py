"""What an old message may hold, and what is entered of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.accepted import (
    FIELDS,
    LARGEST_TEXT,
    OldMessage,
    check_words,
    difference,
    import_message,
    strange,
)
from shared.contracts.intake import HistoryRecorded, IncidentRegistered
from shared.contracts.sealed import Sealed
from shared.errors import Invalid
from tests.intake.story import NOW

NUMBER = "QINGHE-2026-000002"
OLD = OldMessage("M-1", "教育", "旧帖", "正文", NOW, "QH-YZ", "一中", "已修好。", NOW, False)
TOMORROW = NOW + timedelta(days=1)


class TestEntering:
    def test_an_old_message_is_entered_with_its_history(self) -> None:
        registered, history = import_message(NUMBER, OLD)

        assert isinstance(registered, IncidentRegistered)
        assert (registered.message_id, registered.channel) == ("M-1", "import")
        assert isinstance(history, HistoryRecorded)
        assert history.reply == Sealed.of("已修好。", subject="reply")
        assert (history.unit, history.named, history.replied_at) == ("QH-YZ", "一中", NOW)

    def test_an_unanswered_one_has_no_reply(self) -> None:
        _, history = import_message(NUMBER, replace(OLD, reply=None, replied_at=None))

        assert isinstance(history, HistoryRecorded)
        assert history.reply is None

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"title": " "}, "title.missing"),
            ({"replied_at": NOW - timedelta(seconds=1)}, "reply.before-post"),
            ({"replied_at": None}, "reply.incomplete"),
            ({"reply": None}, "reply.incomplete"),
        ],
    )
    def test_a_message_that_cannot_be_is_refused(self, changed: dict[str, Any], code: str) -> None:
        with pytest.raises(Invalid) as problem:
            import_message(NUMBER, replace(OLD, **changed))

        assert problem.value.code == code
        assert problem.value.remedy


class TestRemarks:
    """Moments that would be refused of a live act: what is old comes in, and is remarked on."""

    BEFORE = datetime(1999, 12, 31, 15, 59, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("changed", "found"),
        [
            ({"posted_at": BEFORE}, ("before_2000",)),
            ({"replied_at": BEFORE, "posted_at": BEFORE}, ("before_2000",)),
            ({"replied_at": TOMORROW}, ("later_than_now",)),
            ({"posted_at": BEFORE, "replied_at": TOMORROW}, ("before_2000", "later_than_now")),
        ],
    )
    def test_what_cannot_be_is_remarked_on_once(
        self, changed: dict[str, Any], found: tuple[str, ...]
    ) -> None:
        assert strange(replace(OLD, **changed), NOW) == found

    def test_such_a_message_is_entered_as_its_file_has_it(self) -> None:
        registered, _ = import_message(NUMBER, replace(OLD, posted_at=self.BEFORE))
        assert isinstance(registered, IncidentRegistered)
        assert registered.posted_at == self.BEFORE

    def test_nothing_is_remarked_on_what_can_be(self) -> None:
        assert strange(OLD, NOW) == ()
        assert strange(replace(OLD, reply=None, replied_at=None), NOW) == ()


def refused(**changes: Any) -> Invalid:
    with pytest.raises(Invalid) as problem:
        check_words(replace(OLD, **changes))
    assert problem.value.remedy
    return problem.value


def test_an_ordinary_message_is_accepted() -> None:
    check_words(replace(OLD, body="两行\n\t第二行", reply=None, replied_at=None))


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_may_be_so_long_and_no_longer(field: str) -> None:
    longest = FIELDS[field].longest

    exactly: dict[str, Any] = {field: "a" * longest}
    check_words(replace(OLD, **exactly))

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
