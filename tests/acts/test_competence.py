"""Which units' officers may take an act."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.acts.competence import Involved, check_competent, check_itself
from shared.acts.vocabulary import Competence
from shared.contracts.routing import UnitEstablished
from shared.copies import units
from shared.errors import Refused
from shared.identity.officer import Officer
from shared.store.database import open_tables
from shared.store.sql import Sql

TREE = {"JYJ": None, "LX": "JYJ", "LXZX": "LX", "YZ": "JYJ", "XX": "JYJ"}
"""A bureau over a town's office, with a school under it, and two schools of its own."""

HANDLED = Involved("YZ", "LX", ("XX",), owing="LXZX", named="JYJ")
REGISTERED = Involved("YZ")


@pytest.fixture
def sql(tmp_path: Path) -> Iterator[Sql]:
    tables = open_tables(str(tmp_path), "units")
    with tables.writing() as found:
        for statement in units.MODEL.schema:
            found.execute(statement)
        for code, parent in TREE.items():
            units.learn_unit(
                found, UnitEstablished(code=code, name=code, aliases=(), parent=parent)
            )
        yield found
    tables.close()


def of(unit: str) -> Officer:
    return Officer("o-1", "示例·甲", unit, "info_officer")


def test_who_leads_has_it_in_hand_and_before_that_who_registered_it() -> None:
    assert (HANDLED.concerned, REGISTERED.concerned) == ("LX", "YZ")


def test_who_takes_part_is_told_once_the_lead_first() -> None:
    assert HANDLED.parties == ("LX", "YZ", "XX")
    assert Involved("YZ", "YZ", ("XX",)).parties == ("YZ", "XX")


@pytest.mark.parametrize(
    ("who", "handled", "registered"),
    [
        ("registrar", ("YZ",), ("YZ",)),
        ("handler", ("LX", "YZ"), ("YZ", "YZ")),
        ("party", ("LX", "YZ", "XX"), ("YZ",)),
        ("itself", ("LX", "YZ", "XX"), ("YZ",)),
        ("concerned", ("YZ", "LX", "LXZX"), ("YZ",)),
        ("named", ("JYJ",), ("YZ",)),
    ],
)
def test_an_act_is_for_the_units_that_its_competence_says(
    who: Competence, handled: tuple[str, ...], registered: tuple[str, ...]
) -> None:
    assert (HANDLED.competent(who), REGISTERED.competent(who)) == (handled, registered)


@pytest.mark.parametrize("unit", ["LX", "YZ", "JYJ"])
def test_an_officer_acts_for_the_own_unit_and_for_all_under_it(sql: Sql, unit: str) -> None:
    check_competent(sql, ("LX", "YZ"), of(unit))


@pytest.mark.parametrize("unit", ["XX", "LXZX", "NOWHERE"])
def test_nobody_acts_for_others_or_for_those_above(sql: Sql, unit: str) -> None:
    with pytest.raises(Refused) as caught:
        check_competent(sql, ("LX", "YZ"), of(unit))
    assert (caught.value.code, "LX" in caught.value.message) == ("unit.not-yours", True)


@pytest.mark.parametrize(("unit", "officer"), [("XX", "XX"), ("YZ", "JYJ"), ("JYJ", "JYJ")])
def test_a_unit_that_takes_part_or_one_above_it_acts_for_itself(
    sql: Sql, unit: str, officer: str
) -> None:
    check_itself(sql, unit, HANDLED, of(officer))


@pytest.mark.parametrize(
    ("unit", "officer", "code"),
    [("YZ", "XX", "unit.not-yours"), ("LXZX", "LXZX", "unit.not-concerned")],
)
def test_no_unit_acts_in_anothers_place_or_where_it_takes_no_part(
    sql: Sql, unit: str, officer: str, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        check_itself(sql, unit, HANDLED, of(officer))
    assert caught.value.code == code
