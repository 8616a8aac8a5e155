"""Running duties move with corrections, calendars and rules, by events; a verdict stays."""

from pathlib import Path
from uuid import UUID

import pytest

from services.deadlines import scheduler
from shared.clock import to_micros
from shared.contracts.deadlines import DutyCancelled, DutyMoved
from shared.contracts.intake import RegistrationCorrected
from shared.contracts.routing import CalendarPublished, CaseRepinned, TermsSet
from shared.policy import Pack
from tests.deadlines.rota import DAILY, written
from tests.deadlines.world import World, at

pytestmark = pytest.mark.anyio

WORKING = """
[duty."W.1"]
zh = "三个工作日内答复"
start = "posted"
stop = "publish"
working_days = 3
"""

MAJOR = """
[duty."W.2"]
zh = "重大的当日报告"
when = {severity = "major"}
start = "posted"
stop = "report"
same_day = true
"""

TERM = """
[schedule."S.5"]
zh = "开学检查"
every = "term"
on = "first"
stop = "inspect"
"""

OFF = CalendarPublished(
    year=2026,
    notice="青禾县停课通知",
    off_days=tuple(
        f"2026-{day}"
        for day in ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03", "03-03", "03-04")
    ),
    makeup_days=("2026-03-07",),
)
"""03-03 and 03-04 are off, Saturday 03-07 is worked."""


async def moves(world: World, incident: UUID) -> list[DutyMoved]:
    return [e.fact for e in await world.events(incident) if isinstance(e.fact, DutyMoved)]


async def under(world: World, directory: Path, rules: str, version: str = "2026.1") -> Pack:
    """The county adopts a pack."""
    pack = written(directory, rules, version)
    await world.adopted(pack)
    await world.deliver("routing")
    return pack


async def says(world: World, incident: UUID, fact: RegistrationCorrected | CaseRepinned) -> None:
    upstream = "intake" if isinstance(fact, RegistrationCorrected) else "routing"
    await world.says(upstream, incident, fact)  # type: ignore[arg-type]  # one of the two
    await world.deliver("intake", "routing")


async def test_a_corrected_time_of_posting_moves_what_runs(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")

    await says(world, incident, RegistrationCorrected(posted_at=at(2, 1), grounds="笔误"))

    assert await moves(world, incident) == [
        DutyMoved(duty="B.T01", start=at(2, 1), due=at(6), provisional=False, because="correction")
    ]
    assert (await world.row(incident)).due == to_micros(at(6))


async def test_a_correction_changes_no_verdict(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")
    await world.passes(at(5, 1))

    await says(world, incident, RegistrationCorrected(posted_at=at(4), grounds="笔误"))

    assert await world.said(incident) == ["started", "missed"]


async def test_a_correction_without_a_moment_moves_nothing(world: World) -> None:
    incident = await world.registered(posted=at(1))
    await world.deliver("intake")

    await says(world, incident, RegistrationCorrected(sets={"category": ("伙食",)}, grounds="归类"))

    assert await world.said(incident) == ["started"]


async def test_a_correction_of_what_was_judged_takes_no_duty_away(
    world: World, tmp_path: Path
) -> None:
    pack = await under(world, tmp_path, MAJOR)
    incident = await world.registered(posted=at(2, 8), pack=pack)
    await world.deliver("intake")

    await says(
        world, incident, RegistrationCorrected(sets={"severity": ("major",)}, grounds="补判")
    )
    await says(
        world, incident, RegistrationCorrected(sets={"severity": ("ordinary",)}, grounds="改判")
    )

    assert await world.said(incident) == ["started"]


async def test_a_published_calendar_moves_what_runs_in_batches(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "BATCH", 1)
    pack = await under(world, tmp_path, WORKING)
    incidents = [await world.registered(posted=at(2, 8), pack=pack) for _ in range(3)]
    answered = await world.registered(posted=at(2, 8), pack=pack)
    await world.published(answered)
    await world.deliver("intake", "routing")

    await world.says("routing", incidents[0], OFF)
    await world.deliver("routing")
    await world.passes(at(2, 10))

    for incident in incidents:
        [moved] = await moves(world, incident)
        assert (moved.due, moved.because) == (at(8), "calendar"), "05, 06 and 07 are worked"
    assert await world.said(answered) == ["started", "met"]


async def test_a_published_calendar_ends_and_opens_daily_reports(
    world: World, tmp_path: Path
) -> None:
    await under(world, tmp_path, DAILY)
    await world.passes(at(3, 8))
    assert await world.verdicts("S.2") == {"2026-03-02": "missed", "2026-03-03": "running"}

    await world.says("routing", UUID(int=1), OFF)
    await world.deliver("routing")
    await world.passes(at(9, 8))

    found = await world.verdicts("S.2")
    assert found["2026-03-03"] == "cancelled"
    assert sorted(found) == [f"2026-03-0{day}" for day in (2, 3, 5, 6, 7, 9)]
    gone = [e.fact for e in await world.events() if isinstance(e.fact, DutyCancelled)]
    assert [fact.because for fact in gone] == ["calendar"]


async def test_a_term_that_is_set_opens_what_is_due_in_it(world: World, tmp_path: Path) -> None:
    await under(world, tmp_path, TERM)
    await world.passes(at(8))
    assert await world.verdicts("S.5") == {}

    term = TermsSet(name="2026春", begins="2026-03-09", ends="2026-07-10")
    await world.says("routing", UUID(int=1), term)
    await world.deliver("routing")
    await world.passes(at(9, 8))

    assert await world.verdicts("S.5") == {"2026春": "running"}


async def test_other_rules_start_their_duties_and_end_those_they_lack(
    world: World, tmp_path: Path
) -> None:
    old = await under(world, tmp_path, WORKING)
    incident = await world.registered(posted=at(2, 8), pack=old)
    new = await under(
        world, tmp_path, MAJOR.replace('{severity = "major"}', '{matter = "incident"}'), "2026.2"
    )
    await world.deliver("intake")

    await says(world, incident, CaseRepinned(pin=new.pin, reason="新规定"))

    states = {duty: row.state for (_, duty), row in (await world.rows()).items()}
    assert states == {"W.1": "cancelled", "W.2": "running"}
    assert (await world.events(incident))[-1].envelope.policy == new.pin


async def test_other_rules_with_another_limit_move_what_runs(world: World, tmp_path: Path) -> None:
    old = await under(world, tmp_path, MAJOR.replace('when = {severity = "major"}', ""))
    incident = await world.registered(posted=at(2, 8), pack=old)
    rules = MAJOR.replace('when = {severity = "major"}', "").replace("same_day = true", "days = 2")
    new = await under(world, tmp_path, rules, "2026.2")
    await world.deliver("intake")

    await says(world, incident, CaseRepinned(pin=new.pin, reason="新规定"))

    [moved] = await moves(world, incident)
    assert (moved.duty, moved.due, moved.because) == ("W.2", at(5), "repinned")


async def test_other_rules_change_no_verdict(world: World, tmp_path: Path) -> None:
    old = await under(world, tmp_path, MAJOR.replace('when = {severity = "major"}', ""))
    incident = await world.registered(posted=at(2, 8), pack=old)
    new = await under(world, tmp_path, WORKING, "2026.2")
    await world.deliver("intake")
    await world.passes(at(3, 1))

    await says(world, incident, CaseRepinned(pin=new.pin, reason="新规定"))

    states = {duty: row.state for (_, duty), row in (await world.rows()).items()}
    assert states == {"W.1": "running", "W.2": "missed"}
