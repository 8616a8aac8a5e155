"""A county whose data another release made goes on under this one: nothing lost, nothing twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from tests.journeys.county import County, Served

ROOMS = ("intake", "routing", "deadlines", "reporting")

OLD_SHAPE = {
    "intake": ("DROP TABLE deeds", "DROP TABLE incidents", "DROP TABLE registrations"),
    "routing": ("ALTER TABLE incidents DROP COLUMN co_handling",),
    "deadlines": (
        "DROP TABLE incidents",
        "DROP TABLE deeds",
        "DROP TABLE agenda",
        "DROP TABLE again",
        "ALTER TABLE duties DROP COLUMN rule",
        "CREATE TABLE early (incident TEXT, turn BIGINT, raw BYTEA)",
    ),
    "reporting": ("DROP TABLE bindings", "ALTER TABLE ledger DROP COLUMN lead"),
}
"""What tells the tables of the release before from those of this one; it noted nothing of them."""


@pytest.fixture
def older(county: County) -> County:
    """A county in which things were heard, with its tables as the release before kept them."""
    with county.up() as served:
        for number in (1, 2, 3):
            heard = registered(served, f"课本还差{number}本没有发")
            grade = {"grade": "ordinary", "grounds": "影响有限"}
            served.told(f"/routing/incidents/{heard['number']}/grade", "bureau", **grade)
        served.settle()
    for room, statements in OLD_SHAPE.items():
        with opened(county, room) as database:
            for statement in (*statements, "DROP TABLE read_models", "DROP TABLE renewing"):
                database.execute(statement)
    return county


def registered(served: Served, title: str) -> dict[str, Any]:
    told = {"channel": "call", "category": "inquiry_demand", "title": title}
    return served.told("/intake/incidents", "drafter", **told)


@contextmanager
def opened(county: County, room: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(county.data / f"{room}.db")) as database, database:
        yield database


def events(county: County) -> dict[str, int]:
    """How many events each room holds."""
    counts: dict[str, int] = {}
    for room in ROOMS:
        with opened(county, room) as database:
            [(counts[room],)] = database.execute("SELECT count(*) FROM stored_events")
    return counts


def test_a_county_of_the_release_before_goes_on(older: County) -> None:
    """Its duties, its record and what is asked of it, by the first command that comes."""
    before = events(older)

    duties = older.done("duties")
    [doctor] = older.done("doctor")
    compared = older.run("rebuild", "--compare")
    verified = older.run("audit", "verify")

    assert events(older) == before, "nothing was reacted to a second time"
    assert [(row["rule"], row["state"]) for row in duties] == [("B.T01", "running")] * 3
    assert doctor["healthy"], doctor
    assert not [each for each in doctor["findings"] if "落后" in each["message"]]
    assert (compared.status, verified.status) == (0, 0), (compared, verified)
    with opened(older, "deadlines") as database:
        assert not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'early'").fetchall()


def test_it_takes_commands_again_when_its_tables_are_whole(older: County) -> None:
    with older.up() as served:
        served.settle()
        heard = registered(served, "校车没有来")
        served.settle()

    assert heard["number"].endswith("-000004"), "no number is given twice"
    duties = older.done("duties")
    assert [row["state"] for row in duties] == ["running"] * 4
