"""Which pack a drill runs under: named, by its source's number, a file, or told in the drill."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.drills.nodes import typed
from services.drills.script import Drill, Rules
from services.drills.toml import to_toml
from shared.errors import Invalid
from shared.policy.complaints import Complaint
from shared.policy.loading import build, examine, find_pack, known_packs, shipped_packs
from shared.policy.pack import Pack

DRILLED = "drill-pack"
"""The id of a pack that is told in a drill and says none."""

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


def load_rules(rules: Rules, params: Mapping[str, str | int], beside: Path) -> Loaded:
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


def _texts(rules: Rules) -> list[str]:
    """The texts of a pack told as a table, nearest first."""
    assert rules.table is not None
    told: dict[str, Any] = typed(rules.table)
    if "patch" in told:
        base = tomllib.loads(find_pack(str(told.pop("patch"))).read_text(encoding="utf-8"))
        removed = told.pop("without", [])
        return _with_parents(_merged(_without(base, removed), told))
    if "extends" in told:
        heading = {"id": DRILLED, "version": "1", "zh": "演练规则", **told.pop("pack", {})}
        return _with_parents({"pack": {**heading, "extends": _id_of(told.pop("extends"))}, **told})
    return _with_parents(told)


def _with_parents(told: Told) -> list[str]:
    texts = [to_toml(told)]
    heading = told.get("pack", {})
    while above := heading.get("extends"):
        texts.append(find_pack(str(above)).read_text(encoding="utf-8"))
        heading = tomllib.loads(texts[-1]).get("pack", {})
    return texts


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


def _merged(base: Told, told: Told) -> dict[str, Any]:
    """The tables of ``told`` laid over those of ``base``, key by key."""
    merged = dict(base)
    for key, value in told.items():
        below = merged.get(key)
        deeper = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = _merged(below, value) if deeper else value  # type: ignore[arg-type]
    return merged


def _without(base: Told, removed: Sequence[str]) -> dict[str, Any]:
    """The pack without some rules, by number."""
    return {
        section: {key: each for key, each in table.items() if key not in removed}
        if isinstance(table, Mapping)
        else table
        for section, table in base.items()
    }


def _path(name: str, beside: Path) -> Path:
    if (beside / name).is_file():
        return beside / name
    return find_pack(name)


def _id_of(name: object) -> str:
    """The id of a shipped pack that is named by its source's number; any other name as it is."""
    shipped = shipped_packs().get(str(name))
    return shipped.stem if shipped else str(name)
