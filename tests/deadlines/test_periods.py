"""A unit's periods are opened when they begin, fulfilled by its acts, and told where they lack."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path
from uuid import uuid4

import pytest

from services.deadlines import agenda, periods, scheduler
from services.deadlines.scheduler import open_periods
from services.deadlines.tables import fold_duties
from shared.clock import to_micros
from shared.contracts.deadlines import DutyMissed, DutyStarted
from shared.contracts.envelope import decode
from shared.contracts.intake import (
    ChannelsBrowsed,
    MatterNoted,
    ShiftWorked,
    SummaryMade,
    ZeroReported,
)
from shared.contracts.reporting import MatterArchived, UnitsRanked
from shared.contracts.routing import CalendarPublished, PackWithdrawn
from shared.copies.units import unit_id
from shared.store.transaction import Transaction
from tests.deadlines.rota import (
    ARCHIVING,
    BROWSING,
    DAILY,
    DUTY,
    EACH,
    NOTING,
    PUBLISHING,
    RANKING,
    ZERO,
    written,
)
from tests.deadlines.world import Upstream, World, at

pytestmark = pytest.mark.anyio

RUNS = "running"


@pytest.fixture
async def school(world: World) -> World:
    """青禾县 with 第一中学 and 第二中学."""
    await world.established("QH")
    await world.established("QH-YZ", "QH")
    await world.established("QH-EZ", "QH")
    await world.deliver("routing")
    return world


async def bound(world: World, directory: Path, rules: str, unit: str = "QH-YZ") -> None:
    """A unit comes under rules on 2026-03-02 at 09:00."""
    await world.adopted(written(directory, rules), unit)
    await world.deliver("routing")


async def browsed(world: World, *moments: tuple[int, int]) -> None:
    for day, hour in moments:
        await world.did("QH-YZ", ChannelsBrowsed(), occurred=at(day, hour))


async def test_two_browsings_of_three_leave_a_shortfall_of_one(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, BROWSING)
    await school.passes(at(2, 10))
    await browsed(school, (2, 11), (2, 16))
    await school.deliver("intake")

    await school.passes(at(3) + timedelta(microseconds=1))

    [started, _, missed] = await school.events(unit_id("QH-YZ"))
    assert isinstance(started.fact, DutyStarted)
    assert (started.fact.duty, started.fact.period) == ("S.1#2026-03-02", "2026-03-02")
    assert started.fact.start - at(2, 9) < timedelta(seconds=1), "from the adoption on"
    assert started.fact.due == at(3)
    assert missed.envelope.kind == "period"
    assert missed.envelope.unit == "QH-YZ"
    assert isinstance(missed.fact, DutyMissed)
    assert (missed.fact.count_wanted, missed.fact.count_done) == (3, 2)


async def test_what_was_done_often_enough_is_met_and_says_nothing_more(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, BROWSING)
    await school.passes(at(2, 10))
    await browsed(school, (2, 11), (2, 12), (2, 16), (2, 17))
    await school.deliver("intake")

    await school.passes(at(2, 23))

    assert await school.said(unit_id("QH-YZ")) == ["started", "met"]


async def test_what_is_done_today_does_not_make_up_for_yesterday(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, BROWSING)
    await browsed(school, (2, 11), (2, 16))
    await school.passes(at(3, 8))
    await browsed(school, (3, 9))
    await school.deliver("intake")

    await school.passes(at(3, 10))

    assert await school.verdicts("S.1") == {"2026-03-02": "missed", "2026-03-03": "running"}


async def test_an_act_that_names_its_period_counts_for_that_one_however_late(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, DAILY)
    await school.passes(at(3, 8))
    await school.did("QH-YZ", SummaryMade(kind="daily", period="2026-03-02"), occurred=at(3, 9))
    await school.deliver("intake")

    assert await school.verdicts("S.2") == {"2026-03-02": "met_late", "2026-03-03": "running"}


async def test_a_daily_report_is_not_asked_for_on_rest_days(school: World, tmp_path: Path) -> None:
    await bound(school, tmp_path, DAILY)

    await school.passes(at(9, 23))

    assert [day[-2:] for day in await school.verdicts("S.2")] == [
        "02",
        "03",
        "04",
        "05",
        "06",
        "09",
    ]


async def test_nothing_is_asked_of_the_time_before_the_adoption(
    school: World, tmp_path: Path
) -> None:
    school.clock.now = at(4, 18)  # the report of that day was due at 17:30
    await bound(school, tmp_path, DAILY + BROWSING)

    await school.passes(at(5, 18))

    assert list(await school.verdicts("S.2")) == ["2026-03-05"]
    assert list(await school.verdicts("S.1")) == ["2026-03-04", "2026-03-05"]


async def test_every_unit_under_the_one_that_adopted_owes_its_own(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, EACH, unit="QH")
    await school.passes(at(3))
    await school.did("QH-EZ", SummaryMade(), occurred=at(2, 20))
    await school.established("QH-SZ", "QH")
    await school.deliver("intake", "routing")
    await school.passes(at(3, 1))

    assert await school.verdicts("S.4", "QH") == {}
    assert await school.verdicts("S.4", "QH-YZ") == {"2026-W10": "running"}
    assert await school.verdicts("S.4", "QH-EZ") == {"2026-W10": "met"}
    assert await school.verdicts("S.4", "QH-SZ") == {"2026-W10": "running"}


async def test_a_unit_that_goes_elsewhere_comes_under_what_is_asked_there(
    school: World, tmp_path: Path
) -> None:
    await school.established("QH-SZ", "QH-YZ")
    await bound(school, tmp_path, EACH, unit="QH-YZ")
    await school.passes(at(3))

    await school.established("QH-SZ", "QH-EZ")
    await school.deliver("routing")
    await school.passes(at(10))

    assert list(await school.verdicts("S.4", "QH-SZ")) == ["2026-W10"]
    assert list(await school.verdicts("S.4", "QH-YZ")) == ["2026-W10", "2026-W11"]


async def test_a_rule_for_a_state_asks_only_while_it_was_declared(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, ZERO)
    await school.passes(at(4))
    assert await school.verdicts("S.3") == {}

    await school.declared("QH", "outbreak", at=at(4, 10))
    await school.declared("QH", "outbreak", on=False, at=at(6, 10))
    await school.deliver("routing")
    await school.did("QH-YZ", ZeroReported(), occurred=at(5, 16))
    await school.deliver("intake")
    await school.passes(at(8, 1))

    assert await school.verdicts("S.3") == {
        "2026-03-04": "missed",
        "2026-03-05": "met",
        "2026-03-06": "missed",
    }


async def test_a_gap_on_duty_is_told_in_seconds_and_so_is_a_missing_leader(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, DUTY)
    await school.declared("QH-YZ", "outbreak", at=at(2, 10))
    await school.deliver("routing")
    worked = ShiftWorked(begins=at(2, 10), ends=at(3, 7), leader="duty_leader")
    alone = ShiftWorked(begins=at(3, 7, 30), ends=at(3, 8))
    await school.did("QH-YZ", worked, occurred=at(3, 7))
    await school.did("QH-YZ", alone, occurred=at(3, 8))
    await school.passes(at(2, 11))
    await school.deliver("intake")

    await school.passes(at(3, 10))

    missed = next(e for e in await school.events() if isinstance(e.fact, DutyMissed)).fact
    assert isinstance(missed, DutyMissed)
    assert missed.duty == "W.1#2026-03-02"
    assert (missed.gap_seconds, missed.leaderless_seconds) == (30 * 60, 60 * 60)


async def test_a_shift_is_told_of_within_an_hour_of_its_end(school: World, tmp_path: Path) -> None:
    await bound(school, tmp_path, DUTY)
    await school.declared("QH-YZ", "outbreak", at=at(2, 9))
    await school.deliver("routing")
    await school.passes(at(3, 8, 20))
    for begins, ends in ((at(2, 9), at(2, 20)), (at(2, 19), at(3, 8, 10))):
        shift = ShiftWorked(begins=begins, ends=ends, leader="duty_leader")
        await school.did("QH-YZ", shift)
    await school.deliver("intake")
    await school.passes(at(3, 10))

    assert await school.verdicts("W.1") == {"2026-03-02": "met", "2026-03-03": "running"}


async def test_a_pack_given_up_opens_no_more_periods_and_ends_none(
    school: World, tmp_path: Path
) -> None:
    pack = written(tmp_path, BROWSING)
    await bound(school, tmp_path, BROWSING)
    await school.passes(at(2, 10))
    withdrawn = PackWithdrawn(unit="QH-YZ", pin=pack.pin, reason="停用")
    await school.says("routing", unit_id("QH-YZ"), withdrawn)
    await school.deliver("routing")

    await school.passes(at(6))

    assert await school.verdicts("S.1") == {"2026-03-02": "missed"}


async def test_after_a_long_sleep_no_transaction_opens_more_than_a_batch(
    school: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bound(school, tmp_path, BROWSING + ZERO + EACH)
    monkeypatch.setattr(scheduler, "BATCH", 2)
    school.clock.now = at(31)

    work = await school.store.write(lambda tx: open_periods(tx, at(31)))

    assert (len(work.seen), work.problems) == (2, [])
    await school.passes(at(31))
    opened = [e.fact for e in await school.events() if isinstance(e.fact, DutyStarted)]
    assert len(opened) == 30 + 5, "thirty days and five weeks, begun by then"
    assert await school.store.read(lambda sql: agenda.opening(sql, at(31), 9)) == []


async def test_two_reports_that_fall_due_on_one_day_are_both_asked_for(
    school: World, tmp_path: Path
) -> None:
    """Rest days put the limits of two weeks on the first working day after a long holiday."""
    statutory = ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")
    holiday = tuple(f"03-{day:02}" for day in range(9, 18))
    days = tuple(f"2026-{day}" for day in (*statutory, *holiday))
    calendar = CalendarPublished(year=2026, notice="假", off_days=days, makeup_days=())
    await school.says("routing", unit_id("QH"), calendar)
    await bound(school, tmp_path, EACH.replace('each = "unit"', "working_days = true"))

    await school.passes(at(18, 12))
    assert await school.verdicts("S.4") == dict.fromkeys(("2026-W10", "2026-W11", "2026-W12"), RUNS)
    await school.passes(at(19, 1))

    assert await school.verdicts("S.4") == {
        "2026-W10": "missed",
        "2026-W11": "missed",
        "2026-W12": RUNS,
    }


async def test_a_restart_opens_and_observes_nothing_twice(school: World, tmp_path: Path) -> None:
    await bound(school, tmp_path, BROWSING)
    await school.passes(at(4, 1))
    before = len(await school.events())

    another = school.open_another()
    await scheduler.look(another.store, school.clock)

    assert len(await school.events()) == before


def _spoil_a_copy(tx: Transaction) -> None:
    """An entry of the agenda from which no moment can be read, before all others."""
    tx.sql.execute(
        "INSERT INTO agenda (unit, rule, adopter, pin, since, state, looked, opened, next)"
        " SELECT unit, rule, 'QH-ODD', pin, ?, state, looked, opened, next FROM agenda",
        (2**62,),
    )


async def test_what_cannot_be_laid_out_stops_no_other_and_is_tried_again_later(
    school: World, tmp_path: Path
) -> None:
    await bound(school, tmp_path, BROWSING)
    await school.store.write(_spoil_a_copy)
    school.clock.now = at(2, 10)

    work = await school.store.write(lambda tx: open_periods(tx, at(2, 10)))

    assert (len(work.seen), len(work.problems)) == (2, 1)
    assert await school.verdicts("S.1") == {"2026-03-02": "running"}
    later = await school.store.read(lambda sql: agenda.opening(sql, at(2, 10), 9))
    assert later == []


@pytest.mark.parametrize("order", sorted({*permutations(["routing", "routing", "acts", "clock"])}))
async def test_the_order_in_which_things_are_heard_changes_no_verdict(
    school: World, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Routing's own order stays: a pack before a state, or both at once."""
    await school.adopted(written(tmp_path, ZERO + BROWSING), "QH-YZ")
    await school.declared("QH", "outbreak", at=at(3, 10))
    school.clock.now = at(2, 9, 1)
    for day in (3, 4):
        await school.did("QH-YZ", ZeroReported(), occurred=at(day, 16))
    await browsed(school, (3, 9), (3, 10), (3, 11), (4, 9))
    for what in order:
        match what:
            case "routing":
                await school.deliver("routing", count=1)
            case "acts":
                await school.deliver("intake")
            case "clock":
                await school.passes(at(4, 12))

    await school.passes(at(5, 1))

    met = ("met", "superseded")
    zero, browsing = await school.verdicts("S.3"), await school.verdicts("S.1")
    assert [zero["2026-03-03"] in met, zero["2026-03-04"] in met] == [True, True]
    assert (browsing["2026-03-02"], browsing["2026-03-04"]) == ("missed", "missed")
    assert browsing["2026-03-03"] in met


async def test_the_table_is_a_fold_of_the_rooms_events(school: World, tmp_path: Path) -> None:
    await bound(school, tmp_path, BROWSING + DUTY)
    await school.declared("QH-YZ", "outbreak", at=at(2, 10))
    await browsed(school, (2, 11), (2, 12), (2, 16))
    await school.deliver("routing", "intake")
    await school.passes(at(5))

    stored = await school.store.notifications(0, 10_000)

    assert fold_duties(decode(event.state) for event in stored) == await school.rows()


async def ranked(world: World, day: int) -> None:
    """Reporting says that the units were ranked."""
    fact = UnitsRanked(kind="reply", period="2025-Q4", order=("QH-YZ", "QH-EZ"))
    await world.did("QH", fact, occurred=at(day), upstream="reporting")
    await world.deliver("reporting")


async def test_a_ranking_in_the_quarter_is_in_time(school: World, tmp_path: Path) -> None:
    """Whatever it ranks: the rule asks for one in each quarter."""
    await bound(school, tmp_path, RANKING, "QH")
    await school.passes(at(20))
    await ranked(school, 20)

    await school.passes(at(31) + timedelta(days=2))

    assert await school.verdicts("S.5") == {"2026-Q1": "met", "2026-Q2": RUNS}


async def test_a_quarter_without_a_ranking_is_missed(school: World, tmp_path: Path) -> None:
    await bound(school, tmp_path, RANKING, "QH")
    await school.passes(at(20))

    await school.passes(at(31) + timedelta(days=2))

    assert await school.verdicts("S.5") == {"2026-Q1": "missed", "2026-Q2": RUNS}


async def test_what_was_archived_in_time_fulfils_a_duty_of_its_matter(
    world: World, tmp_path: Path
) -> None:
    rules = written(tmp_path, ARCHIVING)
    await world.adopted(rules)
    incidents = [await world.registered(pack=rules) for _ in range(2)]
    for incident in incidents:
        await world.closed(incident, "answered")
    await world.says("reporting", incidents[0], MatterArchived(number="QH·2026·1"))
    await world.deliver("reporting", "routing", "intake")

    await world.passes(at(9))

    states = {key[0]: row.state for key, row in (await world.rows()).items()}
    assert states == {str(incidents[0]): "met", str(incidents[1]): "missed"}


@pytest.mark.parametrize("order", list(permutations(["intake", "routing"])))
async def test_acts_of_two_rooms_give_a_period_one_verdict_in_whatever_order_they_are_heard(
    school: World, tmp_path: Path, order: tuple[Upstream, ...]
) -> None:
    """The first on record counts: the one at two was recorded before the one at four."""
    await bound(school, tmp_path, PUBLISHING)
    incident = await school.registered()
    await school.passes(at(2, 10))
    school.clock.now = at(3, 2)
    await browsed(school, (3, 2), (2, 14))
    school.clock.now = at(3, 4)
    await school.published(incident, done=at(2, 16))

    for upstream in order:
        await school.passes(at(3, 5))
        await school.deliver(upstream)

    verdicts = await school.verdicts("S.6")
    assert verdicts["2026-03-02"] == "recorded_late"
    [row] = [r for r in (await school.rows()).values() if r.period == "2026-03-02"]
    assert row.done_at == to_micros(at(2, 14))


async def test_what_was_done_on_a_matter_before_its_rules_were_heard_of_counts(
    school: World, tmp_path: Path
) -> None:
    """Intake and routing are heard in any order: an act may come before the adoption."""
    await school.adopted(written(tmp_path, NOTING), "QH-YZ")
    await school.says("intake", uuid4(), MatterNoted(), occurred=at(2, 10))
    await school.deliver("intake", "routing")

    await school.passes(at(2, 12))

    assert await school.verdicts("S.7") == {"2026-03-02": "met"}


async def test_the_agenda_resumed_opens_nothing_a_second_time(
    school: World, tmp_path: Path
) -> None:
    """Where the scheduler stands is found again in what was opened."""
    await bound(school, tmp_path, BROWSING)
    await bound(school, tmp_path, EACH, "QH")
    await school.passes(at(5, 10))
    before = await school.events()
    then = await school.store.read(lambda sql: sql.all("SELECT * FROM agenda ORDER BY rule, unit"))

    def begun_again(tx: Transaction) -> None:
        tx.sql.execute("UPDATE agenda SET looked = since, opened = 0, next = since")
        periods.resume(tx.sql)

    await school.store.write(begun_again)
    await school.passes(at(5, 11))

    now = await school.store.read(lambda sql: sql.all("SELECT * FROM agenda ORDER BY rule, unit"))
    assert await school.events() == before
    assert [dict(row) for row in now] == [dict(row) for row in then]
