"""The pack of a drill, with the readings chosen of the parameters it declares or takes over."""

from pathlib import Path

from services.drills.reading import read_text
from services.drills.rulebook import Loaded, load
from shared.policy.rules import Duty

EXTENDED = "drill: d\npack: {extends: 004-12}\nsteps: [{at: 2026-03-02 09:00}]\n"


def loaded(text: str) -> Loaded:
    (drill,) = read_text(text, Path("d.yaml"))
    return load(drill)


def readings(found: Loaded) -> set[str]:
    assert found.pack is not None
    return {each.reading for each in found.pack.of(Duty).values() if each.days == 1}


def test_a_parameter_of_the_pack_that_is_extended_can_be_chosen_by_its_name() -> None:
    assert "elapsed" in readings(loaded(EXTENDED + "params: {day_reading: elapsed}\n"))


def test_without_a_choice_the_default_holds() -> None:
    assert "elapsed" not in readings(loaded(EXTENDED))


def test_a_parameter_that_no_pack_declares_is_told() -> None:
    found = loaded(EXTENDED + "params: {weather: fine}\n")

    assert [each.code for each in found.complaints] == ["pack.unknown-parameter"]
