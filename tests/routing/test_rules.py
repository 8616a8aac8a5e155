"""Packs, calendars and terms over a real database: by which rules, since when, and for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.routing.orders import Adoption, Repinning, TermOrder, Withdrawal, YearOrder
from services.routing.rulebook import Rulebook
from services.routing.tables import MODEL
from shared.acts.vocabulary import ACTS
from shared.contracts.envelope import decode
from shared.contracts.intake import IncidentVoided
from shared.contracts.routing import CaseRepinned, PackAdopted, StateDeclared
from shared.copies.packs import baseline, pack_by_pin, pack_in_force
from shared.copies.units import unit_id
from shared.errors import Invalid, Refused
from shared.identity.officer import Officer
from shared.policy.language.pack import Pack
from shared.store.requests import Answer
from shared.store.transaction import Transaction
from tests.routing.world import ADMIN, BUREAU, LI, TOWN, WU, World

pytestmark = pytest.mark.anyio

NUMBER = "QINGHE-2026-000001"
ZIBO = "zibo-middle-school"
WHY = "县里印发了新办法"

SCHOOL = """
[pack]
id = "first-school"
version = "2026.1"
zh = "第一中学"
[params.days]
zh = "几日内回复"
default = 2
[duty."S.T01"]
zh = "先行回复"
clause = "自发帖之日起两日内回复"
start = "posted"
stop = "publish"
days = "$days"
"""


class Book:
    """The administrator's commands, said in a row."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self.in_force = rulebook.in_force

    async def adopt(
        self,
        unit: str,
        pack: str | None,
        text: str | None,
        params: Mapping[str, str | int],
        reason: str,
        officer: Officer,
    ) -> Answer:
        order = Adoption(unit=unit, pack=pack, text=text, params=dict(params), reason=reason)
        return await self._rulebook.adopt(order, officer)

    async def withdraw(self, unit: str, reason: str, officer: Officer) -> Answer:
        return await self._rulebook.withdraw(Withdrawal(unit=unit, reason=reason), officer)

    async def repin(self, name: str, pack: str | None, reason: str, officer: Officer) -> Answer:
        return await self._rulebook.repin(name, Repinning(pack=pack, reason=reason), officer)

    async def publish_calendar(
        self, year: int, notice: str, off: Sequence[date], makeup: Sequence[date], officer: Officer
    ) -> Answer:
        order = YearOrder(year=year, notice=notice, off_days=[*off], makeup_days=[*makeup])
        return await self._rulebook.publish_calendar(order, officer)

    async def set_terms(self, name: str, begins: date, ends: date, officer: Officer) -> Answer:
        return await self._rulebook.set_terms(
            TermOrder(name=name, begins=begins, ends=ends), officer
        )


def book(world: World) -> Book:
    """The administrator's commands."""
    return Book(Rulebook(world.room.store))


async def in_force(world: World, unit: str) -> Pack:
    """What binds a unit now."""
    return await world.room.store.read(lambda sql: pack_in_force(sql, unit))


async def facts(world: World, kind: type) -> list[object]:
    """What was said of that kind."""
    stored = await world.room.store.notifications(0, 1000)
    found = [decode(each.state).fact for each in stored]
    return [fact for fact in found if isinstance(fact, kind)]


async def test_founding_binds_the_county_by_the_baseline(world: World) -> None:
    (first,) = await facts(world, PackAdopted)
    assert isinstance(first, PackAdopted)
    assert (first.unit, first.pin) == ("QH-JYJ", baseline().pin)
    assert (await in_force(world, "QH-YZ")).pin == baseline().pin


class TestAdopt:
    async def test_a_units_pack_adds_to_what_is_in_force_above_and_each_once(
        self, world: World
    ) -> None:
        done = await book(world).adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)

        pack = await in_force(world, "QH-YZ")
        assert done.number == pack.pin
        assert [each.id for each in pack.lineage] == [ZIBO, "county-baseline"]
        assert "B.T01" in pack.rules
        assert (await in_force(world, "QH-LX")).id == "county-baseline"

    async def test_a_pack_given_whole_is_bound_with_its_parameters(self, world: World) -> None:
        await book(world).adopt("QH-YZ", None, SCHOOL, {"days": 1}, WHY, ADMIN)
        pack = await in_force(world, "QH-YZ")
        assert pack.chosen == {"days": 1}
        assert pack.rules["S.T01"].days == 1  # type: ignore[attr-defined]  # it is a duty

    async def test_those_under_it_keep_the_readings_chosen_above(self, world: World) -> None:
        await book(world).adopt("QH-JYJ", None, SCHOOL, {"days": 1}, WHY, ADMIN)
        await book(world).adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)
        pack = await in_force(world, "QH-YZ")
        assert [each.id for each in pack.lineage] == [ZIBO, "first-school", "county-baseline"]
        assert pack.rules["S.T01"].days == 1  # type: ignore[attr-defined]  # it is a duty

    async def test_a_looser_pack_is_refused_naming_both_clauses(self, world: World) -> None:
        before = world.room.store.position()
        with pytest.raises(Refused) as caught:
            await book(world).adopt("QH-YZ", None, SCHOOL, {"days": 5}, WHY, ADMIN)
        assert caught.value.code == "pack.looser"
        assert "自发帖之日起两日内回复" in caught.value.message
        assert "自发帖之日起三日内公开回复" in caught.value.message
        assert world.room.store.position() == before

    @pytest.mark.parametrize(
        ("pack", "text", "params", "code"),
        [
            ("no-such-pack", None, {}, "pack.unknown"),
            ("../../../etc/hostname", None, {}, "pack.unknown"),
            (None, "pack = 1", {}, "pack.wrong-type"),
            (None, '[pack]\nextends = "/etc/hostname"', {}, "pack.unknown"),
            (None, SCHOOL, {"hours": 1}, "pack.unknown-parameter"),
            (None, None, {}, "pack.missing"),
        ],
    )
    async def test_what_cannot_be_read_binds_nobody(
        self, world: World, pack: str | None, text: str | None, params: dict[str, int], code: str
    ) -> None:
        before = world.room.store.position()
        with pytest.raises(Invalid) as caught:
            await book(world).adopt("QH-YZ", pack, text, params, WHY, ADMIN)
        assert caught.value.code == code
        assert world.room.store.position() == before

    async def test_the_same_again_is_quiet(self, world: World) -> None:
        await book(world).adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)
        again = await book(world).adopt("QH-YZ", ZIBO, None, {}, "再来一次", ADMIN)
        assert again.events == ()

    async def test_a_pack_given_up_binds_no_more_and_giving_up_again_is_quiet(
        self, world: World
    ) -> None:
        await book(world).adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)
        await book(world).withdraw("QH-YZ", "改用县级规则", ADMIN)
        again = await book(world).withdraw("QH-YZ", "改用县级规则", ADMIN)
        assert (await in_force(world, "QH-YZ")).pin == baseline().pin
        assert again.events == ()

    async def test_who_was_bound_by_which_rule_then_can_be_told(self, world: World) -> None:
        rules = book(world)
        await rules.adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)
        await rules.withdraw("QH-YZ", "改用县级规则", ADMIN)

        now = datetime(2100, 1, 1, tzinfo=UTC)
        assert [each.unit for each in await rules.in_force(now)] == ["QH-JYJ"]
        every = await world.room.store.read(
            lambda sql: sql.all("SELECT since FROM rules_in_force WHERE unit = 'QH-YZ'")
        )
        since = datetime.fromtimestamp(every[0]["since"] / 1e6, UTC)
        then = await rules.in_force(since)
        assert [(each.unit, each.pack) for each in then] == [
            ("QH-JYJ", "county-baseline"),
            ("QH-YZ", ZIBO),
        ]

    async def test_a_party_of_the_pack_can_be_appointed(self, world: World) -> None:
        await book(world).adopt("QH-YZ", "university-network-responsibility", None, {}, WHY, ADMIN)
        who = await world.appoint("示例·午", "QH-YZ", "publicity_dept")
        assert who[0].startswith("o-")
        with pytest.raises(Invalid, match=r"post\.unknown"):
            await world.appoint("示例·未", "QH-LX", "publicity_dept")


class TestRepin:
    async def test_a_matter_goes_on_under_the_rules_in_force_now(self, world: World) -> None:
        incident = await world.registered(NUMBER)
        await book(world).adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)

        await book(world).repin(NUMBER, None, "按新规则续办", ADMIN)
        again = await book(world).repin(NUMBER, ZIBO, "按新规则续办", ADMIN)

        pin = (await in_force(world, "QH-YZ")).pin
        assert await facts(world, CaseRepinned) == [CaseRepinned(pin=pin, reason="按新规则续办")]
        assert again.events == ()
        await world.act(BUREAU, "grade", NUMBER, grade="major", grounds="多家转发")
        assert (await world.case(incident))[-1].envelope.policy == pin

    async def test_rules_that_nobody_adopted_are_refused(self, world: World) -> None:
        await world.registered(NUMBER)
        with pytest.raises(Refused, match=r"pack\.not-adopted"):
            await book(world).repin(NUMBER, ZIBO, "按新规则续办", ADMIN)


class TestDates:
    OFF = (date(2027, 1, 1), date(2027, 5, 1), date(2027, 5, 2))
    OCTOBER = tuple(date(2027, 10, day) for day in (1, 2, 3))

    async def test_a_year_is_published_once_and_anew(self, world: World) -> None:
        rules, off = book(world), (*self.OFF, *self.OCTOBER)
        done = await rules.publish_calendar(2027, "国办发〔2026〕1号", off, (), ADMIN)
        again = await rules.publish_calendar(2027, "国办发〔2026〕1号", off, (), ADMIN)
        more = await rules.publish_calendar(2027, "更正", off, (date(2027, 1, 9),), ADMIN)
        assert done.events == more.events == ("routing.calendar-published.v1",)
        assert again.events == ()

    async def test_a_statutory_day_left_out_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match=r"calendar\.statutory-day-missing"):
            await book(world).publish_calendar(2027, "", self.OFF, (), ADMIN)

    async def test_a_term_is_set_and_overlaps_no_other(self, world: World) -> None:
        rules = book(world)
        spring = (date(2026, 3, 1), date(2026, 7, 5))
        done = await rules.set_terms("2026春", *spring, ADMIN)
        again = await rules.set_terms("2026春", *spring, ADMIN)
        assert (len(done.events), again.events) == (1, ())
        with pytest.raises(Refused, match=r"term\.overlaps"):
            await rules.set_terms("2026夏", date(2026, 7, 1), date(2026, 8, 1), ADMIN)
        with pytest.raises(Invalid, match=r"term\.ends-before"):
            await rules.set_terms("2026秋", date(2026, 9, 1), date(2026, 9, 1), ADMIN)

    async def test_days_before_2000_or_further_than_anybody_plans_are_refused(
        self, world: World
    ) -> None:
        rules, before = book(world), world.room.store.position()
        for year, code in ((1999, "time.too-early"), (2032, "time.too-far")):
            day = date(year, 3, 10)
            for attempt in (
                rules.publish_calendar(year, "", (), (), ADMIN),
                rules.set_terms("学期", day, date(2026, 7, 5), ADMIN),
                rules.set_terms("学期", date(2026, 3, 1), day, ADMIN),
            ):
                with pytest.raises(Invalid, match=code.replace(".", r"\.")):
                    await attempt
        assert world.room.store.position() == before


async def test_only_administrators_change_rules(world: World) -> None:
    rules, before = book(world), world.room.store.position()
    day = date(2026, 3, 1)
    for attempt in (
        rules.adopt("QH-YZ", ZIBO, None, {}, WHY, BUREAU),
        rules.withdraw("QH-YZ", WHY, BUREAU),
        rules.repin(NUMBER, None, WHY, BUREAU),
        rules.publish_calendar(2027, "", (), (), BUREAU),
        rules.set_terms("2026春", day, day, BUREAU),
    ):
        with pytest.raises(Refused, match=r"post\.not-competent"):
            await attempt
    assert world.room.store.position() == before


class TestOnUnits:
    DECLARE = replace(ACTS["declare"], on="unit")

    async def test_a_state_of_a_unit_is_declared_in_its_own_stream(self, world: World) -> None:
        await book(world).adopt("QH-JYJ", "school-outbreak-plan", None, {}, WHY, ADMIN)
        done, again = [
            await world.act(WU, self.DECLARE, "QH-YZ", state="outbreak", on=True) for _ in range(2)
        ]

        (event,) = await world.case(unit_id("QH-YZ"))
        assert event.fact == StateDeclared(state="outbreak", on=True)
        assert (event.envelope.kind, event.envelope.unit) == ("unit-day", "QH-YZ")
        assert (done.incident, done.number, again.events) == (None, "QH-YZ", ())

    async def test_a_gate_on_declaring_counts_for_units_too(self, world: World) -> None:
        await book(world).adopt("QH-JYJ", "school-outbreak-plan", None, {}, WHY, ADMIN)
        await world.act(LI, self.DECLARE, "QH-YZ", state="emergency", on=True)
        with pytest.raises(Refused, match=r"gate\.closed"):
            await world.act(LI, self.DECLARE, "QH-YZ", state="emergency", on=False)

    async def test_another_units_state_is_not_declared(self, world: World) -> None:
        with pytest.raises(Refused, match=r"unit\.not-yours"):
            await world.act(TOWN, self.DECLARE, "QH-YZ", state="outbreak", on=True)


async def test_all_tables_come_out_the_same_when_made_afresh(world: World) -> None:
    incident = await world.registered(NUMBER)
    rules = book(world)
    await rules.adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)
    await rules.set_terms("2026春", date(2026, 3, 1), date(2026, 7, 5), ADMIN)
    await world.appoint("示例·辰", "QH-LX", "liaison")
    await world.administration.name_supervisor("SJ", "市局", ADMIN)
    await world.act(BUREAU, "assign", NUMBER, lead="QH-YZ", co_handling=["QH-LX"])
    await world.act(TOWN, "accept", NUMBER)
    await world.act(LI, "draft", NUMBER, kind="result", text="两本课本已补发。")
    await world.act(WU, "approve", NUMBER)
    await world.act(LI, "publish", NUMBER, channel="原渠道")
    await world.say(incident, "QH-YZ", IncidentVoided(reason="误登记"))
    await world.deliver()
    own = [decode(n.state) for n in await world.room.store.notifications(0, 1000)]
    heard = [decode(n.state) for n in await world.upstream.notifications(0, 1000)]

    def rows(tx: Transaction) -> dict[str, list[tuple[object, ...]]]:
        return {
            table: sorted(tuple(dict(row).items()) for row in tx.sql.all(f"SELECT * FROM {table}"))
            for table in MODEL.tables
        }

    def afresh(tx: Transaction) -> None:
        before = rows(tx)
        for table in MODEL.tables:
            tx.sql.execute(f"DELETE FROM {table}")
        MODEL.note(tx.sql, own)
        MODEL.note(tx.sql, heard)
        assert rows(tx) == before
        assert all(before[table] for table in MODEL.tables if table != "calendars")

    await world.room.store.write(afresh)


async def test_an_old_pin_is_still_readable_after_another_was_adopted(world: World) -> None:
    first = await book(world).adopt("QH-YZ", None, SCHOOL, {}, WHY, ADMIN)
    await book(world).adopt("QH-YZ", ZIBO, None, {}, WHY, ADMIN)
    pack = await world.room.store.read(lambda sql: pack_by_pin(sql, first.number))
    assert pack.id == "first-school"
