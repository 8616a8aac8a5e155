"""The rules of registering, linking and voiding."""

from datetime import timedelta

import pytest

from shared.contracts.intake import IncidentLinked, IncidentRegistered, IncidentVoided
from shared.contracts.sealed import Sealed
from shared.errors import Invalid
from tests.intake.story import NOW, ONE, OTHER, act, given

REGISTER = act(
    "register", channel="call", category="inquiry_demand", title=" 校车停运 ", body="正文"
)
LINK = act(
    "link",
    to="QINGHE-2026-000009",
    grounds="同一事项",
    made={"to": OTHER, "to_number": "QINGHE-2026-000009"},
)
VOID = act("void", reason="登记有误")

REGISTERED = IncidentRegistered(
    number="QINGHE-2026-000001",
    channel="call",
    category="inquiry_demand",
    title=Sealed.of("校车停运", subject="matter"),
    body=Sealed.of("正文", subject="matter"),
    contact=None,
    link=None,
    posted_at=None,
    discovered_at=NOW,
    message_id=None,
)
LINKED = IncidentLinked(to=OTHER, to_number="QINGHE-2026-000009", grounds="同一事项")
VOIDED = IncidentVoided(reason="登记有误")


class TestRegister:
    def test_what_was_heard_is_entered_discovered_now_with_its_words_to_be_sealed(self) -> None:
        given().when(REGISTER).then(REGISTERED)

    def test_when_it_was_discovered_may_be_said(self) -> None:
        before = NOW - timedelta(hours=1)
        entered = REGISTERED.model_copy(update={"discovered_at": before})
        given().when(REGISTER.but(discovered_at=before)).then(entered)

    def test_a_contact_is_sealed_under_a_key_of_its_own(self) -> None:
        contact = Sealed.of("请回电", subject="contact")
        entered = REGISTERED.model_copy(update={"contact": contact})
        given().when(REGISTER.but(contact="请回电")).then(entered)

    def test_an_incident_is_entered_once(self) -> None:
        given(REGISTERED).when(REGISTER).then_refused("incident.exists")

    def test_a_state_secret_is_refused(self) -> None:
        asked = REGISTER.but(state_secret=True)
        given().when(asked).then_refused("incident.state-secret", field="state_secret")

    @pytest.mark.parametrize("title", [" ", "\n"])
    def test_a_title_is_needed(self, title: str) -> None:
        asked = REGISTER.but(title=title)
        given().when(asked).then_refused("title.missing", Invalid, field="title")


class TestLink:
    def test_a_duplicate_is_joined(self) -> None:
        given(REGISTERED).when(LINK).then(LINKED)

    def test_not_to_itself(self) -> None:
        itself = LINK.but(made={"to": ONE})
        given(REGISTERED).when(itself).then_refused("link.to-itself", Invalid)

    def test_not_to_one_that_is_itself_linked_or_voided(self) -> None:
        given(REGISTERED).when(LINK.but(target_open=False)).then_refused("link.target-not-open")

    def test_grounds_are_needed(self) -> None:
        given(REGISTERED).when(LINK.but(grounds=" ")).then_refused("grounds.missing", Invalid)

    def test_a_linked_or_voided_one_is_not_joined_again(self) -> None:
        given(REGISTERED, LINKED).when(LINK).then_refused("incident.linked")
        given(REGISTERED, VOIDED).when(LINK).then_refused("incident.voided")


class TestVoid:
    def test_a_registration_made_in_error_is_taken_back(self) -> None:
        given(REGISTERED).when(VOID).then(VOIDED)

    def test_not_once_the_public_was_answered(self) -> None:
        given(REGISTERED).when(VOID.but(answered=True)).then_refused("void.already-answered")

    def test_a_reason_is_needed(self) -> None:
        given(REGISTERED).when(VOID.but(reason="")).then_refused("reason.missing", Invalid)

    def test_a_linked_or_voided_one_is_not_voided_again(self) -> None:
        given(REGISTERED, LINKED).when(VOID).then_refused("incident.linked")
        given(REGISTERED, VOIDED).when(VOID).then_refused("incident.voided")


def test_decisions_show_no_words_when_printed() -> None:
    """Representations end up in logs."""
    fact = given().when(REGISTER).decided()

    assert "IncidentRegistered" in repr(fact)
    assert "校车停运" not in repr(fact)
    assert "正文" not in repr(fact)
