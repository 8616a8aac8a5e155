"""What stands in the way of an act (把关): moment, words of the pack, gates and forms; pure.

An act in the system is refused while a gate is closed to it. An act in the world that has happened
already is recorded all the same, with the gates it broke: the trail must be true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

from shared.acts.body import Order, moments_of
from shared.acts.deed import Circumstances, as_deed
from shared.acts.vocabulary import ACTS
from shared.calendar.days import day_of, end_of, start_of
from shared.calendar.durations import Duration
from shared.clock import SHANGHAI, shown
from shared.contracts.catalogue import Fact
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.engine.gates import Closed, closed, wanting
from shared.policy.language.pack import Pack
from shared.policy.language.speaking import demand, parties
from shared.words import CATEGORIES

FUTURE_TOLERATED = timedelta(minutes=5)
"""Clocks of those who report may be ahead of ours by so much."""

EARLIEST = start_of(date(2000, 1, 1))
"""What is said to have been before is a slip, or what programs make of an empty date."""

FURTHEST = Duration(years=5)
"""So far ahead plans and promises may lie."""

MOMENTS: Mapping[str, str] = {
    "occurred_at": "发生时间",
    "posted_at": "发帖时间",
    "discovered_at": "发现时间",
    "happened_at": "发生时间",
    "planned_at": "计划时间",
    "promised": "承诺的答复时间",
    "until": "所延至的时间",
    "begins": "值班开始时间",
    "ends": "值班结束时间",
}
"""Every moment that may be claimed of an act, by its field, and what people call it."""

AHEAD = ("planned_at", "promised", "until")
"""Those of them that are planned or promised."""

BEGINNINGS = ("happened_at", "posted_at")
"""Moments from which on a matter is there, as its registration calls them."""

DAY_END = timedelta(microseconds=1)
"""So long before 24:00 is a moment of which only the day was said."""

CHECK_TIME = "请核对年月日与时区（默认为北京时间）。"

CATEGORY = "category"
"""The axis that is free where a pack does not declare it, for whoever registers."""

LONGEST_VALUE = 60
"""Characters in a value of an axis that no pack declares."""


@dataclass(frozen=True, slots=True)
class Record:
    """What an act is judged by: the rules of its matter, and what is on record of it."""

    pack: Pack
    matter: Matter
    deeds: Sequence[Deed]


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True)
class Attempt(Generic[F]):
    """An act that somebody wants to take, with what it is judged by.

    ``fact`` is what would be stored, ``came`` under which circumstances, ``body`` what was asked.
    ``known`` are fields of a form that the act says anyway. ``officer`` is who asks.
    """

    fact: F
    came: Circumstances
    body: Order
    record: Record
    officer: str
    known: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def deed(self) -> Deed:
        """The act as rules see it, now and ever after."""
        deed = as_deed(self.fact, self.came)
        assert deed is not None  # every act of the vocabulary is one
        return deed

    @property
    def now(self) -> datetime:
        """The moment of recording (UTC)."""
        return self.came.recorded_at

    @property
    def pack(self) -> Pack:
        """The rules it is under."""
        return self.record.pack

    @property
    def happened(self) -> bool:
        """Whether it has happened in the world already and is only put on record."""
        return bool(getattr(self.body, "happened", False)) and ACTS[self.deed.act].worldly


def check_bounds(body: Order, now: datetime) -> None:
    """Raises Invalid as ``check_moment`` does, for the first moment of a body that cannot be."""
    for name in moments_of(type(body)):
        if (moment := getattr(body, name)) is not None:
            check_moment(moment, now, name, MOMENTS.get(name, "时间"), ahead=name in AHEAD)


def check_moment(
    moment: date | datetime, now: datetime, field_: str, name: str, *, ahead: bool = False
) -> None:
    """Raises Invalid ``time.too-early``, ``time.in-future`` or, ``ahead``, ``time.too-far``."""
    problem = out_of_bounds(moment, now, field_, name, ahead=ahead)
    if problem is not None:
        raise problem


def out_of_bounds(
    moment: date | datetime, now: datetime, field_: str, name: str, *, ahead: bool = False
) -> Invalid | None:
    """What is wrong with a claimed moment, if it cannot be; a day counts from its beginning.

    ``name`` is what people call the field; what lies ``ahead`` may, as far as anybody plans.
    """
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), SHANGHAI)
    if at < EARLIEST:
        return _too_early(f"{name}早于 2000 年。", field_)
    if not ahead and at > now + FUTURE_TOLERATED:
        return Invalid("time.in-future", f"{name}晚于现在。", CHECK_TIME, field_)
    if ahead and at > FURTHEST.after(now):
        remedy = f"计划和承诺最远可以写到{FURTHEST.spoken()}以后；请核对年份。"
        return Invalid("time.too-far", f"{name}在{FURTHEST.spoken()}以后。", remedy, field_)
    return None


def check_begun(at: datetime | None, matter: Matter, body: Order) -> None:
    """Raises Invalid ``time.too-early`` for an act claimed before its matter came about.

    That is when it happened or was posted, whichever was first; a matter that is planned is worked
    on beforehand. Of a moment of which only the day was said (24:00) the whole day counts.
    """
    planned = matter.planned or getattr(body, "planned_at", None)
    if at is None or planned is not None:
        return
    told = (*(getattr(body, name, None) for name in BEGINNINGS), matter.occurred, matter.posted)
    begun = min((_day_counts(moment) for moment in told if moment is not None), default=at)
    if at < begun:
        more = "登记的时间有误的, 请先更正。"
        raise _too_early(f"发生时间早于事项本身（{shown(begun)}）。", "occurred_at", more)


def _day_counts(moment: datetime) -> datetime:
    """The moment, or the beginning of its day where that alone was said."""
    whole = moment + DAY_END == end_of(day_of(moment))
    return start_of(day_of(moment)) if whole else moment


def _too_early(message: str, field_: str, more: str = "") -> Invalid:
    return Invalid("time.too-early", message, CHECK_TIME + more, field_)


def require(text: str | None, field: str, name: str) -> None:
    """Raises Invalid ``<field>.missing`` for a text without content."""
    if not (text or "").strip():
        raise Invalid(f"{field}.missing", f"{name}不能为空。", f"请填写{name}。", field)


def check(attempt: Attempt[Any]) -> tuple[str, ...]:
    """The gates that an act breaks, which is recorded with it.

    Raises Invalid ``act.unknown-*``, ``act.several-values``, ``sets.malformed`` or
    ``form.field-missing``; Refused ``gate.closed`` (``field`` is the first rule, ``rules`` are
    all) for an act that can still be refused.
    """
    check_words(attempt)
    check_sets(attempt)
    breaches = _check_gates(attempt)
    _check_forms(attempt)
    return breaches


def check_words(attempt: Attempt[Any]) -> None:
    """Raises Invalid ``act.unknown-kind`` or ``act.unknown-to`` for words of no pack of theirs."""
    pack, deed = attempt.pack, attempt.deed
    known = pack.kinds_of(deed.act)
    if deed.act == "draft":
        known = {**known, **pack.kinds_of("publish")}  # a draft may be of whatever goes out
    if deed.kind is not None and deed.act != "declare" and deed.kind not in known:
        raise _unknown("kind", deed.kind, f"{ACTS[deed.act].title}的种类", known)
    for party in deed.to:
        if party not in pack.parties and not (deed.act in TO_UNITS and not party[:1].islower()):
            raise _unknown("to", party, "当事方", pack.parties)


TO_UNITS = ("extend", "explain", "urge", "supervise", "circulate")
"""Acts that can be addressed to a unit by its code, too."""


def check_sets(attempt: Attempt[Any]) -> None:
    """Raises Invalid ``act.unknown-sets``, ``act.several-values`` or ``sets.malformed``.

    Of a registration a category is free where the pack declares none; where it does, those that
    every county knows are taken besides its own.
    """
    free = attempt.deed.act in ("register", "correct")
    for axis, values in judged_by(attempt.fact).items():
        _check_axis(attempt.pack, axis, values, free=free and axis == CATEGORY)


def judged_by(fact: Fact) -> dict[str, tuple[str, ...]]:
    """What a fact judges on the axes of a pack."""
    category = getattr(fact, CATEGORY, "")
    sets: Mapping[str, tuple[str, ...]] = getattr(fact, "sets", {})
    return {**({CATEGORY: (category,)} if category else {}), **sets}


def refusing(attempt: Attempt[Any]) -> tuple[str, ...]:
    """The numbers of the gates that would refuse an act that is to happen."""
    return tuple(each.number for each in _closed(attempt) if not each.flagged)


def _check_axis(pack: Pack, key: str, values: Sequence[str], *, free: bool) -> None:
    axis = pack.axes.get(key)
    if axis is None and not free:
        raise _unknown("sets", key, "分类维度", pack.axes)
    common = CATEGORIES if free else ()
    for value in values:
        if axis is not None and value not in axis.values and value not in common:
            raise _unknown(f"sets.{key}", value, axis.zh, axis.values)
        if not 0 < len(value.strip()) <= LONGEST_VALUE:
            said = "分类的值为空或太长。"
            raise Invalid("sets.malformed", said, "请填写分类的值。", f"sets.{key}")
    if len(values) != 1 and not (values and axis is not None and axis.several):
        choices = f"可以填写：{'、'.join(axis.values)}。" if axis else "请只填写一个值。"
        name = axis.zh if axis is not None else "类别"
        raise Invalid("act.several-values", f"“{name}”只能取一个值。", choices, f"sets.{key}")


def _closed(attempt: Attempt[Any]) -> list[Closed]:
    record = attempt.record
    return closed(record.pack, record.matter, record.deeds, attempt.deed)


def _check_gates(attempt: Attempt[Any]) -> tuple[str, ...]:
    found = _closed(attempt)
    refused = [each for each in found if not each.flagged]
    if refused and not attempt.happened:
        raise _refused(attempt.pack, refused)
    return tuple(each.number for each in found)


def _check_forms(attempt: Attempt[Any]) -> None:
    """A form takes from the act itself what that says anyway.

    Of an act whose body has no place for a form none is asked: nobody could ever fill it in.
    """
    record, given = attempt.record, getattr(attempt.body, "fields", None)
    if given is None:
        return
    filled = {**attempt.known, **given}
    for each in wanting(record.pack, record.matter, record.deeds, attempt.deed, filled):
        said = f"{each.form.zh}（{each.number}）的“{each.spec.zh}”{each.problem}。"
        remedy = "请按表单要求填写。"
        raise Invalid("form.field-missing", said, remedy, f"fields.{each.key}")


def _unknown(field_: str, given: str, what: str, known: Any) -> Invalid:
    choices = "、".join(known) or "（规则包没有声明）"
    said = f"规则包中没有“{given}”这个{what}。"
    remedy = f"可以填写：{choices}。"
    return Invalid(f"act.unknown-{field_.partition('.')[0]}", said, remedy, field_)


def _refused(pack: Pack, refused: Sequence[Closed]) -> Refused:
    numbers = tuple(each.number for each in refused)
    return Refused(
        "gate.closed",
        "；".join(_wanted(pack, each) for each in refused) + "。",
        "请先完成所要求的事项；确已在外部发生的, 可注明“已发生”据实补录, 并记为违规。",
        numbers[0],
        numbers,
    )


def _wanted(pack: Pack, each: Closed) -> str:
    gate = each.gate
    if gate.only_by is not None:
        wanted = f"只能由 {parties(pack, gate.only_by)} 办理"
    else:
        assert gate.needs is not None
        wanted = f"须先有 {demand(pack, gate.needs)}"
    return f"按规则 {each.number}（{gate.clause or gate.zh}）, {wanted}"
