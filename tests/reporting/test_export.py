"""The exported ledger: rows, size and root of one prefix of the log, the same whenever asked."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.reporting.ledger.entry import Filters, LedgerExport, export
from services.reporting.ledger.files import ledger_sheet
from services.reporting.log.log import Leaf, every_leaf
from services.reporting.sheets import as_csv
from services.reporting.unshown import ERASED
from shared.contracts.deadlines import DutyMissed, DutyStarted
from shared.contracts.reporting import IncidentErased
from shared.contracts.routing import (
    CountyFounded,
    IncidentAssigned,
    IncidentGraded,
    UnitEstablished,
)
from shared.copies.reach import EVERYTHING
from shared.errors import Invalid, Unavailable
from shared.evidence.merkle import leaf_hash, root
from tests.reporting.world import IN_ONE_DATABASE, START, World

pytestmark = pytest.mark.anyio

LATER = datetime(2026, 12, 31, tzinfo=UTC)
GRADED = IncidentGraded(grade="major", grounds="多人反映")
FOUNDED = CountyFounded(code="QINGHE", name="青禾县教育局", root="QINGHE", demonstration=False)


def unit(code: str, name: str) -> UnitEstablished:
    """A unit under the bureau."""
    return UnitEstablished(code=code, name=name, aliases=(), parent="QINGHE")


def assigned(lead: str, *others: str) -> IncidentAssigned:
    """Who handles it."""
    return IncidentAssigned(lead=lead, co_handling=others, instruction="")


@pytest.fixture
async def told(world: World) -> World:
    """Two schools, and an incident that one of them registered and the other leads."""
    await world.say("routing", uuid4(), FOUNDED, unit("QH-YZ", "青禾县第一中学"))
    await world.say("routing", uuid4(), unit("QH-LX", "柳溪镇教育办"))
    await world.sequence("routing")
    incident = await world.registered("QINGHE-2026-000001")
    await world.sequence("intake")
    await world.say("routing", incident, GRADED, assigned("QH-LX"))
    await world.sequence("routing")
    return world


def exported(
    world: World, as_of: datetime | None = None, made_at: datetime = LATER, **wanted: Any
) -> LedgerExport:
    """What an officer is given."""
    with world.log.reading() as sql:
        return export(sql, world.vault, Filters(**wanted), as_of, made_at, EVERYTHING)


def csv(export: LedgerExport) -> str:
    """It as a file."""
    return b"".join(as_csv(ledger_sheet(export))).decode("utf-8-sig")


def numbers(export: LedgerExport) -> list[int]:
    """Which incidents it holds, by the end of their number."""
    return [int(row.number.rpartition("-")[2]) for row in export.rows]


def taken(world: World) -> list[Leaf]:
    """The log."""
    with world.log.reading() as sql:
        return list(every_leaf(sql))


async def test_at_every_moment_rows_size_and_root_are_of_one_prefix_of_the_log(
    told: World,
) -> None:
    leaves = taken(told)
    hashes = [leaf_hash(leaf.raw) for leaf in leaves]

    for moment in sorted({leaf.sequenced_at for leaf in leaves}):
        found = exported(told, moment)
        size = sum(leaf.sequenced_at <= moment for leaf in leaves)
        assert (found.log.size, found.log.root) == (size, root(hashes[:size]).hex())
        assert len(found.rows) == (size > 3)
    now = exported(told)
    assert (now.log.size, now.log.root) == (6, root(hashes).hex())
    assert (now.rows[0].status, now.rows[0].lead) == ("assigned", "QH-LX")


async def test_what_stood_at_a_moment_is_the_same_file_whatever_happens_later(told: World) -> None:
    moment = taken(told)[-1].sequenced_at
    before = csv(exported(told, moment))

    later = await told.registered("QINGHE-2026-000002")
    await told.say("routing", later, GRADED)
    await told.say("routing", uuid4(), unit("QH-LX", "柳溪镇中心学校"))
    await told.sequence()

    assert csv(exported(told, moment, LATER + timedelta(days=1))) == before
    assert "柳溪镇教育办" in before
    assert "柳溪镇中心学校" in csv(exported(told))
    assert "制表" not in before


async def test_below_the_table_stands_what_it_rests_on(told: World) -> None:
    now = exported(told, made_at=datetime(2026, 3, 9, 4, 0, tzinfo=UTC))
    log = f"日志 {now.log.size} 条, 树根 {now.log.root}"

    sheet = ledger_sheet(now)

    assert sheet.notes == (
        "青禾县教育局（QINGHE）归档台账, 共 1 件",
        "筛选：无",
        "制表 2026-03-09 12:00:00（北京时间）",
        log,
        "文字已销毁：无",
    )
    assert sheet.footer == f"青禾县教育局 {log}"


@IN_ONE_DATABASE
async def test_the_filters_and_the_moment_are_named_below_the_table(told: World) -> None:
    wanted: dict[str, Any] = {"unit": "QH-YZ", "status": "assigned", "first": date(2026, 3, 1)}
    found = exported(told, datetime(2026, 3, 3, 4, 0, tzinfo=UTC), **wanted)

    assert found.filters == {"unit": "QH-YZ", "status": "assigned", "from": "2026-03-01"}
    assert ledger_sheet(found).notes[1:3] == (
        "筛选：单位 青禾县第一中学（QH-YZ）；状态 已交办；登记日期自 2026-03-01",
        "截至 2026-03-03 12:00:00（北京时间）",
    )


@IN_ONE_DATABASE
async def test_a_moment_still_to_come_is_called_so_and_the_file_says_when_it_was_made(
    told: World,
) -> None:
    found = exported(told, LATER + timedelta(days=1))

    assert "截至 2027-01-01 08:00:00（北京时间）, 尚未到" in ledger_sheet(found).notes
    assert "制表 2026-12-31 08:00:00（北京时间）" in ledger_sheet(found).notes


async def test_an_export_holds_only_what_was_asked_for(world: World) -> None:
    await world.say("routing", uuid4(), unit("QH-YZ", "一中"), unit("QH-LX", "柳溪"))
    one, two, three = [await world.registered(f"QINGHE-2026-00000{n}") for n in (1, 2, 3)]
    await world.say("routing", one, GRADED)
    await world.say("routing", two, assigned("QH-LX", "QH-SY", "QH-ZJ"))
    await world.say("routing", three, assigned("QH-SY", "QH-LX"))
    await _owes(world, two, missed=False)
    await _owes(world, three, missed=True)
    await world.sequence()

    assert numbers(exported(world)) == [1, 2, 3]
    assert numbers(exported(world, unit="QH-YZ")) == [1, 2, 3]
    assert numbers(exported(world, unit="QH-LX")) == [2, 3]
    assert numbers(exported(world, status="assigned")) == [2, 3]
    assert numbers(exported(world, verdict="missed")) == [3]
    assert numbers(exported(world, verdict="running", unit="QH-LX")) == [2]
    assert numbers(exported(world, verdict="met")) == []


@IN_ONE_DATABASE
async def test_days_of_registration_are_beijing_days_and_both_count(told: World) -> None:
    day = START.date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)

    assert numbers(exported(told, first=day, last=day)) == [1]
    assert numbers(exported(told, first=before)) == [1]
    assert numbers(exported(told, last=after)) == [1]
    assert numbers(exported(told, first=after)) == []
    assert numbers(exported(told, last=before)) == []


async def test_whose_words_were_erased_is_said_also_of_a_moment_before(told: World) -> None:
    moment = taken(told)[-1].sequenced_at
    incident = UUID(exported(told).rows[0].incident)

    keys = told.vault.shred(str(incident))
    await told.say("reporting", incident, IncidentErased(keys=keys, grounds="期限届满"))
    await told.sequence()

    for found in (exported(told), exported(told, moment)):
        assert found.erased == ["QINGHE-2026-000001"]
        assert found.rows[0].title == ERASED
        assert "文字已销毁：QINGHE-2026-000001" in ledger_sheet(found).notes
    assert exported(told, moment).rows[0].erased is False


async def test_a_ledger_behind_its_log_is_not_exported_as_if_it_were_whole(told: World) -> None:
    early = taken(told)[0].sequenced_at
    with told.log.writing() as sql:
        sql.execute("UPDATE tracking SET position = position - 1 WHERE upstream = 'log'")

    with pytest.raises(Unavailable) as refused:
        exported(told)

    assert refused.value.code == "ledger.behind"
    assert exported(told, early).rows == []


@IN_ONE_DATABASE
async def test_what_was_set_aside_is_counted_below_the_table(told: World) -> None:
    with told.log.writing() as sql:
        sql.execute(
            "INSERT INTO parked VALUES ('log', 5, 'm', 't', ?, 'x', 0), ('log', 99, 'm', 't', ?,"
            " 'x', 0)",
            (b"", b""),
        )

    found = exported(told)

    assert found.set_aside == 1
    assert ledger_sheet(found).notes[-1].startswith("另有 1 条记录搁置, 未入台账")
    assert exported(told, START).set_aside == 0


@IN_ONE_DATABASE
async def test_a_unit_that_there_is_not_is_refused_rather_than_exported_empty(
    told: World,
) -> None:
    with pytest.raises(Invalid) as refused:
        exported(told, unit="QH-XX")

    assert (refused.value.code, refused.value.field) == ("unit.unknown", "unit")


@IN_ONE_DATABASE
async def test_an_empty_county_has_a_ledger_too(world: World) -> None:
    found = exported(world)

    assert (found.rows, found.log.size, found.county) == ([], 0, None)
    assert found.log.root == root([]).hex()
    assert "归档台账, 共 0 件" in csv(found)


async def _owes(world: World, incident: UUID, *, missed: bool) -> None:
    due = START + timedelta(days=3)
    started = DutyStarted(
        duty="B.T01",
        title="回复",
        clause="第一条",
        party="handling_unit",
        stop="publish",
        start=START,
        due=due,
        rule="B.T01",
        each="",
        clock="days",
        known_at=START,
        provisional=False,
        period=None,
    )
    await world.say("deadlines", incident, started)
    if missed:
        passed = DutyMissed(duty="B.T01", due=due, observed_at=due + timedelta(seconds=1))
        await world.say("deadlines", incident, passed)
