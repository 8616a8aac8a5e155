"""Every item of the sources stands in its institution's pack: armed, measured, or told why not."""

import csv
from collections import Counter
from collections.abc import Callable

import pytest

from shared.policy import Pack, known_packs, load_pack
from tests.policy.make_rule_ids import CLASSIFIED, DECLARED, IDS, SOURCES, Item, listed, sourced

OWN = {"county-baseline"}
"""Packs of the project's own, which rest on no source."""


@pytest.fixture(scope="module")
def packs() -> dict[str, Pack]:
    """The packs of the institutions."""
    return {name: load_pack(path) for name, path in known_packs().items() if name not in OWN}


@pytest.fixture(scope="module")
def wanted() -> list[Item]:
    """Everything that the sources ask for and the product helps with."""
    return [item for item in listed() if item.in_scope]


def test_each_source_has_exactly_one_pack(packs: dict[str, Pack], wanted: list[Item]) -> None:
    seeds = Counter(pack.file.pack.seed for pack in packs.values())

    assert seeds == Counter({item.system: 1 for item in wanted})


def test_every_item_in_scope_stands_in_the_pack_of_its_institution(
    packs: dict[str, Pack], wanted: list[Item]
) -> None:
    for pack in packs.values():
        asked = {item.id for item in wanted if item.system == pack.file.pack.seed}
        told = pack.file.items().keys() | pack.file.declared()
        assert sorted(asked - told) == [], pack.id


def test_no_pack_names_what_its_source_does_not_have_or_is_out_of_scope(
    packs: dict[str, Pack], wanted: list[Item]
) -> None:
    for pack in packs.values():
        asked = {item.id for item in wanted if item.system == pack.file.pack.seed}
        told = pack.file.items().keys() | pack.file.declared()
        assert sorted(told - asked) == [], pack.id


def test_no_name_of_what_is_out_of_scope_is_in_any_pack(packs: dict[str, Pack]) -> None:
    beyond = [item for item in listed() if not item.in_scope]

    assert beyond
    for item in beyond:
        name = item.id.rpartition(".")[2] if ".OUT." in item.id else item.id
        assert [pack.id for pack in packs.values() if f'"{name}"' in pack.texts[0]] == []
        assert [pack.id for pack in packs.values() if f"\n{name} =" in pack.texts[0]] == []


def test_what_is_unarmed_is_nowhere_else_in_the_pack(packs: dict[str, Pack]) -> None:
    for pack in packs.values():
        numbers = {number for number, _ in pack.file.rules()}
        named = {also for _, rule in pack.file.rules() for also in rule.also} | pack.file.declared()
        assert sorted(pack.file.unarmed.keys() & (numbers | named)) == [], pack.id


def test_all_946_rules_and_333_time_limits_are_accounted_for(
    packs: dict[str, Pack], wanted: list[Item], record_property: Callable[[str, object], None]
) -> None:
    standing = {number: how for pack in packs.values() for number, how in pack.file.items().items()}
    rules = [item for item in wanted if item.section not in DECLARED]
    all_ = Counter(standing[item.id] for item in rules)
    limits = Counter(standing[item.id] for item in rules if item.section == "time_limits")

    record_property("rules", dict(all_))
    record_property("time limits", dict(limits))
    print(f"rules: {dict(all_)}; time limits: {dict(limits)}")
    assert (all_.total(), limits.total()) == (946, 333)
    assert all_["armed"] > all_["unarmed"]


def test_the_list_is_what_the_sources_have() -> None:
    if not SOURCES.exists():
        pytest.skip(f"the sources are not on this machine: {SOURCES.resolve()}")

    assert listed() == list(sourced()), f"python -m tests.policy.make_rule_ids writes {IDS.name}"


def test_the_list_has_every_item_that_was_classified() -> None:
    if not CLASSIFIED.exists():
        pytest.skip(f"the classification is not on this machine: {CLASSIFIED.resolve()}")
    with CLASSIFIED.open(encoding="utf-8", newline="") as file:
        classified = {(row["id"], row["section"]) for row in csv.DictReader(file)}

    assert classified == {(item.id, item.section) for item in listed() if item.in_scope}
