"""Whether the record says what its clients were told: each thing once, and nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from shared.contracts.deadlines import DutyMet, DutyStarted
from shared.contracts.routing import ReplyPublished
from tests.chaos.county import CountyProcess
from tests.chaos.driving import REGISTERED, Case

STARTED = DutyStarted.TYPE
MET = DutyMet.TYPE
PUBLISHED = ReplyPublished.TYPE

Entry = dict[str, Any]


def check_numbers(county: CountyProcess, cases: Sequence[Case]) -> None:
    """Every acknowledged number is there, for its incident; none twice and none left out."""
    ledger = county.told("GET", "/reporting/ledger")
    assert len(ledger) == len(cases)
    in_ledger = {row["number"]: row["incident"] for row in ledger}
    assert in_ledger == {case.number: case.incident for case in cases}
    by_year: dict[str, list[int]] = defaultdict(list)
    for number in sorted(in_ledger):
        _, year, count = number.split("-")
        by_year[year].append(int(count))
    assert all(counts == list(range(1, len(counts) + 1)) for counts in by_year.values())


def check_trails(county: CountyProcess, cases: Sequence[Case]) -> None:
    """Every incident's trail holds what was acknowledged and what follows from it, each once."""
    for case in cases:
        _check_trail(county.told("GET", f"/reporting/incidents/{case.number}/trail"), case)


def check_record(county: CountyProcess) -> None:
    """Chains, stores and log agree, read models are what the log makes them, nobody complains."""
    verified = county.told("POST", "/operations/verify")
    assert verified["holds"], verified["difference"]
    assert not any(verified["pending"].values()), verified["pending"]
    rebuilt = county.told("POST", "/operations/rebuild")
    assert all(table["holds"] for table in rebuilt), rebuilt
    found = county.told("GET", "/operations/doctor")["findings"]
    # The disks of these tests are small on purpose, which doctor rightly finds.
    wrong = [each for each in found if each["level"] == "error" and each["place"] != "disk"]
    assert not wrong


def _check_trail(trail: Sequence[Entry], case: Case) -> None:
    acts = [entry for entry in trail if not entry["stream"].startswith("deadlines/")]
    duties = [entry["type"] for entry in trail if entry["stream"].startswith("deadlines/")]
    assert len(acts) == len(case.hashes), case
    assert {entry["type"]: entry["hash"] for entry in acts} == case.hashes, case
    assert _routed(entry["type"] for entry in acts) == _routed(case.hashes), case
    assert Counter(duties) == Counter(_duties(case)), case


def _routed(types: Iterable[str]) -> list[str]:
    """The acts of one service, whose order is fixed; the registration may come in between."""
    return [name for name in types if name != REGISTERED]


def _duties(case: Case) -> list[str]:
    """What deadlines must have said of it."""
    return [STARTED, MET] if PUBLISHED in case.hashes else [STARTED]
