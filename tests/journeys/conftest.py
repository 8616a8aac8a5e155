"""Counties to walk through: founded once by the command line, and copied where needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.county import County, Served

OFFICERS = {
    "bureau": ("甲一", "QINGHE", "info_officer"),
    "drafter": ("己六", "QH-YZ", "info_officer"),
    "approver": ("庚七", "QH-YZ", "principal_leader"),
    "town": ("示例·寅", "QH-LX", "liaison"),
}
UNITS = """\
code,name,aliases,parent
QH-YZ,青禾县第一中学,青禾一中;县一中,
QH-LX,柳溪镇人民政府教育办,柳溪镇教育办,
QH-LXXX,柳溪镇中心小学,柳溪小学,QH-LX
"""


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> County:
    """A county with three units and four officers, in which nothing was heard; never run it."""
    return found_county(tmp_path_factory.mktemp("founded"))


def found_county(place: Path) -> County:
    """Found that county in a directory."""
    units = place / "units.csv"
    units.write_text(UNITS, encoding="utf-8")
    empty = County(place / "data")
    made = empty.run("init", "--code", "QINGHE", "--name", "青禾县教育局", "--units", units)
    assert made.status == 0, made
    with empty.up() as served:
        tokens = {
            short: served.told("/routing/officers", name=name, unit=unit, post=post)["token"]
            for short, (name, unit, post) in OFFICERS.items()
        }
        served.settle()
    return County(empty.data, tokens)


@pytest.fixture
def county(founded: County, tmp_path: Path) -> County:
    """A county of the test's own."""
    return founded.copy(tmp_path / "data")


@pytest.fixture(scope="module")
def served(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running county that the tests of one module share: each registers what it needs."""
    with founded.copy(tmp_path_factory.mktemp("served") / "data").up() as served:
        yield served
