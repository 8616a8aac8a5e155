"""The vocabulary is whole: each act once, with its fact, its rule, its address and its command."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from services.deadlines.delays import RULES as DEADLINES
from services.intake.rules import RULES as INTAKE
from services.reporting.findings.decisions import RULES as REPORTING
from services.routing.case import RULES as ROUTING
from shared.acts.body import CorrectBody
from shared.acts.decide import Rules
from shared.acts.deed import HEARD_FROM
from shared.acts.vocabulary import (
    ACTS,
    AGREE,
    WHO,
    Act,
    Competence,
    path_of,
    recorded_by,
    ways,
)
from shared.contracts.catalogue import facts
from tests.acts.attempts import EVERY, NAMES

ROOMS: Mapping[str, Rules[Any]] = {
    "intake": INTAKE,
    "routing": ROUTING,
    "deadlines": DEADLINES,
    "reporting": REPORTING,
}


def test_every_fact_that_records_an_act_is_in_it() -> None:
    recording = {fact for fact in facts().values() if fact.ACT}
    assert {act.fact for act in (*ACTS.values(), AGREE)} == recording


def test_every_act_is_called_as_its_fact_says() -> None:
    assert {name: act.fact.ACT for name, act in ACTS.items()} == {name: name for name in ACTS}
    assert AGREE.name == "approve"


def test_every_act_is_recorded_by_a_room_that_there_is() -> None:
    assert {act.room for act in EVERY} == ROOMS.keys()


def test_no_fact_is_made_by_two_acts() -> None:
    assert max(Counter(act.fact for act in EVERY).values()) == 1


@pytest.mark.parametrize("room", ROOMS)
def test_every_act_has_a_rule_in_its_room_and_there_are_no_others(room: str) -> None:
    rules = ROOMS[room]
    assert set(rules.first) == set(recorded_by(room))
    assert set(rules.last) <= set(rules.first)


@pytest.mark.parametrize("room", ROOMS)
def test_every_address_in_a_room_is_one_acts(room: str) -> None:
    addresses = Counter(path_of(act) for act in ways(room))
    assert [address for address, times in addresses.items() if times > 1] == []


def test_every_way_in_which_an_act_is_taken_has_an_address() -> None:
    found = Counter(act.fact for room in ROOMS for act in ways(room))
    assert found == Counter({act.fact: 2 if act.on == "either" else 1 for act in EVERY})


def test_every_command_is_one_acts() -> None:
    words = Counter(act.word for act in EVERY if act is not AGREE)
    assert [word for word, times in words.items() if times > 1] == []


@pytest.mark.parametrize("act", EVERY, ids=NAMES)
def test_every_act_is_named_and_explained(act: Act) -> None:
    assert act.title
    assert act.help
    assert act.who in WHO


def test_who_is_competent_is_said_of_every_kind_of_competence() -> None:
    assert set(WHO) == set(get_args(Competence))


@pytest.mark.parametrize("act", EVERY, ids=NAMES)
def test_what_people_are_asked_for_and_what_is_usual_is_in_the_body(act: Act) -> None:
    assert {*act.needed, *act.usual} <= act.body.model_fields.keys()


@pytest.mark.parametrize("act", EVERY, ids=NAMES)
def test_every_field_of_a_body_is_explained(act: Act) -> None:
    unexplained = [key for key, each in act.body.model_fields.items() if not each.description]
    assert unexplained == []


@pytest.mark.parametrize("act", EVERY, ids=NAMES)
def test_when_it_happened_is_said_in_the_envelope_and_not_in_the_fact(act: Act) -> None:
    """A correction alone says of another event when that happened."""
    both = "occurred_at" in act.fact.model_fields
    assert both is (act.body is CorrectBody)


def test_whoever_judges_by_the_record_hears_of_every_act_on_it() -> None:
    for room in ("intake", "routing", "reporting"):
        assert set(recorded_by(room)) <= set(HEARD_FROM[room])
