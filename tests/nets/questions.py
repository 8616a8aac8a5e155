"""What is asked of the kept county, and how two answers differ."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.nets.keeping import Kept, matters

Answers = Mapping[str, Any]

OF_ALL: Mapping[str, tuple[str, dict[str, str]]] = {
    "ledger": ("/reporting/ledger", {}),
    "ledger-then": ("/reporting/ledger", {"as_of": "2026-03-04 09:25"}),
    "duties": ("/deadlines/duties", {"limit": "1000"}),
    "findings": ("/reporting/findings", {}),
    "findings-then": ("/reporting/findings", {"as_of": "2026-03-05 09:10"}),
    "statistics": ("/reporting/statistics", {}),
    "packs": ("/routing/packs", {}),
    "packs-then": ("/routing/packs", {"at": "2026-03-05T09:00:00+08:00"}),
    "units": ("/routing/units", {}),
    "officers": ("/routing/officers", {"at": "2026-03-10T09:00:00+08:00"}),
    "field-map": ("/intake/field-maps/QH-YZ", {}),
}
"""Questions by name: address and parameters."""

OF_EACH = {"trail": "/reporting/incidents/{}/trail", "overview": "/routing/incidents/{}"}
"""Questions about one matter."""

NAMES = ("number", "duty", "rule", "unit", "period", "code", "id", "key")
"""Fields that tell one row from another, as far as it has them; an entry of the log has a leaf."""


async def answers(kept: Kept) -> Answers:
    """What is answered now, by question; those about one matter are told apart by its name."""
    told = {name: await kept.ask(path, **params) for name, (path, params) in OF_ALL.items()}
    for question, path in OF_EACH.items():
        told[question] = {name: await kept.ask(path.format(no)) for name, no in matters(kept)}
    told["review"] = await kept.order("/reporting/reviews/imported", {})
    told["duties"] = told["duties"]["duties"]
    return told


def flat(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every single thing that is said, its place and what, in the order in which it stands."""
    match value:
        case dict():
            for key, each in sorted(value.items()):
                yield from flat(each, f"{place}/{key}")
        case list() if value and all(isinstance(each, dict) for each in value):
            for name, each in zip(_names(value), value, strict=True):
                yield from flat(each, f"{place}/{name}")
        case None:
            return
        case _:
            yield place, json.dumps(value, ensure_ascii=False)


def written(said: Mapping[str, str]) -> str:
    """What is said as a text: each place with what stands there."""
    lines, before = [], ""
    for place, what in said.items():
        above, _, name = place.rpartition("/")
        if above != before:
            lines.append(above)
            before = above
        lines.append(f"  {name}: {what}")
    return "\n".join(lines) + "\n"


def read(text: str) -> dict[str, str]:
    """What a text written by ``written`` says."""
    said, above = {}, ""
    for line in text.splitlines():
        if line.startswith("  "):
            name, _, what = line[2:].partition(": ")
            said[f"{above}/{name}"] = what
        else:
            above = line
    return said


def _names(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A name for each row, so that one more or less does not move the others."""
    seen: Counter[str] = Counter()
    for row in rows:
        name = " ".join(_name(row))
        seen[name] += 1
        yield f"[{name}]" if seen[name] == 1 else f"[{name} #{seen[name]}]"


def _name(row: dict[str, Any]) -> Iterator[str]:
    keys = ("leaf",) if "leaf" in row else NAMES
    return (str(row[key]) for key in keys if row.get(key) not in (None, ""))
