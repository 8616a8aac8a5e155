"""Which units' officers may take an act."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.acts.competence import Involved, check_above, check_competent, check_itself
from shared.acts.vocabulary import Competence
from shared.contracts.routing import SupervisorNamed, UnitEstablished
from shared.copies import units
from shared.errors import Refused
from shared.identity.officer import Officer
from shared.store.database import open_tables
from shared.store.sql import Sql

TREE = {"JYJ": None, "LX": "JYJ", "LXZX": "LX", "YZ": "JYJ", "XX": "JYJ", "DCS": None}
"""A bureau over a town's office, with a school under it, and two schools of its own; and a unit
beside them that can judge the bureau.
"""

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
        ("above", ("JYJ",), ("YZ",)),
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


def supervised(sql: Sql, by: str = "DCS") -> None:
    """Given a unit that judges the bureau."""
    units.learn_supervisor(sql, SupervisorNamed(unit="JYJ", supervisor=by))


@pytest.mark.parametrize("unit", ["LX", "JYJ", "DCS"])
def test_whoever_is_above_a_unit_judges_it_and_so_does_the_supervising_unit(
    sql: Sql, unit: str
) -> None:
    supervised(sql)
    check_above(sql, ["LXZX"], of(unit))


def test_the_supervising_unit_alone_judges_the_root(sql: Sql) -> None:
    supervised(sql)
    check_above(sql, ["JYJ"], of("DCS"))


@pytest.mark.parametrize(
    ("judged", "officer", "code", "may"),
    [
        ("LXZX", "LXZX", "cause.own", "LX（LX）、JYJ（JYJ）、DCS（DCS）"),
        ("JYJ", "JYJ", "cause.own", "DCS（DCS）"),
        ("JYJ", "LX", "unit.not-yours", "DCS（DCS）"),
        ("YZ", "XX", "unit.not-yours", "JYJ（JYJ）、DCS（DCS）"),
        ("DCS", "DCS", "supervisor.none", "name-supervisor"),
    ],
)
def test_nobody_judges_in_the_own_cause_and_the_refusal_names_who_may(
    sql: Sql, judged: str, officer: str, code: str, may: str
) -> None:
    supervised(sql)
    with pytest.raises(Refused) as caught:
        check_above(sql, [judged], of(officer))
    assert (caught.value.code, may in caught.value.remedy) == (code, True)


def test_nobody_judges_a_root_of_which_nobody_was_named_the_supervisor(sql: Sql) -> None:
    with pytest.raises(Refused) as caught:
        check_above(sql, ["JYJ"], of("JYJ"))
    assert (caught.value.code, "name-supervisor" in caught.value.remedy) == (
        "supervisor.none",
        True,
    )


def test_a_supervising_unit_under_the_root_judges_the_root_and_is_judged_by_it(sql: Sql) -> None:
    supervised(sql, by="XX")
    check_above(sql, ["JYJ"], of("XX"))
    check_above(sql, ["XX"], of("JYJ"))
    with pytest.raises(Refused, match=r"cause\.own"):
        check_above(sql, ["XX"], of("XX"))


def test_of_several_that_are_judged_each_has_to_be_below(sql: Sql) -> None:
    check_above(sql, ["LXZX"], of("LX"))
    with pytest.raises(Refused, match=r"unit\.not-yours"):
        check_above(sql, ["LXZX", "YZ"], of("LX"))
