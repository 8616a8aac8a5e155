"""What the system wrote a while ago opens, verifies to the same root, and goes on.

See ``county/README.md``. A row or verdict that differs is listed in ``county/allowed.toml``, with
its reason; nothing is written anew.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.acts.vocabulary import ACTS
from tests.nets.allowed import Difference, allowed, differences
from tests.nets.keep_county import KINDS, answers, opened_copy
from tests.nets.questions import read
from tests.nets.seen import Seen, seen
from tests.nets.story import story
from tests.support.postgres import PostgresServer

QUESTIONS = sorted(each.stem for each in answers("sqlite").glob("*.txt"))
ELSEWHERE = {
    "register": "/intake/incidents",
    "appoint": "/routing/officers",
    "adopt": "/routing/packs/adopt",
    "publish_calendar": "/routing/calendar",
}
"""Acts whose address does not end in their name."""


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Where the county is kept."""
    return str(request.param)


@pytest.fixture(scope="module")
def county(
    kind: str, tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Seen:
    """It opened by the system of today: once for all that is asked of it here."""
    place = tmp_path_factory.mktemp(kind)
    with postgres_server.database() as url, opened_copy(kind, place, url) as settings:
        return asyncio.run(seen(settings, story()))


def found(kind: str, county: Seen) -> Iterator[Difference]:
    for question in QUESTIONS:
        before = read((answers(kind) / f"{question}.txt").read_text(encoding="utf-8"))
        yield from differences(question, before, county.said.get(question, {}))


def row(told: Any, **known: str) -> dict[str, Any]:
    """The one row that says so."""
    [each] = [each for each in told if known.items() <= each.items()]
    assert isinstance(each, dict)
    return each


def test_it_verifies_to_the_root_it_had(kind: str, county: Seen) -> None:
    kept = json.loads((answers(kind) / "verified.json").read_text(encoding="utf-8"))
    assert county.verified == kept
    assert kept["holds"], kept


def test_it_answers_as_it_did(kind: str, county: Seen) -> None:
    known = allowed(kind)
    unlisted = [
        each for each in found(kind, county) if not any(entry.covers(each) for entry in known)
    ]
    assert not unlisted, f"{len(unlisted)} differences:\n" + "\n".join(sorted(map(str, unlisted)))


def test_every_question_is_answered(county: Seen) -> None:
    assert sorted(county.said) == QUESTIONS


def test_nothing_was_put_aside_and_read_models_are_what_the_log_makes(county: Seen) -> None:
    assert county.parked == []
    assert [each for each in county.rebuilt if each["difference"]] == []


def test_a_request_said_again_is_answered_as_then(county: Seen) -> None:
    first = row(county.after["ledger"], number=str(county.again["number"]))
    assert county.again["events"] == ["intake.incident-registered.v4"]
    assert county.again["incident"] == first["incident"]
    assert county.taken["M"]["number"] == "QINGHE-2026-000017", "and no number was used for it"


def test_the_next_matter_is_registered_and_graded(county: Seen) -> None:
    entry = row(county.after["ledger"], number=county.taken["M"]["number"])
    duty = row(county.after["duties"], number=entry["number"], duty="Q.01")
    assert (entry["status"], entry["grade"]) == ("graded", "ordinary")
    assert entry["title"] == "课间操改在几点"
    assert duty["state"] == "running"


def test_a_draft_of_then_is_approved_and_published_now(county: Seen) -> None:
    number = county.taken["publish"]["number"]
    assert row(county.after["ledger"], number=number)["status"] == "published"
    assert row(county.after["duties"], number=number, duty="B.T01")["state"] == "met"


def test_what_was_recorded_late_is_settled_now(county: Seen) -> None:
    settled = row(county.after["duties"], number=county.taken["settle"]["number"], duty="Q.03")
    assert settled["state"] == "settled_late"


def test_an_offence_is_found_now(county: Seen) -> None:
    number = county.taken["find"]["number"]
    finding = row(county.after["findings"], number=number, rule="Q.51")
    assert (finding["unit"], finding["basis"]) == ("QH-YZ", "human")


def test_what_went_on_is_on_the_same_record(county: Seen) -> None:
    assert county.verified_after["holds"], county.verified_after
    assert county.verified_after["leaves"] > county.verified["leaves"]
    assert [each for each in county.rebuilt_after if each["difference"]] == []


def test_what_is_listed_as_different_is_so_and_has_its_reason(kind: str, county: Seen) -> None:
    differing = list(found(kind, county))
    for entry in allowed(kind):
        assert entry.reason.strip(), entry
        assert any(entry.covers(each) for each in differing), f"no longer so: {entry}"


def test_every_act_is_in_the_story() -> None:
    told = {step.path for step in story().steps}
    missing = [
        act
        for act in ACTS
        if not any(path.endswith(ELSEWHERE.get(act, f"/{act}")) for path in told)
    ]
    assert missing == []
