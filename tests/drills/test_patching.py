"""A pack told in a drill: what is laid over a shipped one, and what gives way to it."""

from pathlib import Path
from typing import Any

from huiyin.drills.reading import read_text
from huiyin.drills.rulebook import Loaded, load
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Gate


def patched(base: str, told: str) -> Pack:
    """The pack of a drill that lays these tables over another pack."""
    (drill,) = read_text(f"drill: d\npack:\n  patch: {base}\n{told}", Path("d.yaml"))
    found = load(drill)
    assert found.pack is not None, [each.message for each in found.complaints]
    return found.pack


def duty(pack: Pack, number: str) -> Duty:
    found: Any = pack.rules[number]
    assert isinstance(found, Duty)
    return found


def test_another_limit_takes_the_place_of_the_one_there() -> None:
    pack = patched("004-06", "  duty: {004-06.T01: {within: PT1H}}\n")
    assert duty(pack, "004-06.T01").clock == "within"
    assert duty(pack, "004-06.T01").when == {"stage": ("early_sign",)}
    assert duty(pack, "004-06.R01").clock == "soon"


def test_a_rule_with_the_number_of_what_is_unarmed_arms_it() -> None:
    told = "{zh: 两小时内上报, start: discovered, stop: report, within: PT2H}"
    pack = patched("004-06", f"  duty: {{004-06.T02: {told}}}\n")
    assert "004-06.T02" in pack.rules
    assert pack.file.unarmed.keys() == {"004-06.T03", "004-06.DRI.network_safety_law_training"}


def test_a_demand_is_replaced_as_a_whole_and_conditions_are_added_to() -> None:
    told = "{needs: {seq: [assess, verify]}, when: {channel: section_report}}"
    pack = patched("004-08", f"  gate: {{004-08.APP.three_reviews_three_proofreads: {told}}}\n")
    (gate,) = pack.of(Gate).values()
    assert str(gate.needs) == "seq(assess, verify)"
    assert gate.when is not None
    assert gate.when.keys() == {"matter", "channel"}


def test_who_alone_may_takes_the_place_of_what_is_needed() -> None:
    told = "{004-08.APP.three_reviews_three_proofreads: {only_by: office_director}}"
    (gate,) = patched("004-08", f"  gate: {told}\n").of(Gate).values()
    assert (gate.needs, gate.only_by) == (None, ("office_director",))


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
