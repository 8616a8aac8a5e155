"""What is refused, and in which words: every address of the story, tried where it does not fit.

Each is tried on matters in every state, by others than those who may, and with bodies that say too
little, too much, or something unknown. What is not refused is told too: which events it made.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from huiyin.drills.stage import settle
from tests.nets.keeping import Kept
from tests.nets.story import Step, Story

MATTERS = {
    "closed": "{A}",
    "linked": "{C}",
    "voided": "{D}",
    "erased": "{K}",
    "assigned": "{I}",
    "open": "{L}",
    "imported": "QINGHE-2026-000001",
}
"""A matter in each state, by the story's name for it or its number."""

UNKNOWN = "QINGHE-2026-999999"
"""Tried seldom: a room waits for two seconds whether such a matter becomes known."""

UNKNOWN_TO = (
    "/intake/incidents/{}/void",
    "/routing/incidents/{}/close",
    "/reporting/incidents/{}/acts/archive",
)

ENDING = ("close", "archive", "reopen", "repin", "link", "void", "erase", "withdraw", "adopt")
"""Acts after which others are refused for that reason alone, in the order they are tried in."""

UNITS = {"own": "QH-YZ", "other": "QH-LX", "unknown": "QH-NIEMAND"}
STRANGERS = ("town", "primary", "clerk")
"""Others of the cast: of another unit, of one below, of another post."""

FAR = "2027-01-01T00:00:00+08:00"
EARLY = "1999-12-31T23:59:59+08:00"
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Attempt:
    """A request and what is tried with it."""

    what: str
    step: Step


async def refusals(kept: Kept, story: Story) -> str:
    """A line for each attempt, in the order in which they are made; what is done stays done."""
    lines: list[str] = []
    for template, step in _addresses(story).items():
        lines.append(f"{step.method} {template}")
        for attempt in _attempts(template, step):
            lines.append(f"  {attempt.what}: {await _tried(kept, attempt.step)}")
    lines.append("a matter that nobody knows")
    for act in UNKNOWN_TO:
        step = next(step for path, step in _addresses(story).items() if path == act)
        unknown = replace(step, path=act.replace("{}", UNKNOWN))
        lines.append(f"  {act}: {await _tried(kept, unknown)}")
    return "\n".join(lines) + "\n"


def _addresses(story: Story) -> dict[str, Step]:
    """The first request of the story at each address."""
    found: dict[str, Step] = {}
    for step in story.steps:
        template = re.sub(r"\{\w+\}", "{}", step.path)
        template = re.sub(r"(?<=/units/)[A-Za-z-]+(?=/)", "{unit}", template)
        found.setdefault(template, step)
    return dict(sorted(found.items(), key=lambda each: (_ends(each[0]), each[0])))


def _ends(template: str) -> int:
    """What ends a matter, or what binds all, comes last, lest it hide what the others are told."""
    act = template.rpartition("/")[2]
    return ENDING.index(act) + 1 if act in ENDING else 0


def _attempts(template: str, step: Step) -> Iterator[Attempt]:
    here = step.path
    if "{}" in template:
        for what, matter in MATTERS.items():
            yield Attempt(what, replace(step, path=template.replace("{}", matter)))
        here = template.replace("{}", MATTERS["open"])
    if "{unit}" in template:
        for what, code in UNITS.items():
            yield Attempt(f"unit {what}", replace(step, path=template.replace("{unit}", code)))
    step = replace(step, path=here, key=None, name=None)
    for by in STRANGERS:
        yield Attempt(f"by {by}", replace(step, by=by))
    for what, body in _bodies(step.body):
        yield Attempt(what, replace(step, body=body))


def _bodies(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "nothing said", {}
    yield "in the future", {**body, "occurred_at": FAR}
    yield "before 2000", {**body, "occurred_at": EARLY}
    yield "a kind that is none", {**body, "kind": "no_such_kind"}
    yield "to nobody known", {**body, "to": ["no_such_party"]}


async def _tried(kept: Kept, step: Step) -> str:
    response = await kept.attempt(step)
    if response.is_success:
        await settle(kept.system)
    return ID.sub("<id>", _told(response))


def _told(response: httpx2.Response) -> str:
    said = response.json()
    if response.is_success:
        events = said.get("events", []) if isinstance(said, dict) else []
        return f"{response.status_code} {' '.join(events)}".rstrip()
    words = f"{said['message']} {said['remedy']}".strip()
    marks = [said["code"], *([f"({said['field']})"] if said["field"] else []), *said["rules"]]
    return f"{response.status_code} {' '.join(marks)} -- {words}"
