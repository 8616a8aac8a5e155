"""Setting a county up, and what the program says to whoever uses it wrongly."""

import json
from pathlib import Path

import pytest

from huiyin.host.founding import read_units
from shared.errors import Invalid
from tests.journeys.county import County, Served

# As a spreadsheet saves it: with a byte order mark; children before their parents.
UNITS = """\
\N{ZERO WIDTH NO-BREAK SPACE}code,name,aliases,parent
QH-LXXX,柳溪镇中心小学,柳溪小学、柳小,QH-LX
QH-YZ,青禾县第一中学,青禾一中;县一中；一中,
QH-LX,柳溪镇人民政府教育办,,
"""
INIT = ("init", "--code", "QINGHE", "--name", "青禾县教育局")


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """A file with that content."""
    path.write_text(content, encoding=encoding)
    return path


def everything_in(directory: Path) -> dict[Path, bytes]:
    """Every file below a directory with its content."""
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_init_makes_a_county_whose_token_is_shown_once_and_kept_privately(tmp_path: Path) -> None:
    county = County(tmp_path / "data")

    made = county.run(*INIT, "--units", text(tmp_path / "units.csv", UNITS))

    token = county.token(None)
    assert made.status == 0, made
    assert made.out.count(token) == 1
    assert (county.data / "admin.token").stat().st_mode & 0o777 == 0o600
    holders = [path for path, raw in everything_in(tmp_path).items() if token.encode() in raw]
    assert holders == [county.data / "admin.token"]
    units = {unit["code"]: (unit["aliases"], unit["parent"]) for unit in county.done("units")}
    assert units == {
        "QINGHE": ([], None),
        "QH-YZ": (["青禾一中", "县一中", "一中"], "QINGHE"),
        "QH-LX": ([], "QINGHE"),
        "QH-LXXX": (["柳溪小学", "柳小"], "QH-LX"),
    }


def test_a_county_is_founded_under_the_rules_that_are_named(tmp_path: Path) -> None:
    county = County(tmp_path / "data")

    unknown = county.run(*INIT, "--pack", "999-9")
    made = county.run(*INIT, "--pack", "001-2")

    assert (unknown.status, "pack.unknown" in unknown.err) == (1, True)
    assert made.status == 0, made
    assert [each["pack"] for each in county.done("pack", "in-force")] == ["zhihedu-town"]


def test_init_refuses_a_directory_in_which_a_county_lives(county: County) -> None:
    before = everything_in(county.data)

    again = county.run(*INIT)

    assert (again.status, again.out) == (1, "")
    assert "data.not-empty" in again.err
    assert everything_in(county.data) == before


def test_init_refuses_a_directory_with_anything_in_it(tmp_path: Path) -> None:
    text(tmp_path / "notes.txt", "与本系统无关")

    refused = County(tmp_path).run(*INIT)

    assert (refused.status, refused.out) == (1, "")
    assert "data.not-empty" in refused.err
    assert everything_in(tmp_path) == {tmp_path / "notes.txt": "与本系统无关".encode()}


BAD_UNITS = {
    "a code in small letters": (
        "QH-YZ,一中,,\nqh-ez,二中,,",
        "第 3 行 code",
        "unit.code-malformed",
    ),
    "no name": ("QH-YZ,一中,,\nQH-EZ, ,,", "第 3 行 name", "units.name-missing"),
    "a code twice": ("QH-YZ,一中,,\nQH-YZ,二中,,", "第 2 行 code", "units.bad-row"),
    "the root's code": ("QH-YZ,一中,,\nQINGHE,二中,,", "第 3 行 code", "units.bad-row"),
    "an unknown parent": ("QH-YZ,一中,,QH-NO", "第 2 行 parent", "units.bad-row"),
    "parents in a circle": ("A,甲,,B\nB,乙,,A", "第 2 行 parent", "units.bad-row"),
}


@pytest.mark.parametrize(("rows", "place", "code"), BAD_UNITS.values(), ids=BAD_UNITS)
def test_a_bad_row_of_the_units_is_named(tmp_path: Path, rows: str, place: str, code: str) -> None:
    units = text(tmp_path / "units.csv", f"code,name,aliases,parent\n{rows}\n")

    with pytest.raises(Invalid) as refused:
        read_units(units, "QINGHE")

    assert (refused.value.field, refused.value.code) == (place, code)
    assert refused.value.remedy


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_bad_units_are_explained_and_nothing_is_half_done(tmp_path: Path, encoding: str) -> None:
    rows, place, code = BAD_UNITS["an unknown parent"]
    units = text(tmp_path / "units.csv", f"code,name,aliases,parent\n{rows}\n", encoding)

    refused = County(tmp_path / "data").run(*INIT, "--units", units)

    assert (refused.status, refused.out) == (1, "")
    said = (f"[{place}]", f"({code})") if encoding == "utf-8" else ("UTF-8", "(units.unreadable)")
    assert all(part in refused.err for part in said), refused.err
    assert list(tmp_path.iterdir()) == [units]


def test_a_units_file_that_is_none_is_refused(tmp_path: Path) -> None:
    headless = text(tmp_path / "headless.csv", "代码,名称\nQH-YZ,青禾县第一中学\n")
    empty = text(tmp_path / "empty.csv", "")

    for units, code in (
        (headless, "units.column-missing"),
        (empty, "units.column-missing"),
        (tmp_path / "absent.csv", "units.unreadable"),
    ):
        with pytest.raises(Invalid) as refused:
            read_units(units, "QINGHE")
        assert refused.value.code == code


@pytest.mark.parametrize(
    "command",
    [
        ("up",),
        ("register", "--title", "课本还差两本"),
        ("import", "messages.csv"),
        ("doctor",),
        ("audit", "verify"),
    ],
    ids=" ".join,
)
def test_on_an_empty_directory_every_other_command_says_what_to_do(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    text(tmp_path / "messages.csv", "message_id,title,posted_at\n")
    arguments = [tmp_path / part if part.endswith(".csv") else part for part in command]
    empty = County(tmp_path / "data")

    refused = empty.run(*arguments)

    assert (refused.status, refused.out) == (1, "")
    assert "huiyin init" in refused.err
    assert "(data.empty)" in refused.err
    assert not empty.data.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("nonsense",),
        ("register",),
        ("ledger", "--format", "xml"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_explained_on_standard_error_with_status_2(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    refused = County(tmp_path / "data").run(*command)

    assert (refused.status, refused.out) == (2, "")
    assert refused.err


def test_every_listing_command_prints_exactly_one_json_array(
    served: Served, tmp_path: Path
) -> None:
    county = served.county
    messages = "message_id,title,posted_at\nL-1,路灯不亮,2025-09-01 08:00\nL-2,,2025-09-01 08:00\n"
    file = text(tmp_path / "messages.csv", messages)
    number = county.done("register", "--title", "课本还差两本")[0]["number"]
    served.settle()

    printed = {
        command: county.run(*command, "--format", "json")
        for command in [
            ("ledger",),
            ("ledger", "--status", "voided"),
            ("units",),
            ("officers",),
            ("audit", "show", number),
            ("audit", "verify"),
            ("rebuild", "--compare"),
            ("doctor",),
            ("import", str(file)),
        ]
    }

    assert {name: done.status for name, done in printed.items() if done.status} == {
        ("import", str(file)): 1  # one of its rows has no title
    }
    counts = {name[0]: len(done.rows) for name, done in printed.items() if len(name) == 1}
    assert counts == {"ledger": 1, "units": 4, "officers": 5, "doctor": 1}
    assert printed["ledger", "--status", "voided"].rows == []


def test_the_second_process_on_a_directory_says_who_holds_it(served: Served) -> None:
    held = json.loads((served.county.data / "lock").read_text(encoding="utf-8"))

    second = served.county.run("up")

    assert (second.status, second.out) == (1, "")
    assert "(data.in-use)" in second.err
    assert str(held["pid"]) in second.err
    assert held["url"] in second.err
