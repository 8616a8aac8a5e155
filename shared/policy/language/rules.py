"""The rules of a pack (规则), one class per section of its file.

A duty (义务) says who must do what by when; a gate (前置条件) what is refused until something is on
record; a form (表单) what an act must carry. Schedules (定期事项) and shifts (值班) are duties of a
unit and period. Offences (追责情形) name what is found of duties or by people; statistics (统计)
and archive items (归档项目) what is counted and kept. ``zh`` titles are what people see.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from shared.calendar.days import read_annual_day
from shared.calendar.durations import Duration, read_duration
from shared.calendar.periods import WEEKDAYS
from shared.contracts.catalogue import Contract
from shared.errors import Invalid
from shared.policy.language.patterns import Demand, Pattern, read_demand, read_pattern

LONGEST = 3660
"""Days; more can only be a slip, and would end outside the calendar."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
RuleId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*(/[0-9a-z_]+)?$")]
"""A rule's number in its source; ``/part`` where one rule of the source takes several here."""

Days = Annotated[int, Field(ge=1, le=LONGEST)]


def _read_duration(given: Any) -> Duration:
    """A duration of the file, told in a way that a model's check can pass on."""
    if not isinstance(given, str):
        raise ValueError('时长要加引号, 如 "PT3H"')  # noqa: TRY004
    try:
        return read_duration(given)
    except Invalid as problem:
        raise ValueError(f"{problem.message}{problem.remedy}") from problem


def _read_ahead(given: Any) -> Literal[True] | Duration:
    if isinstance(given, Duration):
        return given
    return True if given is True else _read_duration(given)


ClockTime = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


def _day_or(*words: str) -> Callable[[str], str]:
    """A check for a day of the year that there is, or one of these words."""

    def check(text: str) -> str:
        if text not in words:
            try:
                read_annual_day(text)
            except Invalid as problem:
                also = f", 也可以写 {'、'.join(words)}" if words else ""
                raise ValueError(f"没有“{text}”这一天, 请写成 12-11{also}") from problem
        return text

    return check


YearDay = Annotated[str, AfterValidator(_day_or())]
LastDay = Annotated[str, AfterValidator(_day_or("last"))]
"""``last`` is the last day of the month."""


def _period_day(given: Any) -> str:
    """A day of a period; the calendar says whether it is one of that kind of period."""
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(text, str):
        raise ValueError('写成 "last"、10 或 "friday"')  # noqa: TRY004
    return text if text.isdecimal() else _day_or("first", "last", *WEEKDAYS)(text)


PeriodDay = Annotated[str, PlainValidator(_period_day)]
"""``first`` and ``last`` of the period, its so-manieth day, a weekday, or a day of the year."""


def _read(kind: type, reader: Callable[[Any], Any]) -> PlainValidator:
    """Reads what the file has, and takes what is read already as it is."""
    return PlainValidator(lambda given: given if isinstance(given, kind) else reader(given))


Within = Annotated[Duration, _read(Duration, _read_duration)]
Ahead = Annotated[Literal[True] | Duration, PlainValidator(_read_ahead)]
"""So long before what is planned; ``true`` is beforehand, however long."""
Act = Annotated[Pattern, _read(Pattern, read_pattern)]
Wanted = Annotated[Demand, _read(Demand, read_demand)]


def _as_list(given: Any) -> Any:
    """One value where a list may stand; TOML's lists are tuples from here on."""
    return tuple(given) if isinstance(given, list | tuple) else (given,)


Keys = Annotated[tuple[Key, ...], BeforeValidator(_as_list), Field(min_length=1)]
Values = Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]
Acts = Annotated[tuple[Act, ...], BeforeValidator(_as_list)]
Several = Annotated[tuple[RuleId, ...], BeforeValidator(_as_list)]

Span = Annotated[tuple[YearDay, YearDay], BeforeValidator(_as_list)]
"""From a day of the year to another, both included."""

Months = Annotated[
    tuple[Annotated[int, Field(ge=1, le=12)], ...], BeforeValidator(_as_list), Field(min_length=1)
]

When = Annotated[Mapping[Key, Values], Field(min_length=1)]
"""Conditions (适用条件): each named axis, ``state``, ``matter`` or ``channel`` has such a value.

``!value`` holds where something else was judged.
"""

MOMENTS: Mapping[str, str] = {
    "occurred": "发生",
    "posted": "发帖",
    "discovered": "发现",
    "registered": "登记",
    "planned": "计划时间",
}
"""Moments of a registration from which a duty can be counted."""


def _check_start(text: str) -> str:
    """A moment, ``state:X``, ``missed:ID`` or a pattern."""
    if text in MOMENTS or text.startswith(("state:", "missed:")):
        return text
    read_pattern(text)
    return text


Starts = Annotated[
    tuple[Annotated[Text, AfterValidator(_check_start)], ...],
    BeforeValidator(_as_list),
    Field(min_length=1),
]
"""What a duty is counted from, the first of these on record: a moment, the start of a state, a
missed duty, or an act."""

CLOCKS: Mapping[str, str] = {
    "within": "时长",
    "days": "自然日",
    "working_days": "工作日",
    "same_day": "当日",
    "at": "钟点",
    "on": "日期",
    "promised": "承诺时间",
    "soon": "立即或及时",
    "until": "持续到",
    "before": "提前",
    "window": "期间",
}
"""The ways in which a duty's limit can be given; each duty has exactly one."""

Standing = Literal["armed", "measured", "unarmed"]

STANDINGS: Mapping[str, str] = {"armed": "启用", "measured": "计量", "unarmed": "未启用"}
"""What becomes of the items of a source in a pack (条目状态)."""

Each = Literal["assignee", "recipient", "post_holder", "class", "unit"]


class Rule(Contract):
    """What every rule has: a Chinese title, the clause it rests on, and further numbers of it."""

    SECTION: ClassVar[str]
    TITLE: ClassVar[str]

    def __init_subclass__(cls, *, section: str, word: str) -> None:
        cls.SECTION, cls.TITLE = section, word

    zh: Text
    clause: Text | None = None
    also: Several = ()

    @property
    def standing(self) -> Standing:
        """Whether it refuses, is missed or shows something, or its time is only measured."""
        return "armed"

    def asked(self) -> Iterator[Pattern]:
        """Every pattern of an act that the rule names."""
        for _, value in self:
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Demand):
                    yield from part.patterns()
                elif isinstance(part, Pattern):
                    yield part


class Extension(Contract):
    """How far a limit may be extended (延期), how that is counted, who approves."""

    id: RuleId | None = None
    days: Days | None = None
    within: Within | None = None
    counted: Literal["total", "additional"] = "total"
    needs: Literal["reason", "approval"] = "reason"
    approver: Keys | None = None


class Duty(Rule, section="duty", word="义务"):
    """After ``start``, ``who`` must have done ``stop`` by the limit.

    ``days`` end at 24:00, inclusive, of the so-many-th day after the start day (Asia/Shanghai);
    with ``reading = "from_start_day"`` the start day counts, with ``"elapsed"`` a day is 24 hours.
    ``soon`` is measured and never missed; ``until`` stays open and is never overdue. ``again``
    starts the duty anew with every act that fits ``start``; ``unless`` ends it unowed.
    """

    who: Keys = ("handling_unit",)
    when: When | None = None
    start: Starts
    stop: Wanted
    within: Within | None = None
    days: Days | None = None
    working_days: Days | None = None
    same_day: Literal[True] | None = None
    at: ClockTime | None = None
    on: LastDay | None = None
    promised: Literal[True] | None = None
    soon: Literal["immediate", "prompt"] | None = None
    until: Wanted | None = None
    before: Ahead | None = None
    window: Span | None = None
    reading: Literal["after_start_day", "from_start_day", "elapsed"] = "after_start_day"
    each: Literal["assignee", "recipient"] | None = None
    recipients: Keys | None = None
    again: bool = False
    optional: bool = False
    unless: Wanted | None = None
    clash: Several = ()
    extension: Extension | None = None

    @property
    def clock(self) -> str:
        """The name of its clock."""
        return next(name for name in CLOCKS if getattr(self, name) is not None)

    @property
    def measured(self) -> bool:
        """Whether it is only measured: there is no limit that could be missed."""
        return self.clock in ("soon", "until")

    @property
    def standing(self) -> Standing:
        return "measured" if self.measured else "armed"

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        given = [name for name in CLOCKS if getattr(self, name) is not None]
        if len(given) != 1:
            said = "、".join(given) or "没有"
            raise ValueError(f"时限须恰好写一种（{'、'.join(CLOCKS)}）, 现有：{said}")
        if (self.each == "recipient") != (self.recipients is not None):
            raise ValueError('each = "recipient" 与 recipients 须同时写')
        return self

    def asked(self) -> Iterator[Pattern]:
        yield from super().asked()
        for start in self.start:
            if start not in MOMENTS and not start.startswith(("state:", "missed:")):
                yield read_pattern(start)


class Schedule(Rule, section="schedule", word="定期事项"):
    """In every period, ``who`` must have done ``stop``, ``count`` times, by its end or ``at``.

    ``covers`` is what the paper is about: its own period, the time since the last cut-off, or the
    period before. ``months`` limits it to some months of the year.
    """

    who: Keys = ("responsible_unit",)
    when: When | None = None
    every: Literal["day", "week", "month", "quarter", "term", "year"]
    stop: Wanted
    at: ClockTime | None = None
    on: PeriodDay | None = None
    months: Months | None = None
    from_: YearDay | None = Field(None, alias="from")
    window: Span | None = None
    working_days: bool = False
    count: Annotated[int, Field(ge=1, le=100)] = 1
    covers: Literal["period", "since_last", "previous"] = "period"
    each: Each | None = None
    clash: Several = ()


class Shift(Rule, section="shift", word="值班"):
    """Somebody of ``who`` is on duty without a gap; each shift ends with its form."""

    who: Keys = ("duty_officer",)
    when: When | None = None
    at: ClockTime = "08:00"
    for_: Within = Field(default=read_duration("PT24H"), alias="for")
    form: RuleId | None = None
    leader: bool = False


class Gate(Rule, section="gate", word="前置条件"):
    """``refuse`` is refused until ``needs`` is on record, or to anybody but ``only_by``.

    Acts that fit ``besides`` are let through all the same.

    What already happened in the world is recorded all the same, as a breach; ``mode = "flag"``
    records a breach instead of refusing beforehand too.
    """

    when: When | None = None
    refuse: Annotated[Acts, Field(min_length=1)]
    besides: Acts = ()
    needs: Wanted | None = None
    only_by: Keys | None = None
    mode: Literal["refuse", "flag"] = "refuse"

    @model_validator(mode="after")
    def _some_need(self) -> Self:
        if (self.needs is None) == (self.only_by is None):
            raise ValueError("须写 needs 或 only_by 之一")
        return self


class FieldSpec(Contract):
    """A field of a form: what it holds, and whether an explicit nil (无) will do.

    ``of`` lists what may be chosen; ``optional`` fields may be missing.
    """

    zh: Text
    type: Literal["text", "number", "moment", "interval", "unit", "post", "choice", "link"] = "text"
    nil: bool = False
    optional: bool = False
    of: Values | None = None

    @model_validator(mode="after")
    def _choices(self) -> Self:
        if (self.type == "choice") != (self.of is not None):
            raise ValueError('type = "choice" 与 of 须同时写')
        return self


class Form(Rule, section="form", word="表单"):
    """What acts that fit ``on`` must carry (``fields``), and as which paper they are printed.

    An ``optional`` form may be left out as a whole; once begun it is filled in like any other.
    """

    when: When | None = None
    on: Annotated[Acts, Field(min_length=1)]
    fields: Mapping[Key, FieldSpec] = Field(default_factory=dict)
    optional: bool = False


class Step(Rule, section="step", word="办理环节"):
    """A step of the procedure (办理环节) that the source names, as an act of the vocabulary."""

    who: Keys | None = None
    when: When | None = None
    act: Wanted


class Offence(Rule, section="offence", word="追责与表彰"):
    """What institutions answer for: computed from ``duties`` missed or late, or found by people.

    ``unless`` excuses it when that is on record. ``good`` marks a commendation.
    """

    basis: Literal["computed", "human"]
    on: Literal["late", "missed", "late_or_missed", "breach"] | None = None
    duties: Several = ()
    unless: Wanted | None = None
    sanction: Text | None = None
    good: bool = False

    @model_validator(mode="after")
    def _basis(self) -> Self:
        if (self.basis == "computed") != (self.on is not None):
            raise ValueError('basis = "computed" 与 on 须同时写')
        return self


class ArchiveItem(Rule, section="archive", word="归档项目"):
    """What the file of a closed matter must hold (归档范围): acts on record, or a view."""

    holds: Wanted | None = None
    view: Literal["ledger", "trail", "register"] | None = None
    required: bool = True

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.holds is None) == (self.view is None):
            raise ValueError("须写 holds 或 view 之一")
        return self


class Statistic(Rule, section="statistic", word="统计"):
    """A figure (统计指标): how many acts or matters fit ``counts``, or what part of ``among``.

    It is of incidents and of what units do by themselves; ``matter`` is of that kind of matter.
    """

    counts: Wanted
    among: Wanted | None = None
    where: Literal["in_time", "satisfied"] | None = None
    matter: Literal["incident", "own_release", "activity", "opening", "programme"] = "incident"


SECTIONS: Mapping[str, type[Rule]] = {
    rule.SECTION: rule
    for rule in (Duty, Schedule, Shift, Gate, Form, Step, Offence, ArchiveItem, Statistic)
}
"""The sections of a pack's file that hold rules."""


class Party(Contract):
    """Somebody who acts or is told (当事方); ``canon`` makes it comparable across packs."""

    zh: Text
    canon: Key | None = None
    also: Several = ()


class Axis(Contract):
    """Something that is judged of a matter (分类维度), with its values.

    ``scale`` ranks values of severity as S1 (gravest) to S4, to compare packs. ``default`` is the
    value as long as nobody has judged.
    """

    zh: Text
    values: Annotated[Mapping[Key, Text], Field(min_length=1)]
    scale: Mapping[Key, Annotated[int, Field(ge=1, le=4)]] | None = None
    default: Key | None = None
    several: bool = False
    also: Several = ()


class Declared(Contract):
    """A state that is declared on or off (宣布的状态), of a matter or a unit."""

    zh: Text
    on: Literal["matter", "unit"] = "matter"


class Parameter(Contract):
    """A reading that the source leaves open (待定参数), with the one taken by default."""

    zh: Text
    default: str | int
    of: Annotated[tuple[str | int, ...], BeforeValidator(_as_list)] | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.of is not None and self.default not in self.of:
            raise ValueError("default 须在 of 之中")
        return self


class Unarmed(Contract):
    """A rule of the source that nothing can be measured by (未启用), and why."""

    zh: Text
    why: Text


class Heading(Contract):
    """Which pack it is, whose, resting on which document, in force from when."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.-]*$")]
    zh: Text
    document: Text | None = None
    seed: str | None = None
    extends: str | None = None
    from_: date | None = Field(None, alias="from")
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
