"""Turns the invented incidents into the steps of a drill: who does what when; pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from huiyin.drills.script import Drill, DrillStep, Ruleset, UnitPlanned, Who
from shared.documents import Node, Spot

PLACE = Spot(1, file="incidents.toml")
STEPS = ("register", "grade", "assign", "draft", "approve", "publish", "close")
STAGES = ("registered", "graded", "assigned", "drafted", "approved", "published", "closed")

POSTS = {
    "register": "info_officer",
    "grade": "office_director",
    "assign": "office_director",
    "draft": "info_officer",
    "approve": "principal_leader",
    "publish": "info_officer",
    "close": "info_officer",
    "link": "info_officer",
    "void": "info_officer",
}
"""The post that takes each step."""

SAID = {
    "register": ("unit", "channel", "category", "title", "body"),
    "grade": ("grade", "grounds"),
    "assign": ("lead",),
    "void": ("reason",),
}
"""What of an incident is said in each step as it is in the file."""

PACE = timedelta(hours=2)
"""Time between steps, unless the reply came sooner."""


def drill(incidents: Sequence[dict[str, Any]], units: Mapping[str, str], now: datetime) -> Drill:
    """Every step that lies before ``now`` (UTC), earliest first; the first unit is the root."""
    planned = [UnitPlanned(code, name, None, PLACE) for code, name in units.items()]
    steps = [step for each in incidents for step in _steps(each, planned[0].key, now)]
    return Drill(
        file=Path(PLACE.file),
        name="demonstration",
        title="演示",
        proves=(),
        rules=Ruleset(PLACE),
        params={},
        units=planned,
        cast={},
        steps=sorted(steps, key=lambda step: step.at),
        expectations=(),
    )


def _steps(incident: dict[str, Any], root: str, now: datetime) -> Iterator[DrillStep]:
    posted = now - timedelta(days=incident["posted_days_ago"])
    acts = _acts(incident)
    for act, at in zip(acts, _moments(incident, posted, now, len(acts)), strict=True):
        given = {key: Node(value, PLACE) for key, value in _given(incident, act, posted)}
        by = Who(POSTS[act], _unit(incident, act, root))
        yield DrillStep(PLACE, at, act=act, by=by, incident=incident["key"], given=given)


def _acts(incident: dict[str, Any]) -> list[str]:
    match incident["stage"]:
        case "duplicate":
            return ["register", "link"]
        case "voided":
            return ["register", "void"]
        case stage:
            return list(STEPS[: STAGES.index(stage) + 1])


def _moments(
    incident: dict[str, Any], posted: datetime, now: datetime, count: int
) -> list[datetime]:
    replied = incident.get("replied_days_after")
    if replied is None:
        pace = min(PACE, (now - posted) / (count + 1))
        return [posted + pace * (number + 1) for number in range(count)]
    published = posted + timedelta(days=replied)
    before = [posted + (published - posted) * number / 6 for number in range(1, 6)]
    return [*before, published, published + min(PACE, (now - published) / 2)][:count]


def _unit(incident: dict[str, Any], act: str, root: str) -> str:
    if act in ("grade", "assign"):
        return root
    if act in ("register", "link", "void"):
        return str(incident["unit"])
    return str(incident["lead"])


def _given(incident: dict[str, Any], act: str, posted: datetime) -> Iterator[tuple[str, str]]:
    yield from ((key, incident[key]) for key in SAID.get(act, ()))
    match act:
        case "register":
            yield "posted_at", posted.isoformat(timespec="seconds")
        case "assign":
            yield "instruction", "请核实并按时答复"
        case "draft":
            yield "text", incident["reply"]
        case "link":
            yield "to", incident["of"]
