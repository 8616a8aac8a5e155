"""May this be done? What every decision of intake asks first, by the pack in force; pure."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.intake.commands import Asked
from shared.acts.check import Record, Told, check_forms, check_gates, check_words
from shared.contracts.acts import Judged
from shared.contracts.sealed import Sealed
from shared.errors import Invalid
from shared.policy.engine.deeds import Deed, in_order
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Gate
from shared.words import CATEGORIES, CHANNELS

CATEGORY = "category"
"""The axis that is free where a pack does not declare it."""

LONGEST_CATEGORY = 60
"""Characters."""

COMMON_CHANNELS = tuple(channel for channel in CHANNELS if channel != "import")
"""Where anybody hears things, whatever their pack says."""


def allowed(asked: Asked) -> tuple[str, ...]:
    """The gates that the act breaks, recorded with it.

    Raises what check_words, check_gates and check_forms say. A form takes from the act itself what
    that says anyway.
    """
    attempted, told, pack = asked.attempted, asked.told, asked.record.pack
    check_words(pack, attempted.act, told, {})
    check_sets(pack, attempted.sets)
    breaches = check_gates(asked.record, attempted, told)
    filled = replace(told, fields={**asked.known, **told.fields})
    check_forms(asked.record, attempted, filled)
    return breaches


def check_sets(pack: Pack, sets: Mapping[str, Sequence[str]]) -> None:
    """Raises Invalid ``act.unknown-sets`` or ``act.several-values``.

    A category is free where the pack declares none; where it does, those that every county knows
    are taken besides its own.
    """
    declared = {axis: values for axis, values in sets.items() if axis != CATEGORY}
    if CATEGORY in pack.axes:
        own = tuple(value for value in sets.get(CATEGORY, ()) if value not in CATEGORIES)
        declared |= {CATEGORY: own} if own else {}
    check_words(pack, "register", Told(), declared)
    for key, values in sets.items():
        _check_number(pack, key, values)


def check_channels(pack: Pack, channels: Collection[str], field: str) -> None:
    """Raises Invalid ``act.unknown-channel`` for one that neither the pack nor everybody knows."""
    known = dict.fromkeys((*pack.channels, *COMMON_CHANNELS))
    for channel in channels:
        if channel not in known:
            raise Invalid(
                "act.unknown-channel",
                f"规则包中没有“{channel}”这个渠道。",
                f"可以填写：{'、'.join(known)}。",
                field,
            )


def check_text(text: str, field: str, name: str) -> None:
    """Raises Invalid ``<field>.missing`` for a text without content."""
    if not text.strip():
        raise Invalid(f"{field}.missing", f"{name}不能为空。", f"请填写{name}。", field)


def said_already(asked: Asked) -> bool:
    """The same act at the same claimed moment, and no words or form of its own: nothing new."""
    if asked.told.text or asked.told.fields:
        return False
    return any(_same(deed, asked.attempted) for deed in asked.record.deeds)


def judged(record: Record) -> Judged:
    """What is judged of the matter at present; a new judgement replaces the old on its axis."""
    sets = dict(record.matter.sets)
    for deed in in_order(record.deeds):
        sets.update(deed.sets)
    return sets


def asked_for(pack: Pack, act: str) -> frozenset[str]:
    """The acts that gates on an act wait for: what has to be known of the past to judge it."""
    return frozenset(
        pattern.act
        for gate in pack.of(Gate).values()
        if gate.needs is not None and any(refused.act == act for refused in gate.refuse)
        for pattern in gate.needs.patterns()
    )


def form_of(told: Told) -> dict[str, Any]:
    """What a fact keeps of a form: the fields that have a value, sealed, and which those are."""
    filled = {key: value for key, value in told.fields.items() if value.strip()}
    if not filled:
        return {}
    words = json.dumps(filled, ensure_ascii=False)
    return {"fields": Sealed.of(words, subject="matter"), "filled": tuple(filled)}


def _same(before: Deed, attempted: Deed) -> bool:
    return replace(before, id=attempted.id, recorded_at=attempted.recorded_at) == attempted


def _check_number(pack: Pack, key: str, values: Sequence[str]) -> None:
    axis = pack.axes.get(key)
    if any(not 0 < len(value.strip()) <= LONGEST_CATEGORY for value in values):
        raise Invalid("sets.malformed", "分类的值为空或太长。", "请填写分类的值。", f"sets.{key}")
    if len(values) != 1 and not (values and axis is not None and axis.several):
        name = axis.zh if axis is not None else "类别"
        raise Invalid(
            "act.several-values",
            f"“{name}”须取一个值。",
            "请只填写一个值。",
            f"sets.{key}",
        )
