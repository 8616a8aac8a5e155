"""The review reads the log: what was imported, whose reply it is, and what the reply says."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.reporting.history.imported import Replying
from services.reporting.history.review import Review, review_imported
from services.reporting.log.log import head
from shared.contracts.catalogue import Fact
from shared.contracts.intake import (
    HistoryRecorded,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
)
from shared.contracts.routing import ReplyPublished, UnitEstablished
from shared.contracts.sealed import Sealed
from shared.copies.reach import EVERYTHING
from shared.errors import Invalid, Unknown
from shared.policy import COUNTY_BASELINE, Pack, load_pack, read_pack
from shared.room import key_id
from shared.store.transaction import By, Stream
from tests.reporting.world import CLERK, World

POSTED = datetime(2025, 9, 1, 2, tzinfo=UTC)
DUE = datetime(2025, 9, 4, 16, tzinfo=UTC)
PACK = load_pack(COUNTY_BASELINE)

pytestmark = pytest.mark.anyio


async def said(
    world: World, service: str, kind: str, incident: UUID, at: datetime, facts: Sequence[Fact]
) -> None:
    """Facts of old, recorded now."""
    stream = incident if service == "intake" else UUID(int=incident.int ^ 2)
    matter = Stream(kind, stream, "QINGHE", incident)
    by = By(CLERK, at, None, "imported")
    await world.stores[service].write(lambda tx: tx.append(matter, facts, by))


async def imported(
    world: World,
    number: str,
    *,
    reply: str | None = None,
    replied_at: datetime = DUE,
    unit: str = "QINGHE",
    named: str = "",
) -> UUID:
    """An old message with its reply, as intake and routing tell of it."""
    incident = uuid4()
    keys = [key_id(incident, subject) for subject in ("matter", "reply")]
    await asyncio.to_thread(world.vault.ensure, keys)
    registered = IncidentRegistered(
        number=number,
        channel="import",
        category="",
        title=Sealed.of("路灯不亮", subject="matter"),
        body=None,
        contact=None,
        link=None,
        posted_at=POSTED,
        discovered_at=None,
        message_id=number,
    )
    history = HistoryRecorded(
        number=number,
        posted_at=POSTED,
        unit=unit,
        named=named,
        reply=Sealed.of(reply, subject="reply") if reply else None,
        replied_at=replied_at if reply else None,
        left_open=False,
    )
    await said(world, "intake", "incident", incident, POSTED, [registered, history])
    if reply:
        await said(world, "routing", "case", incident, replied_at, [published(reply, named)])
    return incident


def published(text: str, named: str = "") -> ReplyPublished:
    """A reply of old."""
    return ReplyPublished(
        draft=None,
        kind="result",
        channel="import",
        named_unit=named,
        text=Sealed.of(text, subject="reply"),
        content="",
    )


async def established(world: World, code: str, name: str, *aliases: str) -> None:
    """A unit of the county."""
    unit = UnitEstablished(code=code, name=name, aliases=aliases, parent=None)
    await said(world, "routing", "unit", uuid4(), POSTED, [unit])


async def reviewed(
    world: World, unit: str | None = None, pack: Pack = PACK, size: int | None = None
) -> Review:
    """The review of the log as it is, or of its beginning."""
    await world.sequence()
    return await world.room.store.read(
        lambda sql: review_imported(
            sql, world.vault, pack, head(sql)[0] if size is None else size, unit, EVERYTHING
        )
    )


async def test_replies_are_opened_and_read_and_none_of_their_words_kept(world: World) -> None:
    await imported(world, "N-1", reply="已于九月二日修好。")
    await imported(world, "N-2", reply="网友：您好！留言已收悉")
    await imported(world, "N-3", reply="已修好。", replied_at=DUE + timedelta(seconds=1))
    await imported(world, "N-4")

    found = await reviewed(world)

    [duty] = found.duties
    counts = duty.total
    assert (counts.messages, counts.answered, counts.unanswered) == (4, 3, 1)
    assert (counts.in_time, counts.in_time_in_substance, counts.late) == (2, 1, 1)
    assert [case.number for case in duty.empty] == ["N-2"]
    assert [case.number for case in duty.latest] == ["N-3"]
    assert [case.number for case in duty.waiting] == ["N-4"]
    assert "修好" not in repr(found)


async def test_an_erased_reply_is_unreadable_and_counts_as_one(world: World) -> None:
    incident = await imported(world, "N-1", reply="网友：您好！留言已收悉")
    await asyncio.to_thread(world.vault.shred, str(incident))

    found = await reviewed(world)

    assert (found.duties[0].total.unreadable, found.duties[0].total.empty) == (1, 0)
    assert any("读不到内容" in sentence for sentence in found.remarks)


async def test_a_reply_belongs_to_the_unit_that_the_file_names(world: World) -> None:
    await established(world, "QINGHE", "青禾县教育局")
    await established(world, "QH-YZ", "青禾县第一中学", "县一中")
    await imported(world, "N-1", reply="已办。", unit="QH-YZ", named="县一中")
    await imported(world, "N-2", reply="已办。", named="青禾县教育局")
    await imported(world, "N-3", reply="已办。", named="柳溪镇卫生院")
    await imported(world, "N-4", reply="已办。")

    found = await reviewed(world)

    assert [each.unit for each in found.duties[0].units] == [
        Replying("QH-YZ", "青禾县第一中学", "directory"),
        Replying("QINGHE", "青禾县教育局", "directory"),
        Replying("QINGHE", "青禾县教育局", "unnamed"),
        Replying(None, "柳溪镇卫生院", "file"),
    ]


async def test_a_unit_established_since_the_import_is_known(world: World) -> None:
    await imported(world, "N-1", reply="已办。", named="柳溪镇卫生院")
    before = await reviewed(world)

    await established(world, "QH-WS", "柳溪镇卫生院")

    assert before.duties[0].units[0].unit.code is None
    assert (await reviewed(world)).duties[0].units[0].unit.code == "QH-WS"


async def test_one_unit_is_asked_for_by_code_or_by_the_name_in_the_file(world: World) -> None:
    await established(world, "QH-YZ", "青禾县第一中学", "县一中")
    await imported(world, "N-1", reply="已办。", unit="QH-YZ", named="县一中")
    await imported(world, "N-2", reply="已办。", named="柳溪镇卫生院")

    for unit in ("QH-YZ", "青禾县第一中学", "柳溪镇卫生院"):
        assert (await reviewed(world, unit)).messages == 1
    with pytest.raises(Unknown) as told:
        await reviewed(world, "QH-NO")
    assert told.value.code == "review.unit-unknown"


async def test_what_was_withdrawn_unanswered_is_left_out_and_told(world: World) -> None:
    voided, linked, answered = [
        await imported(world, "N-1"),
        await imported(world, "N-2"),
        await imported(world, "N-3", reply="已办。"),
    ]
    into = IncidentLinked(to=answered, to_number="N-3", grounds="重复")
    await said(world, "intake", "incident", voided, POSTED, [IncidentVoided(reason="测试")])
    for incident in (linked, answered):
        await said(world, "intake", "incident", incident, POSTED, [into])

    found = await reviewed(world)

    assert (found.messages, found.withdrawn) == (1, 2)
    assert any("作废或并案" in sentence for sentence in found.remarks)


async def test_incidents_registered_live_are_none_of_its_business(world: World) -> None:
    live = await world.registered("N-1")
    await world.say("routing", live, published("已办。"))

    found = await reviewed(world)

    assert found.messages == 0
    assert "没有导入的历史留言" in found.remarks[0]


async def test_the_same_prefix_of_the_log_is_the_same_review_for_ever(world: World) -> None:
    await imported(world, "N-1")
    before = await reviewed(world)

    await imported(world, "N-2", reply="已办。")
    after = await reviewed(world)

    assert after.messages == 2
    assert await reviewed(world, size=before.log.size) == before


async def test_a_log_with_nothing_in_it_has_nothing_to_judge(world: World) -> None:
    found = await reviewed(world)

    assert (found.log.size, found.log.at, found.messages) == (0, None, 0)


async def test_every_duty_of_a_pack_is_reviewed_for_itself(world: World) -> None:
    text = COUNTY_BASELINE.read_text(encoding="utf-8")
    longer = text[text.index("[duty") :].replace("B.T01", "B.T02").replace("days = 3", "days = 4")
    await imported(world, "N-1", reply="已办。", replied_at=DUE + timedelta(hours=1))

    found = await reviewed(world, pack=read_pack(text + longer, "示例"))

    assert [(duty.id, duty.total.in_time) for duty in found.duties] == [("B.T01", 0), ("B.T02", 1)]
    assert found.remarks[0].startswith("B.T01：")


async def test_a_duty_that_history_has_no_start_for_is_told_to_mean_nothing(world: World) -> None:
    text = COUNTY_BASELINE.read_text(encoding="utf-8").replace('"posted"', '"discovered"')
    await imported(world, "N-1", reply="已办。", replied_at=DUE + timedelta(days=99))

    found = await reviewed(world, pack=read_pack(text, "示例"))

    assert any("没有意义" in sentence for sentence in found.remarks)


async def test_a_pack_without_a_duty_to_reply_is_refused(world: World) -> None:
    empty = read_pack('[pack]\nid = "q"\nversion = "1"\nzh = "例"\n', "示例")

    with pytest.raises(Invalid) as told:
        await reviewed(world, pack=empty)

    assert told.value.code == "pack.no-reply-duty"
