"""Two processes of one room: one works, the other stands by, and everything happens once."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.distributed.composed import STARTS_WITHIN, Container
from tests.distributed.conftest import Composed
from tests.distributed.test_compose import acts, registered


@pytest.fixture
def standby(county: Composed) -> Iterator[Container]:
    """A second process of routing; the first is active."""
    second = county.machine.start("routing")
    second.takes("standby", within=STARTS_WITHIN)
    assert county.rooms["routing"].role == "active"
    yield second
    # The proxy finds whoever is left, so that the county goes on.
    county.machine.finds("routing", second)
    county.rooms["routing"] = second


def assigned(county: Composed, number: str, after: str) -> Any:
    """The answer to an assignment, wherever the proxy sends it."""
    path = f"/routing/incidents/{number}/assign"
    return county.administrator.post(path, after, lead="QH-YZ")


def heard_and_assigned(county: Composed) -> dict[str, Any]:
    """A new incident that was assigned at once."""
    new = registered(county.drafter)
    new |= assigned(county, new["number"], new["position"])
    return new


def holder(county: Composed) -> str:
    """Whose routing's lease is: host, process and chance; empty where it is nobody's."""
    with psycopg.connect(county.machine.database) as connection:
        found = connection.execute("SELECT holder FROM routing.leases").fetchone()
    return str(found[0]) if found else ""


def check_once(county: Composed, numbers: list[str]) -> None:
    """Each incident is on record once, and so is each thing done to it; the record holds."""
    county.administrator.settle()
    ledger = county.administrator.get("/reporting/ledger")
    rows = {row["number"]: row for row in ledger}
    assert len(rows) == len(ledger)
    for number in numbers:
        assert rows[number]["lead"] == "QH-YZ"
        trail = county.administrator.get(f"/reporting/incidents/{number}/trail")
        assert acts(trail) == ["intake.incident-registered", "routing.incident-assigned"]
    verified = county.administrator.post("/operations/verify")
    assert verified["holds"], verified
    assert verified["leaves"] == sum(verified["events"].values())
    assert county.administrator.get("/operations/doctor")["healthy"]


def test_a_stand_by_answers_http_and_what_it_took_is_relayed_by_the_active_one(
    county: Composed, standby: Container
) -> None:
    first = county.rooms["routing"]
    county.machine.finds("routing", standby)

    done = heard_and_assigned(county)
    [row] = [
        row
        for row in county.administrator.get("/reporting/ledger", after=done["position"])
        if row["number"] == done["number"]
    ]

    assert row["lead"] == "QH-YZ"
    assert (first.role, standby.role) == ("active", "standby")
    first.stop()
    assert f"/{first.process.pid}/" not in holder(county)  # given up, it need not run out first
    standby.takes("active", within=STARTS_WITHIN)


def test_when_the_active_one_is_killed_the_stand_by_takes_over_and_all_is_there_once(
    county: Composed, standby: Container
) -> None:
    first = county.rooms["routing"]
    before = [heard_and_assigned(county) for _ in range(3)]
    county.machine.finds("routing", standby)

    with ThreadPoolExecutor(4) as people:
        coming = [people.submit(registered, county.drafter) for _ in range(20)]
        first.process.send_signal(signal.SIGKILL)
        standby.takes("active", within=STARTS_WITHIN)
        meanwhile = [each.result() for each in coming]
    for new in meanwhile:
        assigned(county, new["number"], new["position"])

    check_once(county, [each["number"] for each in before + meanwhile])


def test_one_that_slept_and_still_thinks_it_is_active_doubles_nothing_and_stands_back(
    county: Composed, standby: Container
) -> None:
    first = county.rooms["routing"]
    before = [heard_and_assigned(county) for _ in range(3)]
    first.process.send_signal(signal.SIGSTOP)
    standby.takes("active", within=STARTS_WITHIN)
    county.machine.finds("routing", standby)
    meanwhile = [heard_and_assigned(county) for _ in range(3)]

    first.process.send_signal(signal.SIGCONT)
    both = [heard_and_assigned(county) for _ in range(10)]
    first.takes("standby", within=STARTS_WITHIN)

    assert standby.role == "active"
    check_once(county, [each["number"] for each in before + meanwhile + both])
    first.stop()
