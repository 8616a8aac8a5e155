"""The administrator's commands on rules: packs adopted and given up, calendars, school terms."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial

from services.routing import tables
from services.routing.administration import record
from services.routing.adopting import Chosen, adoption, composed, given, shipped
from services.routing.application import act_on
from services.routing.case import repin
from services.routing.county import check_competent
from services.routing.tables import InForce
from shared.acts.check import require
from shared.calendar.spans import Term
from shared.calendar.working import PublishedYear
from shared.contracts.routing import CalendarPublished, PackWithdrawn, TermsSet
from shared.copies import calendars, incidents, matters
from shared.copies.packs import adopted_by, baseline, pack_by_pin, pack_in_force
from shared.copies.units import known_unit
from shared.errors import Invalid, Refused
from shared.identity.officers import Officer
from shared.policy.language.loading import COUNTY_BASELINE, id_of
from shared.policy.language.pack import Pack
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import By, Transaction


class Rulebook:
    """By which rules; for administrators only (Refused ``post.not-competent``)."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def adopt(
        self,
        unit: str,
        pack: str | None,
        text: str | None,
        params: Chosen,
        reason: str,
        officer: Officer,
        request: Request | None = None,
    ) -> Answer:
        """Bind a unit, and all under it, by a shipped pack or one given whole (采用规则).

        Raises Refused ``pack.looser``, Invalid ``pack.*`` or ``unit.unknown``.
        """
        check_competent(officer)
        require(reason, "reason", "采用理由")
        own = _texts(pack, text)

        def work(tx: Transaction) -> Answer:
            wanted = composed(own, _above(tx.sql, unit, own), params)
            known = adopted_by(tx.sql, unit) == wanted.pin
            facts = [] if known else [adoption(wanted, unit, reason)]
            return record(tx, facts, officer, wanted.pin)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def withdraw(
        self, unit: str, reason: str, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Let a unit's own pack bind no new matter any more (停用规则)."""
        check_competent(officer)
        require(reason, "reason", "停用理由")

        def work(tx: Transaction) -> Answer:
            pin = adopted_by(tx.sql, known_unit(tx.sql, unit).code)
            facts = [PackWithdrawn(unit=unit, pin=pin, reason=reason)] if pin else []
            return record(tx, facts, officer, unit)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def repin(
        self,
        name: str,
        pack: str | None,
        reason: str,
        officer: Officer,
        request: Request | None = None,
    ) -> Answer:
        """Put a matter under the pack in force now, or one that was adopted (改用规则).

        Raises Refused ``pack.not-adopted`` and what a case says.
        """
        check_competent(officer)

        def work(tx: Transaction) -> Answer:
            entry = incidents.find(tx.sql, name)
            heard = matters.matter(tx.sql, entry.id)
            now = pack_by_pin(tx.sql, heard.pin if heard else None).pin
            wanted = _wanted(tx.sql, pack, entry.unit)
            decided = partial(repin, pin=wanted, now=now, reason=reason)
            return act_on(tx, entry, decided, By(officer.actor, tx.now))

        return await self.store.write(lambda tx: once(tx, request, work))

    async def publish_calendar(
        self,
        year: int,
        notice: str,
        off_days: Sequence[date],
        makeup_days: Sequence[date],
        officer: Officer,
        request: Request | None = None,
    ) -> Answer:
        """Say which days of a year are off or worked (公布历法); raises Invalid ``calendar.*``."""
        check_competent(officer)
        wanted = PublishedYear(year, notice, frozenset(off_days), frozenset(makeup_days))
        fact = CalendarPublished(
            year=year,
            notice=notice,
            off_days=tuple(map(str, sorted(wanted.off_days))),
            makeup_days=tuple(map(str, sorted(wanted.makeup_days))),
        )

        def work(tx: Transaction) -> Answer:
            facts = [] if calendars.published(tx.sql, year) == wanted else [fact]
            return record(tx, facts, officer, str(year))

        return await self.store.write(lambda tx: once(tx, request, work))

    async def set_terms(
        self,
        name: str,
        begins: date,
        ends: date,
        officer: Officer,
        request: Request | None = None,
    ) -> Answer:
        """Say when a school term begins and ends (学期), both days included.

        Raises Invalid ``term.ends-before``, Refused ``term.overlaps``.
        """
        check_competent(officer)
        require(name, "name", "学期名称")
        if ends <= begins:
            raise Invalid("term.ends-before", "学期的结束不晚于开始。", "请核对两个日期。", "ends")
        wanted = Term(name, begins, ends)
        fact = TermsSet(name=name, begins=str(begins), ends=str(ends))

        def work(tx: Transaction) -> Answer:
            known = calendars.terms(tx.sql)
            _check_apart(wanted, known)
            return record(tx, [] if wanted in known else [fact], officer, name)

        return await self.store.write(lambda tx: once(tx, request, work))

    async def in_force(self, at: datetime) -> list[InForce]:
        """Which packs units had adopted at a moment."""
        return await self.store.read(lambda sql: tables.rules_in_force(sql, at))


def _texts(pack: str | None, text: str | None) -> list[str]:
    if (pack is None) == (text is None):
        raise Invalid(
            "pack.missing",
            "须给出规则包名或规则包全文, 二者取一。",
            "请填写 pack（见 huiyin pack list）或 text。",
            "pack",
        )
    return shipped(pack) if pack is not None else given(text or "")


def _above(sql: Sql, unit: str, own: Sequence[str]) -> Pack | None:
    """What is in force above a unit; above the root it is the baseline, unless that is its own or
    the county was founded under other rules.
    """
    above = known_unit(sql, unit).parent
    if above is not None:
        return pack_in_force(sql, above)
    first = baseline()
    kept = tables.adopted_first(sql, unit) == first.id and first.id not in map(id_of, own)
    return first if kept else None


def _wanted(sql: Sql, pack: str | None, unit: str) -> str:
    if pack is None:
        return pack_in_force(sql, unit).pin
    pin = tables.adopted_last(sql, pack)
    if pin is None and pack == COUNTY_BASELINE.stem:
        return baseline().pin
    if pin is None:
        raise Refused(
            "pack.not-adopted",
            f"本县没有采用过规则包“{pack}”。",
            "请先采用它（huiyin pack adopt）, 再改用。",
            "pack",
        )
    return pin


def _check_apart(wanted: Term, known: Iterable[Term]) -> None:
    for other in known:
        apart = wanted.ends < other.begins or other.ends < wanted.begins
        if other.name != wanted.name and not apart:
            raise Refused(
                "term.overlaps",
                f"与“{other.name}”（{other.begins} 至 {other.ends}）重叠。",
                "请核对日期；更改已有学期的, 请用同一名称。",
                "begins",
            )
