"""Reporting's own acts: archive, find and rank, and what they are refused for."""

from typing import Any
from uuid import UUID

import pytest

from services.reporting.log.log import every_leaf
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyMet
from shared.contracts.envelope import decode
from shared.contracts.reporting import UnitsRanked
from shared.contracts.routing import (
    IncidentAssigned,
    IncidentClosed,
    InstructionGiven,
    ReportMade,
)
from shared.identity.officer import Officer
from shared.policy.language.rules import Offence
from tests.reporting.county import DUE, County, duty, missed, refusal
from tests.reporting.world import IN_ONE_DATABASE, START, World

NUMBER = "QINGHE-2026-000001"
ASSIGNED = IncidentAssigned(lead="QH-YZ", co_handling=(), instruction="")
REPLIED = ReportMade(kind="written_reply", to=("opinion_administrator",))
CLOSED = IncidentClosed(outcome="answered", note="")
COMPLETE = (InstructionGiven(), ASSIGNED, REPLIED, CLOSED)


@pytest.fixture
def wanping(world: World) -> County:
    """A county whose rules say what a file must hold."""
    return County(world, "wanping-town-changanlu")


async def handled(county: County, *facts: Fact) -> UUID:
    """An incident of which this was done."""
    await county.found()
    incident = await county.registered(NUMBER)
    await county.said("routing", incident, *facts)
    await county.settled()
    return incident


@pytest.mark.anyio
async def test_a_complete_file_is_archived_under_a_number(wanping: County) -> None:
    await handled(wanping, *COMPLETE)

    done = await wanping.post(f"/incidents/{NUMBER}/acts/archive")
    await wanping.settled()

    assert done.status_code == 200, done.text
    [row] = await wanping.get("/ledger")
    assert row["archive_number"] == "QINGHE-2026-G000001"
    assert (row["missing"], row["status"]) == ([], "closed")


@pytest.mark.anyio
async def test_an_incomplete_file_is_refused_and_what_is_missing_is_named(wanping: County) -> None:
    await handled(wanping, ASSIGNED, REPLIED, CLOSED)

    answer = await wanping.post(f"/incidents/{NUMBER}/acts/archive")

    assert refusal(answer) == "archive.incomplete"
    assert answer.json()["field"] == "002-1.ARC.leader_instruction_sheet"
    assert "领导批示件" in answer.json()["message"]
    [row] = await wanping.get("/ledger")
    assert [each["title"] for each in row["missing"]] == ["领导批示件"]


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_what_is_not_closed_is_not_archived(wanping: County) -> None:
    await handled(wanping, *COMPLETE[:-1])

    assert refusal(await wanping.post(f"/incidents/{NUMBER}/acts/archive")) == "archive.not-closed"


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_a_file_is_archived_once_even_before_the_log_has_it(wanping: County) -> None:
    await handled(wanping, *COMPLETE)
    await wanping.post(f"/incidents/{NUMBER}/acts/archive")

    assert refusal(await wanping.post(f"/incidents/{NUMBER}/acts/archive")) == "archive.done"


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_a_unit_that_takes_no_part_does_not_archive(wanping: County) -> None:
    await handled(wanping, *COMPLETE)

    answer = await wanping.post(f"/incidents/{NUMBER}/acts/archive", wanping.stranger)

    assert refusal(answer) == "unit.not-yours"


@pytest.fixture
def zaoxi(world: World) -> County:
    """A county whose rules name offences that only people find."""
    return County(world, "zaoxi-township")


def human(county: County) -> str:
    """An offence of the pack that only people find."""
    rules = county.pack.of(Offence).items()
    return next(number for number, rule in rules if rule.basis == "human" and not rule.good)


@pytest.mark.anyio
async def test_a_finding_is_made_with_its_evidence_and_told_without_its_words(
    zaoxi: County,
) -> None:
    await handled(zaoxi, ASSIGNED)
    trail = await zaoxi.get(f"/incidents/{NUMBER}/trail")
    leaf = trail[0]["leaf"]

    done = await zaoxi.post(
        f"/incidents/{NUMBER}/acts/find", of=human(zaoxi), text="核查属实", evidence=[leaf]
    )
    await zaoxi.settled()

    assert done.status_code == 200, done.text
    [found] = await zaoxi.get("/findings")
    assert (found["basis"], found["kind"], found["unit"]) == ("human", human(zaoxi), "QH-YZ")
    assert found["evidence"][0]["leaf"] == leaf
    assert "核查属实" not in str(found)
    [*_, told] = await zaoxi.get(f"/incidents/{NUMBER}/trail")
    assert (told["title"], "核查属实" in told["what"]) == ("认定", True)


@pytest.mark.anyio
@IN_ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"of": "nothing"}, "finding.rule-unknown"),
        ({"text": " "}, "grounds.missing"),
        ({"evidence": [9_999]}, "finding.evidence-unknown"),
        ({"good": True}, "finding.good-contradicts"),
        ({"unit": "NOWHERE"}, "unit.unknown"),
    ],
)
async def test_a_finding_that_rests_on_nothing_is_refused(
    zaoxi: County, changes: dict[str, Any], code: str
) -> None:
    await handled(zaoxi, ASSIGNED)
    body = {"of": human(zaoxi), "text": "核查属实"} | changes

    assert refusal(await zaoxi.post(f"/incidents/{NUMBER}/acts/find", **body)) == code


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_only_the_competent_find(zaoxi: County) -> None:
    await handled(zaoxi, ASSIGNED)
    body = {"of": human(zaoxi), "text": "核查属实"}
    path = f"/incidents/{NUMBER}/acts/find"

    clerk = zaoxi.world.officers.enter(Officer("o-bureau", "乙二", "QINGHE", "info_officer"))
    assert refusal(await zaoxi.post(path, clerk, **body)) == "post.not-competent"
    assert refusal(await zaoxi.post(path, zaoxi.stranger, **body)) == "unit.not-yours"


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_nobody_finds_of_the_own_unit(zaoxi: County) -> None:
    await handled(zaoxi, ASSIGNED)
    body = {"of": human(zaoxi), "text": "核查属实"}
    head = zaoxi.world.officers.enter(Officer("o-head", "庚七", "QH-YZ", "principal_leader"))

    own = await zaoxi.post(f"/incidents/{NUMBER}/acts/find", head, **body)
    bureau = await zaoxi.post("/units/QINGHE/acts/find", **body)

    assert [refusal(each) for each in (own, bureau)] == ["cause.own", "cause.own"]
    assert "青禾县教育局（QINGHE）、青禾县督查室（QH-DCS）" in own.json()["remedy"]
    assert "青禾县督查室（QH-DCS）" in bureau.json()["remedy"]


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_the_supervising_unit_finds_of_the_root_and_of_all_under_it(zaoxi: County) -> None:
    await handled(zaoxi, ASSIGNED)
    body = {"of": human(zaoxi), "text": "核查属实"}

    for path in ("/units/QINGHE", f"/incidents/{NUMBER}"):
        done = await zaoxi.post(f"{path}/acts/find", zaoxi.inspector, **body)
        assert done.status_code == 200, done.text


@pytest.mark.anyio
async def test_something_is_found_of_a_unit_below_of_which_nothing_was_sealed_before(
    zaoxi: County,
) -> None:
    await handled(zaoxi, ASSIGNED)

    done = await zaoxi.post(
        "/units/QINGHE/acts/find", of=human(zaoxi), text="核查属实", unit="QH-YZ"
    )
    await zaoxi.settled()

    assert done.status_code == 200, done.text
    [found] = await zaoxi.get("/findings")
    assert (found["kind"], found["unit"]) == (human(zaoxi), "QH-YZ")


@pytest.mark.anyio
async def test_units_are_ranked_by_what_part_of_their_replies_was_in_time(zaoxi: County) -> None:
    await zaoxi.found()
    met = DutyMet(duty="D", done_at=START, due=DUE, spare_seconds=9)
    lead = ASSIGNED.model_copy(update={"lead": "QH-LX"})
    for number, (verdict, facts) in enumerate([(met, [lead]), (missed("D"), [])]):
        incident = await zaoxi.registered(f"QINGHE-2026-{number:06d}")
        await zaoxi.said("routing", incident, *facts)
        await zaoxi.said("deadlines", incident, duty("D", "publish"), verdict)
    await zaoxi.settled()

    done = await zaoxi.post("/units/QINGHE/acts/rank", zaoxi.inspector, period="2026-Q1")
    await zaoxi.settled()

    assert done.status_code == 200, done.text
    [event] = done.json()["events"]
    assert event == "reporting.units-ranked.v1"
    assert await ranked(zaoxi) == ("QH-LX", "QH-YZ")


@pytest.mark.anyio
@IN_ONE_DATABASE
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"period": "2026-Q1"}, "ranking.empty"),
        ({"period": "2026-03", "order": ["QH-YZ"]}, "ranking.period"),
        ({"period": "2027-Q1", "order": ["QH-YZ"]}, "ranking.period"),
        ({"period": "2026-Q1", "order": ["QH-YZ", "QH-YZ"]}, "ranking.repeated"),
        ({"period": "2026-Q1", "order": ["NOWHERE"]}, "unit.unknown"),
    ],
)
async def test_a_ranking_of_nothing_is_refused(
    zaoxi: County, body: dict[str, Any], code: str
) -> None:
    await zaoxi.found()
    await zaoxi.settled()

    assert refusal(await zaoxi.post("/units/QINGHE/acts/rank", zaoxi.inspector, **body)) == code


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_an_order_that_was_made_known_is_recorded_as_such(zaoxi: County) -> None:
    await zaoxi.found()
    await zaoxi.settled()

    order = ["QH-YZ", "QH-LX"]
    await zaoxi.post("/units/QINGHE/acts/rank", zaoxi.inspector, period="2026-Q1", order=order)
    await zaoxi.settled()

    assert await ranked(zaoxi) == ("QH-YZ", "QH-LX")


async def ranked(county: County) -> tuple[str, ...]:
    """The order that the log has."""
    leaves = await county.world.room.store.read(lambda sql: list(every_leaf(sql)))
    fact = decode(leaves[-1].raw).fact
    assert isinstance(fact, UnitsRanked)
    return fact.order
