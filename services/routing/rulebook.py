"""The administrator's commands on rules: packs adopted and given up, calendars, school terms.

A unit's pack adds to the rules in force above it, each of them once, and loosens none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from services.routing import tables
from services.routing.administration import Decided, Office
from services.routing.application import act_on
from services.routing.case import repin
from services.routing.county import adoption, check_competent
from services.routing.orders import Adoption, Repinning, TermOrder, Withdrawal, YearOrder
from services.routing.tables import PackEntry
from shared.acts.check import check_moment, require
from shared.calendar.spans import Term
from shared.calendar.working import PublishedYear
from shared.contracts.routing import CalendarPublished, PackWithdrawn, TermsSet
from shared.copies import calendars, matters
from shared.copies.packs import adopted_by, baseline, pack_by_pin, pack_in_force
from shared.copies.units import known_unit
from shared.documents import Complaint
from shared.errors import HuiyinError, Invalid, Refused
from shared.identity.officer import Officer
from shared.policy.language.loading import (
    COUNTY_BASELINE,
    build,
    find_pack,
    id_of,
    shipped_packs,
    texts_of,
)
from shared.policy.language.pack import Pack
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.transaction import By, Transaction

Chosen = Mapping[str, str | int]


class Rulebook(Office):
    """By which rules; for administrators only (Refused ``post.not-competent``)."""

    async def adopt(
        self, order: Adoption, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Bind a unit, and all under it, by a shipped pack or one given whole (采用规则).

        Raises Refused ``pack.looser``, Invalid ``pack.*`` or ``unit.unknown``.
        """
        check_competent(officer)
        require(order.reason, "reason", "采用理由")
        own = _texts(order.pack, order.text)

        def decide(tx: Transaction) -> Decided:
            wanted = composed(own, _above(tx.sql, order.unit, own), order.params)
            known = adopted_by(tx.sql, order.unit) == wanted.pin
            return [] if known else [adoption(wanted, order.unit, order.reason)], wanted.pin

        return await self.recorded(decide, officer, request)

    async def withdraw(
        self, order: Withdrawal, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Let a unit's own pack bind no new matter any more (停用规则)."""
        check_competent(officer)
        require(order.reason, "reason", "停用理由")

        def decide(tx: Transaction) -> Decided:
            pin = adopted_by(tx.sql, known_unit(tx.sql, order.unit).code)
            gone = [PackWithdrawn(unit=order.unit, pin=pin, reason=order.reason)] if pin else []
            return gone, order.unit

        return await self.recorded(decide, officer, request)

    async def repin(
        self, name: str, order: Repinning, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Put a matter under the pack in force now, or one that was adopted (改用规则).

        Raises Refused ``pack.not-adopted`` and what a case says.
        """
        check_competent(officer)

        def work(tx: Transaction) -> Answer:
            entry = matters.find(tx.sql, name)
            now = pack_by_pin(tx.sql, matters.pin_of(tx.sql, entry.id)).pin
            wanted = _wanted(tx.sql, order.pack, entry.unit)
            decided = partial(repin, pin=wanted, now=now, reason=order.reason)
            return act_on(tx, entry, decided, By(officer.actor, tx.now))

        return await self.store.write(lambda tx: once(tx, request, work))

    async def publish_calendar(
        self, order: YearOrder, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Say which days of a year are off or worked (公布历法); raises Invalid ``calendar.*``."""
        check_competent(officer)
        check_moment(date(order.year, 1, 1), self.store.clock(), "year", "历法的年份", ahead=True)
        off, makeup = frozenset(order.off_days), frozenset(order.makeup_days)
        wanted = PublishedYear(order.year, order.notice, off, makeup)
        fact = CalendarPublished(
            year=order.year,
            notice=order.notice,
            off_days=tuple(map(str, sorted(off))),
            makeup_days=tuple(map(str, sorted(makeup))),
        )

        def decide(tx: Transaction) -> Decided:
            known = calendars.published(tx.sql, order.year) == wanted
            return [] if known else [fact], str(order.year)

        return await self.recorded(decide, officer, request)

    async def set_terms(
        self, order: TermOrder, officer: Officer, request: Request | None = None
    ) -> Answer:
        """Say when a school term begins and ends (学期), both days included.

        Raises Invalid ``term.ends-before``, Refused ``term.overlaps``.
        """
        check_competent(officer)
        require(order.name, "name", "学期名称")
        for field, day in {"begins": order.begins, "ends": order.ends}.items():
            check_moment(day, self.store.clock(), field, "学期的起止日期", ahead=True)
        if order.ends <= order.begins:
            raise Invalid("term.ends-before", "学期的结束不晚于开始。", "请核对两个日期。", "ends")
        wanted = Term(order.name, order.begins, order.ends)
        fact = TermsSet(name=order.name, begins=str(order.begins), ends=str(order.ends))

        def decide(tx: Transaction) -> Decided:
            known = calendars.terms(tx.sql)
            _check_apart(wanted, known)
            return [] if wanted in known else [fact], order.name

        return await self.recorded(decide, officer, request)

    async def in_force(self, at: datetime) -> list[PackEntry]:
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


def shipped(name: str) -> list[str]:
    """The texts of a shipped pack and of those it adds to; raises Invalid ``pack.unknown``.

    Only shipped packs are named: a name must not open other files of this machine.
    """
    if name not in shipped_packs():
        raise Invalid(
            "pack.unknown",
            f"没有随附名为“{name}”的规则包。",
            "请用 huiyin pack list 查看；自己的规则包请给出全文。",
            "pack",
        )
    return given(find_pack(name).read_text("utf-8"))


def given(text: str) -> list[str]:
    """The texts of a pack that is given whole, and of the shipped ones it adds to."""
    texts, complaints = texts_of(text)
    if complaints:
        raise told(complaints[0])
    return texts


def composed(own: Sequence[str], above: Pack | None, params: Chosen) -> Pack:
    """The pack under what is in force above; the pack above wins where both add to the same.

    Raises Refused ``pack.looser`` naming both clauses, or Invalid ``pack.*``.
    """
    over = above.texts if above else ()
    named = {id_of(text): text for text in over}
    mine = id_of(own[0])
    if named.get(mine, own[0]) != own[0]:
        raise _other_text(mine)
    kept = [own[0], *(text for text in own[1:] if id_of(text) not in named)]
    texts = [*kept, *(text for text in over if id_of(text) != mine)]
    pack, complaints = build(texts, {**_chosen_above(above, mine), **params})
    if pack is None:
        raise told(complaints[0])
    return pack


def told(complaint: Complaint) -> HuiyinError:
    """A complaint as an error: loosening is refused, all else cannot be understood."""
    kind = Refused if complaint.code == "pack.looser" else Invalid
    place = f"{complaint.place}：" if complaint.place else ""
    return kind(complaint.code, f"{place}{complaint.message}", complaint.remedy, complaint.key)


def _chosen_above(above: Pack | None, mine: str) -> dict[str, str | int]:
    """Parameters that the packs above were adopted with, by pack and name."""
    if above is None or above.id == mine:
        return {}
    return {
        name if "." in name else f"{above.id}.{name}": value for name, value in above.chosen.items()
    }


def _other_text(name: str) -> Invalid:
    return Invalid(
        "pack.id-taken",
        f"上级单位采用的规则包也叫“{name}”, 而内容不同。",
        "请给本单位的规则包另取 id。",
        "pack.id",
    )
