"""How any room takes an act (行为) in the words of a pack: gates, forms, and the fact it makes.

An act in the system is refused while a gate is closed to it. An act in the world that has happened
already is recorded all the same, with the gates it broke: the trail must be true.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.acts.vocabulary import ACTS
from shared.contracts.acts import ActTaken
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import Deed
from shared.policy.engine.gates import Closed, closed, wanting
from shared.policy.engine.outlook import Matter
from shared.policy.language.pack import Pack
from shared.policy.language.speaking import demand, parties

FUTURE_TOLERATED = timedelta(minutes=5)
"""Clocks of those who report may be ahead of ours by so much."""

F = TypeVar("F", bound=ActTaken)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of an act: of which kind, to whom, how, about what, with what in its form.

    ``happened`` says that it has happened in the world already and is only put on record.
    """

    kind: str | None = None
    to: tuple[str, ...] = ()
    medium: str | None = None
    of: str | None = None
    text: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    happened: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What an act is judged by: the rules of its matter, and what is on record of it."""

    pack: Pack
    matter: Matter
    deeds: Sequence[Deed]


def check_past(
    moment: datetime | None,
    now: datetime,
    field_: str = "occurred_at",
    name: str = "发生时间",
) -> None:
    """Raises Invalid ``time.in-future`` for a claimed moment; clocks may differ a little."""
    if moment is not None and moment > now + FUTURE_TOLERATED:
        raise Invalid(
            "time.in-future", f"{name}晚于现在。", "请核对年月日与时区（默认为北京时间）。", field_
        )


def check_words(pack: Pack, act: str, told: Told, sets: Mapping[str, Sequence[str]]) -> None:
    """Raises Invalid ``act.unknown-*`` for words that the pack does not know."""
    known = pack.kinds_of(act)
    if told.kind is not None and told.kind not in known:
        raise _unknown("kind", told.kind, f"{ACTS[act].title}的种类", known)
    for party in told.to:
        if party not in pack.parties:
            raise _unknown("to", party, "当事方", pack.parties)
    for axis, values in sets.items():
        if axis not in pack.axes:
            raise _unknown("sets", axis, "分类维度", pack.axes)
        for value in values:
            if value not in pack.axes[axis].values:
                raise _unknown(f"sets.{axis}", value, pack.axes[axis].zh, pack.axes[axis].values)


def check_gates(record: Record, attempted: Deed, told: Told) -> tuple[str, ...]:
    """The gates that an act breaks, which is recorded with it.

    Raises Refused ``gate.closed`` (``field`` is the first rule, ``rules`` are all) for an act that
    can still be refused.
    """
    found = closed(record.pack, record.matter, record.deeds, attempted)
    happened = told.happened and ACTS[attempted.act].worldly
    refusing = [each for each in found if not each.flagged]
    if refusing and not happened:
        raise _refused(record.pack, refusing)
    return tuple(each.number for each in found)


def refusing_gates(record: Record, attempted: Deed) -> tuple[str, ...]:
    """The numbers of the gates that refuse an act which is to happen."""
    found = closed(record.pack, record.matter, record.deeds, attempted)
    return tuple(each.number for each in found if not each.flagged)


def check_forms(record: Record, attempted: Deed, told: Told) -> None:
    """Raises Invalid ``form.field-missing`` naming the first field that a form asks for in vain."""
    for each in wanting(record.pack, record.matter, record.deeds, attempted, told.fields):
        raise Invalid(
            "form.field-missing",
            f"{each.form.zh}（{each.number}）的“{each.spec.zh}”{each.problem}。",
            "请按表单要求填写。",
            f"fields.{each.key}",
        )


def fact_of(kind: type[F], told: Told, breaches: Sequence[str], **more: Any) -> F:
    """The fact of an act; its words are sealed when it is stored."""
    filled = {key: value for key, value in told.fields.items() if value.strip()}
    return kind(
        kind=told.kind,
        to=told.to,
        medium=told.medium,
        of=told.of,
        text=Sealed.of(told.text, subject="matter") if told.text else None,
        fields=Sealed.of(json.dumps(filled, ensure_ascii=False), subject="matter")
        if filled
        else None,
        filled=tuple(filled),
        breaches=tuple(breaches),
        **more,
    )


def _unknown(field_: str, given: str, what: str, known: Any) -> Invalid:
    choices = "、".join(known) or "（规则包没有声明）"
    return Invalid(
        f"act.unknown-{field_.partition('.')[0]}",
        f"规则包中没有“{given}”这个{what}。",
        f"可以填写：{choices}。",
        field_,
    )


def _refused(pack: Pack, refusing: Sequence[Closed]) -> Refused:
    numbers = tuple(each.number for each in refusing)
    return Refused(
        "gate.closed",
        "；".join(_wanted(pack, each) for each in refusing) + "。",
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
