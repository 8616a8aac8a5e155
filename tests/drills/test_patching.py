"""A pack told in a drill: what is laid over a shipped one, and what gives way to it."""

from pathlib import Path
from typing import Any

from services.drills.reading import read_text
from services.drills.rulebook import load
from shared.policy.pack import Pack
from shared.policy.rules import Duty, Gate


def patched(base: str, told: str) -> Pack:
    """The pack of a drill that lays these tables over another pack."""
    (drill,) = read_text(f"drill: d\npack:\n  patch: {base}\n{told}", Path("d.yaml"))
    loaded = load(drill)
    assert loaded.pack is not None, [each.message for each in loaded.complaints]
    return loaded.pack


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
