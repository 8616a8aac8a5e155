"""Findings and statistics over a real database, as they stood, asked for over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.reporting.projector import MODEL
from services.reporting.rebuild import compare
from shared.contracts.deadlines import DutyMet, DutyMetLate
from shared.contracts.intake import ReturnFiled
from shared.contracts.routing import (
    FeedbackGiven,
    IncidentClosed,
    MatterHandled,
    ReplyPublished,
    ReportMade,
)
from shared.policy.language.loading import COUNTY_BASELINE, load_pack
from tests.reporting.county import DUE, TEXT, YZ_DAY, County, adoption, duty, missed
from tests.reporting.world import IN_ONE_DATABASE, START, World

T09 = "001-2.T09"
NUMBER = "QINGHE-2026-000001"
LATE = DutyMetLate(duty=T09, done_at=DUE + timedelta(minutes=1), due=DUE, late_seconds=60)
PUBLISHED = ReplyPublished(
    draft=uuid4(), kind="result", channel="x", named_unit="一中", text=TEXT, content="c"
)


@pytest.fixture
def county(world: World) -> County:
    """A county under the rules of 止河渡镇."""
    return County(world, "zhihedu-town")


async def late_reply(county: County) -> None:
    """A major incident is answered a minute late."""
    await county.found()
    incident = await county.registered(NUMBER, severity="major")
    await county.said("deadlines", incident, duty(T09, "publish"), missed(T09))
    await county.said(
        "routing", incident, PUBLISHED, at=DUE + timedelta(minutes=1), post="spokesperson"
    )
    await county.said("deadlines", incident, LATE)
    await county.settled()


@pytest.mark.anyio
async def test_a_reply_one_minute_late_is_found_with_its_proof(county: County) -> None:
    await late_reply(county)

    [found] = await county.get("/findings", unit="QH-YZ", incident=NUMBER)

    assert (found["kind"], found["rule"], found["unit"]) == ("late_reply", T09, "QH-YZ")
    assert (found["number"], found["late_seconds"]) == (NUMBER, 60)
    assert "publish" in [each["act"] for each in found["evidence"]]
    assert await county.get("/findings", unit="QH-LX") == []
    assert all(
        t.holds for t in compare({"reporting": MODEL}, county.world.recorders, county.world.log)
    )


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_findings_can_be_read_as_they_stood(county: County) -> None:
    await late_reply(county)

    assert await county.get("/findings", as_of="2026-03-01") == []


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_the_ledger_names_the_grade_in_the_packs_words_and_counts_duties(
    county: County,
) -> None:
    await late_reply(county)

    [row] = await county.get("/ledger")

    assert (row["grade"], row["grade_name"], row["policy"]) == (
        "major",
        county.pack.axes["severity"].values["major"],
        county.pack.pin,
    )
    assert (row["duties_late"], row["duties_missed"], row["missing"]) == (1, 0, [])


@pytest.mark.anyio
async def test_an_act_that_broke_a_gate_is_found(county: County) -> None:
    await county.found()
    incident = await county.registered(NUMBER)
    gate = "001-2.R01/order"
    told = ReportMade(to=("principal_leader",), breaches=(gate,))
    await county.said("routing", incident, told, post="info_officer")
    await county.settled()

    [found] = await county.get("/findings")

    assert (found["kind"], found["rule"], found["post"]) == ("breach", gate, "工作人员")
    assert found["clause"] == county.pack.rules[gate].clause


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_what_was_done_in_time_is_no_finding(county: County) -> None:
    await county.found()
    incident = await county.registered(NUMBER)
    in_time = DutyMet(duty=T09, done_at=START, due=DUE, spare_seconds=9)
    await county.said("deadlines", incident, duty(T09, "publish"), in_time)
    await county.settled()

    assert await county.get("/findings") == []


BROWSE = "001-2.T01"


@pytest.mark.anyio
async def test_what_a_unit_did_not_do_in_a_period_is_found_and_counted(county: County) -> None:
    await county.found()
    name = f"{BROWSE}#2026-03-02"
    started = duty(name, "browse", rule=BROWSE, period="2026-03-02", clock="day", title="浏览")
    too_few = missed(name, count_wanted=3, count_done=2)
    await county.said("deadlines", YZ_DAY, started, too_few, kind="period")
    await county.settled()

    [found] = await county.get("/findings")
    told = await county.get("/statistics", unit="QH-YZ")

    assert (found["incident"], found["period"], found["shortfall"]) == (None, "2026-03-02", 1)
    [lacking] = told["units"][0]["shortfalls"]
    assert (lacking["wanted"], lacking["done"], lacking["shortfall"]) == (3, 2, 1)


@pytest.mark.anyio
async def test_statistics_tell_shares_of_what_is_on_record(county: County) -> None:
    await county.found()
    for number in range(12):
        incident = await county.registered(f"QINGHE-2026-{number:06d}")
        await county.said(
            "routing",
            incident,
            MatterHandled(unit="QH-YZ"),
            IncidentClosed(outcome="answered", note=""),
            FeedbackGiven(satisfied=number != 0),
        )
    await county.settled()

    told = await county.get("/statistics", unit="QH-YZ")

    found = {each["key"]: each for each in told["all"]["figures"]}
    assert (found["registered"]["value"], found["closed"]["share"]) == (12, 1.0)
    assert (found["handling_rate"]["share"], found["handling_rate"]["n"]) == (1.0, 12)
    assert found["satisfaction_rate"]["share"] == pytest.approx(11 / 12)
    assert told["all"]["categories"] == {"inquiry_demand": 12}


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_what_lies_outside_the_time_asked_is_not_counted(county: County) -> None:
    await county.found()
    await county.registered(NUMBER)
    await county.said("intake", YZ_DAY, ReturnFiled(), kind="unit-day")
    await county.settled()

    march = await county.get("/statistics", **{"from": "2026-03-01", "to": "2026-03-31"})
    april = await county.get("/statistics", **{"from": "2026-04-01"})

    assert [march["all"]["figures"][0]["value"], april["all"]["figures"][0]["value"]] == [1, 0]
    assert [len(march["units"]), april["units"]] == [1, []]


@pytest.mark.anyio
async def test_figures_are_those_of_the_pack_that_was_in_force_then(county: County) -> None:
    await county.found()
    await county.settled()
    county.world.clock.now = START + timedelta(days=30)
    await county.said("routing", uuid4(), adoption(load_pack(COUNTY_BASELINE)))
    await county.settled()

    then = await county.get("/statistics", as_of=(START + timedelta(days=20)).isoformat())
    march = await county.get("/statistics", to="2026-03-20")
    now = await county.get("/statistics")

    rates = [[each["key"] for each in told["all"]["figures"]] for told in (then, march, now)]
    assert ["handling_rate" in keys for keys in rates] == [True, True, False]
    assert all(
        t.holds for t in compare({"reporting": MODEL}, county.world.recorders, county.world.log)
    )
