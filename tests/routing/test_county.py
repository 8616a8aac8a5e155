"""The rules of the county, its units and its posts: each happens, is refused, stays quiet."""

import pytest

from services.routing import county
from shared.contracts.routing import CountyFounded, SupervisorNamed, UnitEstablished
from shared.copies.units import Unit
from shared.errors import HuiyinError, Invalid, Refused
from shared.identity.officer import Officer

QINGHE = CountyFounded(code="QINGHE", name="青禾县", root="QH-JYJ", demonstration=True)
ROOT = Unit("QH-JYJ", "青禾县教育局", (), None)
TOWN = Unit("QH-LX", "柳溪镇教育办", (), "QH-JYJ")
SCHOOL = Unit("QH-LXZX", "柳溪镇初级中学", ("柳溪中学",), "QH-LX")
KNOWN = {unit.code: unit for unit in (ROOT, TOWN, SCHOOL)}


def unit(
    code: str, name: str, parent: str | None = None, aliases: tuple[str, ...] = ()
) -> UnitEstablished:
    return UnitEstablished(code=code, name=name, aliases=aliases, parent=parent)


class TestCompetence:
    def test_an_administrator_is_competent(self) -> None:
        county.check_competent(Officer("o-1", "甲一", "QH-JYJ", "administrator"))

    def test_no_other_post_is(self) -> None:
        with pytest.raises(Refused, match=r"post\.not-competent"):
            county.check_competent(Officer("o-2", "丙三", "QH-JYJ", "principal_leader"))


class TestFound:
    def test_founding_says_the_county_and_its_root(self) -> None:
        facts = county.found(None, QINGHE, "青禾县教育局")
        assert list(facts) == [QINGHE, unit("QH-JYJ", "青禾县教育局")]

    @pytest.mark.parametrize(
        ("other", "name", "code"),
        [
            ({"code": "qing he"}, "青禾县教育局", "unit.code-malformed"),
            ({"root": "QH.JYJ"}, "青禾县教育局", "unit.code-malformed"),
            ({"name": " "}, "青禾县教育局", "name.missing"),
            ({}, "", "root_name.missing"),
        ],
    )
    def test_codes_and_names_must_be_sound(
        self, other: dict[str, str], name: str, code: str
    ) -> None:
        with pytest.raises(Invalid) as caught:
            county.found(None, QINGHE.model_copy(update=other), name)
        assert caught.value.code == code

    def test_a_founded_county_cannot_become_another(self) -> None:
        other = QINGHE.model_copy(update={"demonstration": False})
        with pytest.raises(Refused, match=r"county\.already-founded"):
            county.found(QINGHE, other, "青禾县教育局")

    def test_founding_twice_is_quiet(self) -> None:
        assert list(county.found(QINGHE, QINGHE, "青禾县教育局")) == []


class TestEstablish:
    def test_a_unit_is_established_under_another(self) -> None:
        wanted = unit("QH-LXXX", "柳溪镇中心小学", "QH-LX")
        assert list(county.establish(QINGHE, KNOWN, wanted)) == [wanted]

    def test_without_a_parent_it_stands_under_the_root(self) -> None:
        facts = county.establish(QINGHE, KNOWN, unit("QH-YZ", "青禾县第一中学"))
        assert list(facts) == [unit("QH-YZ", "青禾县第一中学", "QH-JYJ")]

    def test_a_known_code_with_other_data_is_said_anew(self) -> None:
        wanted = unit("QH-LXZX", "柳溪镇实验中学", "QH-JYJ", ("柳溪中学",))
        assert list(county.establish(QINGHE, KNOWN, wanted)) == [wanted]

    def test_the_root_keeps_no_parent_when_renamed(self) -> None:
        wanted = unit("QH-JYJ", "青禾县教育和体育局")
        assert list(county.establish(QINGHE, KNOWN, wanted)) == [wanted]

    @pytest.mark.parametrize(
        ("wanted", "kind", "code", "field"),
        [
            (unit("qh-x", "某校", "QH-LX"), Invalid, "unit.code-malformed", "code"),
            (unit("QH-X", " ", "QH-LX"), Invalid, "name.missing", "name"),
            (unit("QH-X", "某校", "QH-Y"), Invalid, "unit.unknown", "parent"),
            (unit("QH-X", "某校", "QH-X"), Invalid, "unit.unknown", "parent"),
            (unit("QH-X", "某校", None, ("a;b",)), Invalid, "unit.alias-malformed", "aliases"),
            (unit("QH-LX", "镇办", "QH-LX"), Refused, "unit.cycle", "parent"),
            (unit("QH-LX", "镇办", "QH-LXZX"), Refused, "unit.cycle", "parent"),
            (unit("QH-JYJ", "局", "QH-LXZX"), Refused, "unit.cycle", "parent"),
        ],
    )
    def test_what_does_not_fit_the_tree_is_refused(
        self, wanted: UnitEstablished, kind: type[HuiyinError], code: str, field: str
    ) -> None:
        with pytest.raises(kind) as caught:
            county.establish(QINGHE, KNOWN, wanted)
        assert (caught.value.code, caught.value.field) == (code, field)

    def test_nothing_is_established_before_the_county_is_founded(self) -> None:
        with pytest.raises(Refused, match=r"county\.not-founded"):
            county.establish(None, {}, unit("QH-YZ", "青禾县第一中学"))

    @pytest.mark.parametrize("parent", ["QH-JYJ", None])
    def test_the_same_again_is_quiet(self, parent: str | None) -> None:
        again = unit("QH-LX", "柳溪镇教育办", parent)
        assert list(county.establish(QINGHE, KNOWN, again)) == []


class TestSupervise:
    NAMED = SupervisorNamed(unit="QH-JYJ", supervisor="QH-LX")

    def test_a_unit_of_the_county_is_named(self) -> None:
        assert list(county.supervise(QINGHE, KNOWN, (), "QH-LX", None)) == [self.NAMED]

    def test_one_from_outside_is_entered_beside_the_tree_and_stays_there(self) -> None:
        facts = list(county.supervise(QINGHE, KNOWN, (), "SJ", "市局"))
        assert facts == [unit("SJ", "市局"), SupervisorNamed(unit="QH-JYJ", supervisor="SJ")]
        known = {**KNOWN, "SJ": Unit("SJ", "市局", (), None)}
        assert list(county.establish(QINGHE, known, unit("SJ", "市教育局"))) == [
            unit("SJ", "市教育局")
        ]

    def test_naming_the_same_again_says_nothing(self) -> None:
        assert list(county.supervise(QINGHE, KNOWN, ("QH-LX",), "QH-LX", "柳溪镇教育办")) == []

    @pytest.mark.parametrize(
        ("code", "name", "kind", "refused"),
        [
            ("QH-JYJ", None, Refused, "supervisor.itself"),
            ("SJ", None, Invalid, "unit.unknown"),
            ("SJ", " ", Invalid, "unit.unknown"),
            ("市局", "市局", Invalid, "unit.code-malformed"),
        ],
    )
    def test_what_cannot_supervise_is_refused(
        self, code: str, name: str | None, kind: type[HuiyinError], refused: str
    ) -> None:
        with pytest.raises(kind) as caught:
            county.supervise(QINGHE, KNOWN, (), code, name)
        assert (caught.value.code, caught.value.field) == (refused, "supervisor")

    def test_nobody_supervises_where_nothing_is_founded(self) -> None:
        with pytest.raises(Refused, match=r"county\.not-founded"):
            county.supervise(None, {}, (), "SJ", "市局")

    def test_the_root_is_put_under_nobody(self) -> None:
        known = {**KNOWN, "SJ": Unit("SJ", "市局", (), None)}
        with pytest.raises(Refused, match=r"unit\.topmost"):
            county.establish(QINGHE, known, unit("QH-JYJ", "青禾县教育局", "SJ"))
