"""Turns the invented incidents into a script: who does what when, in the order of time; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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

PACE = timedelta(hours=2)
"""Time between steps, unless the reply came sooner."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act of the script: when, for which incident, what, by which post of which unit."""

    at: datetime
    key: str
    act: str
    unit: str
    post: str
    body: dict[str, Any]


def script(incidents: Sequence[dict[str, Any]], root: str, now: datetime) -> list[Step]:
    """Every step that lies before ``now`` (UTC), earliest first."""
    steps = [step for incident in incidents for step in _steps(incident, root, now)]
    return sorted(steps, key=lambda step: step.at)


def _steps(incident: dict[str, Any], root: str, now: datetime) -> Iterator[Step]:
    posted = now - timedelta(days=incident["posted_days_ago"])
    acts = _acts(incident)
    for act, at in zip(acts, _moments(incident, posted, now, len(acts)), strict=True):
        unit = _who(incident, act, root)
        yield Step(at, incident["key"], act, unit, POSTS[act], _body(incident, act, posted))


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


def _who(incident: dict[str, Any], act: str, root: str) -> str:
    if act in ("grade", "assign"):
        return root
    if act in ("register", "link", "void"):
        return str(incident["unit"])
    return str(incident["lead"])


def _body(incident: dict[str, Any], act: str, posted: datetime) -> dict[str, Any]:
    match act:
        case "register":
            told = ("unit", "channel", "category", "title", "body")
            return {name: incident[name] for name in told} | {"posted_at": posted.isoformat()}
        case "grade":
            return {"grade": incident["grade"], "grounds": incident["grounds"]}
        case "assign":
            return {"lead": incident["lead"], "instruction": "请核实并按时答复"}
        case "draft":
            return {"kind": "result", "text": incident["reply"]}
        case "publish":
            return {"channel": "原渠道"}
        case "link":
            return {"to": incident["of"], "grounds": "反映同一事项"}
        case "void":
            return {"reason": incident["reason"]}
        case _:
            return {}
