"""What may be decided about persons and their posts, without any store."""

from datetime import timedelta
from typing import Any

import pytest

from services.routing import people
from services.routing.people import Held
from shared.contracts.routing import AppointmentEnded, OfficerAppointed, PersonRecognised
from shared.errors import Invalid, Refused, Unknown
from tests.routing.world import START

TERM = START + timedelta(days=30)


def appointment(officer: str = "o-3", **more: Any) -> OfficerAppointed:
    """Somebody's post in a town office; the first of a person unless another is said."""
    said = {"person": officer, "post": "liaison", "unit": "QH-LX"} | more
    return OfficerAppointed(officer=officer, **said)


def check(wanted: OfficerAppointed, principal: Held | None = None) -> None:
    people.check_appointed(wanted, (), principal, START)


class TestAppoint:
    def test_somebody_gets_a_post_for_a_term(self) -> None:
        check(appointment(until=TERM))

    def test_a_post_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(Invalid, match=r"post\.unknown"):
            check(appointment(post="censor"))

    @pytest.mark.parametrize("until", [START - timedelta(days=1), START])
    def test_a_term_that_is_over_before_it_begins_is_refused(self, until: Any) -> None:
        with pytest.raises(Invalid, match=r"term\.ended-before-begun"):
            check(appointment(until=until))

    def test_a_term_is_within_what_anybody_plans(self) -> None:
        with pytest.raises(Invalid, match=r"time\.too-far"):
            check(appointment(until=START + timedelta(days=6 * 366)))
        with pytest.raises(Invalid, match=r"time\.too-early"):
            check(appointment(since=START - timedelta(days=40 * 366)))

    def test_an_auditor_has_a_term(self) -> None:
        check(appointment(post="auditor", until=TERM))
        with pytest.raises(Invalid, match=r"term\.missing"):
            check(appointment(post="auditor"))

    def test_the_same_post_again_is_nothing_new(self) -> None:
        held = Held(appointment())
        assert people.is_same(held, appointment("o-9", person="o-3"), START)
        assert not people.is_same(held, appointment("o-9", person="o-3", unit="QH-YZ"), START)
        assert not people.is_same(Held(appointment(), ended=True), appointment(), START)

    def test_another_post_ends_the_one_before(self) -> None:
        wanted = appointment("o-9", person="o-3", post="supervisor")
        ended = AppointmentEnded(officer="o-3", reason="改任")
        assert people.in_place_of(Held(appointment()), wanted, START) == [ended, wanted]
        assert people.in_place_of(Held(appointment(), ended=True), wanted, START) == [wanted]


class TestSubstitute:
    WANTED = appointment("o-9", instead_of="o-3", until=TERM)

    def test_somebody_stands_for_another_for_a_stated_time(self) -> None:
        check(self.WANTED, Held(appointment()))
        with pytest.raises(Invalid, match=r"term\.missing"):
            check(self.WANTED.model_copy(update={"until": None}), Held(appointment()))

    @pytest.mark.parametrize(
        "principal",
        [
            appointment(instead_of="o-1", until=TERM),
            appointment(post="auditor"),
            appointment(post="administrator"),
            appointment(person="o-9"),
            appointment(unit="QH-YZ"),
            appointment(post="supervisor"),
        ],
    )
    def test_nobody_stands_for_whom_none_can(self, principal: OfficerAppointed) -> None:
        with pytest.raises(Refused, match=r"substitute\.not-possible"):
            check(self.WANTED, Held(principal))

    def test_whoever_has_left_has_no_substitute(self) -> None:
        with pytest.raises(Refused, match=r"appointment\.over"):
            check(self.WANTED, Held(appointment(), ended=True))
        with pytest.raises(Unknown, match=r"officer\.unknown"):
            check(self.WANTED)


class TestLeave:
    def leave(self, leaver: Held | None, successor: OfficerAppointed | None = None) -> Any:
        heir = ("o-9", Held(successor)) if successor else None
        return people.leave(leaver, "o-3", "退休", ["N-1"], heir, START)

    def test_open_work_is_handed_over(self) -> None:
        left = self.leave(Held(appointment()), appointment("o-9"))
        assert left == AppointmentEnded(
            officer="o-3", reason="退休", open_work=("N-1",), successor="o-9"
        )

    @pytest.mark.parametrize("heir", [appointment("o-9", unit="QH-YZ"), appointment("o-3")])
    def test_it_is_handed_over_to_nobody_elsewhere(self, heir: OfficerAppointed) -> None:
        with pytest.raises(Refused, match=r"successor\.of-another-unit"):
            self.leave(Held(appointment()), heir)

    def test_nobody_leaves_who_never_came_and_nobody_twice(self) -> None:
        with pytest.raises(Unknown, match=r"officer\.unknown"):
            self.leave(None)
        assert self.leave(Held(appointment(), ended=True)) is None


class TestRecognise:
    def test_two_appointments_are_one_persons(self) -> None:
        said = people.recognise(Held(appointment()), "o-3", Held(appointment("o-9")), "o-9", "名册")
        assert said == PersonRecognised(officer="o-3", person="o-9", reason="名册")

    def test_of_nobody_known_nothing_is_said(self) -> None:
        with pytest.raises(Unknown, match=r"officer\.unknown"):
            people.recognise(Held(appointment()), "o-3", None, "o-9", "名册")

    def test_what_is_known_is_quiet(self) -> None:
        same = Held(appointment("o-9", person="o-3"))
        assert people.recognise(Held(appointment()), "o-3", same, "o-9", "名册") is None
