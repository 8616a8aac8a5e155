"""The rules of registering, importing, linking and voiding."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from services.intake.commands import (
    Heard,
    ImportMessage,
    LinkIncident,
    OldMessage,
    RegisterIncident,
    VoidIncident,
)

from shared.contracts.intake import (
    HistoryRecorded,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
)
from shared.contracts.sealed import Sealed, Unsealed
from tests.intake.story import NOW, ONE, OTHER, asked, given, registering

TOMORROW = NOW + timedelta(days=1)

HEARD = Heard("call", "inquiry_demand", " 校车停运 ", "正文", None, None, NOW, None, False)
REGISTER = registering(HEARD)
OLD = OldMessage("M-1", "教育", "旧帖", "正文", NOW, "QH-YZ", "一中", "已修好。", NOW, False)
IMPORT = ImportMessage("QINGHE-2026-000002", OLD, NOW)
LINK = LinkIncident(ONE, OTHER, "QINGHE-2026-000009", True, "同一事项", asked("link"))
VOID = VoidIncident("登记有误", answered=False, asked=asked("void"))

TITLE = Sealed(key="k", nonce="n", text="t")
REGISTERED = IncidentRegistered(
    number="QINGHE-2026-000001",
    channel="call",
    category="inquiry_demand",
    title=TITLE,
    body=None,
    contact=None,
    link=None,
    posted_at=None,
    discovered_at=NOW,
    message_id=None,
)
LINKED = IncidentLinked(to=OTHER, to_number="QINGHE-2026-000009", grounds="同一事项")
VOIDED = IncidentVoided(reason="登记有误")


def words(sealed: Sealed | None) -> tuple[str, str]:
    """What a decision wants sealed, and under which key."""
    assert isinstance(sealed, Unsealed)
    return sealed.words, sealed.subject


class TestRegister:
    def test_what_was_heard_is_entered_with_its_words_to_be_sealed(self) -> None:
        [fact] = given().when(REGISTER)

        assert isinstance(fact, IncidentRegistered)
        assert words(fact.title) == ("校车停运", "matter")
        assert words(fact.body) == ("正文", "matter")
        assert fact.number == "QINGHE-2026-000001"

    def test_discovery_is_now_when_nothing_else_is_said(self) -> None:
        [fact] = given().when(REGISTER)

        assert isinstance(fact, IncidentRegistered)
        assert fact.discovered_at == NOW

    def test_a_contact_is_sealed_under_a_key_of_its_own(self) -> None:
        command = replace(REGISTER, heard=replace(HEARD, contact="请回电"))

        [fact] = given().when(command)

        assert isinstance(fact, IncidentRegistered)
        assert words(fact.contact) == ("请回电", "contact")

    def test_an_incident_is_entered_once(self) -> None:
        assert given(REGISTERED).refuses(REGISTER) == "incident.exists"

    def test_a_state_secret_is_refused(self) -> None:
        secret = replace(REGISTER, heard=replace(HEARD, state_secret=True))

        assert given().refuses(secret) == "incident.state-secret"

    @pytest.mark.parametrize("title", ["", " ", "\n"])
    def test_a_title_is_needed(self, title: str) -> None:
        command = replace(REGISTER, heard=replace(HEARD, title=title))

        assert given().refuses(command) == "title.missing"

    @pytest.mark.parametrize("field", ["posted_at", "discovered_at", "happened_at"])
    def test_nothing_happens_in_the_future_but_clocks_may_differ_a_little(self, field: str) -> None:
        def at(moment: datetime) -> RegisterIncident:
            changed: dict[str, Any] = {field: moment}
            return replace(REGISTER, heard=replace(HEARD, **changed))

        assert given().when(at(NOW + timedelta(minutes=5)))
        assert given().refuses(at(NOW + timedelta(minutes=5, microseconds=1))) == "time.in-future"


class TestImport:
    def test_an_old_message_is_entered_with_its_history(self) -> None:
        registered, history = given().when(IMPORT)

        assert isinstance(registered, IncidentRegistered)
        assert (registered.message_id, registered.channel) == ("M-1", "import")
        assert isinstance(history, HistoryRecorded)
        assert words(history.reply) == ("已修好。", "reply")
        assert (history.unit, history.named, history.replied_at) == ("QH-YZ", "一中", NOW)

    def test_a_second_time_adds_nothing(self) -> None:
        assert given(REGISTERED).when(IMPORT) == []

    def test_an_unanswered_one_has_no_reply(self) -> None:
        unanswered = replace(IMPORT, message=replace(OLD, reply=None, replied_at=None))

        _, history = given().when(unanswered)

        assert isinstance(history, HistoryRecorded)
        assert history.reply is None

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"title": " "}, "title.missing"),
            (
                {"posted_at": NOW + timedelta(days=1), "replied_at": None, "reply": None},
                "time.in-future",
            ),
            ({"replied_at": TOMORROW}, "time.in-future"),
            ({"replied_at": NOW - timedelta(seconds=1)}, "reply.before-post"),
            ({"replied_at": None}, "reply.incomplete"),
            ({"reply": None}, "reply.incomplete"),
        ],
    )
    def test_a_message_that_cannot_be_is_refused(self, changed: dict[str, Any], code: str) -> None:
        command = replace(IMPORT, message=replace(OLD, **changed))

        assert given().refuses(command) == code


class TestLink:
    def test_a_duplicate_is_joined(self) -> None:
        assert given(REGISTERED).when(LINK) == [LINKED]

    def test_not_to_itself(self) -> None:
        assert given(REGISTERED).refuses(replace(LINK, to=ONE)) == "link.to-itself"

    def test_not_to_one_that_is_itself_linked_or_voided(self) -> None:
        closed = replace(LINK, target_open=False)

        assert given(REGISTERED).refuses(closed) == "link.target-not-open"

    def test_grounds_are_needed(self) -> None:
        assert given(REGISTERED).refuses(replace(LINK, grounds=" ")) == "grounds.missing"

    def test_a_linked_or_voided_one_is_not_joined_again(self) -> None:
        assert given(REGISTERED, LINKED).refuses(LINK) == "incident.linked"
        assert given(REGISTERED, VOIDED).refuses(LINK) == "incident.voided"


class TestVoid:
    def test_a_registration_made_in_error_is_taken_back(self) -> None:
        assert given(REGISTERED).when(VOID) == [VOIDED]

    def test_not_once_the_public_was_answered(self) -> None:
        assert given(REGISTERED).refuses(replace(VOID, answered=True)) == "void.already-answered"

    def test_a_reason_is_needed(self) -> None:
        assert given(REGISTERED).refuses(replace(VOID, reason="")) == "reason.missing"

    def test_a_linked_or_voided_one_is_not_voided_again(self) -> None:
        assert given(REGISTERED, LINKED).refuses(VOID) == "incident.linked"
        assert given(REGISTERED, VOIDED).refuses(VOID) == "incident.voided"


def test_decisions_show_no_words_when_printed() -> None:
    """Representations end up in logs."""
    [fact] = given().when(REGISTER)

    assert "校车停运" not in repr(fact)
    assert "正文" not in repr(fact)
