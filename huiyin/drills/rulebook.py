"""Which pack a drill runs under: named, by its source's number, a file, or told in the drill; and
what goes without saying by its rules: the one thing that can be meant.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from huiyin.drills.script import Drill, Ruleset
from shared.calendar.days import moment_on, read_time_of_day
from shared.documents import Complaint, to_toml, typed
from shared.errors import Invalid
from shared.policy.engine.deeds import is_party
from shared.policy.language.loading import build, examine, find_pack, known_packs, shipped_packs
from shared.policy.language.pack import Pack
from shared.policy.language.rules import CLOCKS, SECTIONS, Gate, Shift

DRILLED = "drill-pack"
"""The id of a pack that is told in a drill and says none."""

DEMANDS = frozenset({"all", "any", "seq", "count"})
"""By which keys a demand of several acts is known."""

ONE_OF: Mapping[str, Collection[str]] = {"duty": CLOCKS, "gate": ("needs", "only_by")}
"""Keys of which every rule of a section has one and no other."""

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pack as it loads, or what is wrong with it; ``shipped`` is its name if it has one."""

    pack: Pack | None
    complaints: Sequence[Complaint]
    shipped: str | None


def load(drill: Drill) -> Loaded:
    """The drill's pack with its parameters; raises Invalid if there is none of that name."""
    return load_rules(drill.rules, drill.params, drill.file.parent)


def load_named(name: str, params: Mapping[str, str | int] | None = None) -> Pack:
    """A pack by name, number or path; raises Invalid ``pack.*``."""
    path = _path(name, Path.cwd())
    pack, complaints = examine(path, params)
    if pack is None or complaints:
        raise complaints[0].as_error(path)
    return pack


def load_rules(rules: Ruleset, params: Mapping[str, str | int], beside: Path) -> Loaded:
    """As ``load``; paths are looked for beside the drill's file too."""
    try:
        if rules.name is not None:
            path = _path(rules.name, beside)
            pack, complaints = examine(path, params)
            shipped = path.stem if path in known_packs().values() else None
            return Loaded(pack, complaints, shipped)
        texts = _texts(rules)
        pack, complaints = build(texts, _addressed(texts, params))
        return Loaded(pack, complaints, None)
    except Invalid as problem:
        told = f"{rules.place}：{problem.message}"
        raise Invalid(problem.code, told, problem.remedy, str(rules.place)) from problem


def _texts(rules: Ruleset) -> list[str]:
    """The texts of a pack told as a table, nearest first."""
    assert rules.table is not None
    told: dict[str, Any] = typed(rules.table)
    if "patch" in told:
        base = tomllib.loads(find_pack(str(told.pop("patch"))).read_text(encoding="utf-8"))
        removed = told.pop("without", [])
        return _with_parents(_patched(_without(base, removed), told))
    if "extends" in told:
        heading = {"id": DRILLED, "version": "1", "zh": "演练规则", **told.pop("pack", {})}
        above = str(told.pop("extends"))
        shipped = shipped_packs().get(above)  # it may be named by its source's number
        heading["extends"] = shipped.stem if shipped else above
        return _with_parents({"pack": heading, **told})
    return _with_parents(told)


def _with_parents(told: Told) -> list[str]:
    texts = [to_toml(told)]
    heading = told.get("pack", {})
    while above := heading.get("extends"):
        texts.append(find_pack(str(above)).read_text(encoding="utf-8"))
        heading = tomllib.loads(texts[-1]).get("pack", {})
    return texts


def _patched(base: Told, told: Told) -> dict[str, Any]:
    """The pack with the tables of ``told`` laid over it, key by key.

    What would contradict them gives way: a duty's other limit, and that an item is unarmed.
    """
    ruled = [number for section in SECTIONS for number in _table(told, section)]
    left = {**base, "unarmed": _less(_table(base, "unarmed"), ruled)}
    for section, keys in ONE_OF.items():
        left[section] = _yielding(_table(base, section), _table(told, section), keys)
    return _merged(left, told)


def _addressed(texts: Sequence[str], params: Mapping[str, str | int]) -> dict[str, str | int]:
    """Parameters by name; those that only a pack above declares as ``<id>.<name>``."""
    packs = [tomllib.loads(text) for text in texts]
    above = {
        name: f"{pack['pack']['id']}.{name}"
        for pack in reversed(packs[1:])
        for name in pack.get("params", {})
    }
    own = packs[0].get("params", {})
    return {name if name in own else above.get(name, name): params[name] for name in params}


def _yielding(rules: Told, told: Told, keys: Collection[str]) -> dict[str, Any]:
    """The rules, each without the one of the keys that it has where one of them is told."""
    return {
        number: _less(rule, keys) if {*keys} & {*_table(told, number)} else rule
        for number, rule in rules.items()
    }


def _table(told: Told, key: str) -> dict[str, Any]:
    """A table of a pack; none where something else stands in its place, which is told later."""
    table = told.get(key)
    return dict(table) if isinstance(table, Mapping) else {}


def _merged(base: Told, told: Told) -> dict[str, Any]:
    """The tables of ``told`` laid over those of ``base``, key by key; a demand as a whole."""
    merged = dict(base)
    for key, value in told.items():
        below = merged.get(key)
        tables = isinstance(value, Mapping) and isinstance(below, Mapping)
        deeper = tables and not DEMANDS & {*value}
        merged[key] = _merged(below, value) if deeper else value  # type: ignore[arg-type]  # both are tables
    return merged


def _without(base: Told, removed: Sequence[str]) -> dict[str, Any]:
    """The pack without some rules, by number."""
    return {
        section: _less(table, removed) if isinstance(table, Mapping) else table
        for section, table in base.items()
    }


def _less(table: Told, keys: Collection[str]) -> dict[str, Any]:
    return {key: each for key, each in table.items() if key not in keys}


def _path(name: str, beside: Path) -> Path:
    if (beside / name).is_file():
        return beside / name
    return find_pack(name)


def usual_approval(pack: Pack, role: str) -> dict[str, str]:
    """The kind of what somebody approves that is no draft, if the gates ask but one of them.

    A gate on anything but publishing that takes an approval of whatever kind leaves it open.
    """
    asked = {
        (pattern.kind, all(refused.act == "publish" for refused in gate.refuse))
        for gate in pack.of(Gate).values()
        if gate.needs is not None
        for pattern in gate.needs.patterns()
        if pattern.act == "approve" and pattern.by and is_party(pack, pattern.by, role)
    }
    kinds = {kind for kind, _ in asked if kind is not None}
    if len(kinds) != 1 or (None, False) in asked:
        return {}
    return {"kind": kinds.pop()}


def usual_shift(pack: Pack, role: str, period: str | None) -> dict[str, Any]:
    """From when until when a shift of that day is, by the rule that asks it of this post."""
    shifts = list(pack.of(Shift).values())
    own = [each for each in shifts if any(is_party(pack, who, role) for who in each.who)]
    try:
        day = date.fromisoformat(period or "")
    except ValueError:
        return {}
    begun = ((each, moment_on(day, read_time_of_day(each.at))) for each in own or shifts)
    spells = {(at, each.for_.after(at)) for each, at in begun}
    if len(spells) != 1:
        return {}
    [(begins, ends)] = spells
    return {"begins": begins.isoformat(), "ends": ends.isoformat()}
