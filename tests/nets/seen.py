"""What a kept county shows when it is opened, and after the next acts have been taken in it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.settings import Settings
from tests.nets.keeping import Kept, learn_names, opened
from tests.nets.questions import Answers, answers, flat
from tests.nets.refusals import refusals
from tests.nets.story import Step, Story

LATER = timedelta(minutes=10)


@dataclass(frozen=True)
class Seen:
    """Verification and answers before and after; ``again`` is an old request said once more."""

    verified: dict[str, Any]
    said: dict[str, dict[str, str]]
    """By question, each place and what stands there."""
    rebuilt: list[dict[str, Any]]
    parked: list[Any]
    again: dict[str, Any]
    taken: dict[str, Any]
    after: Answers
    verified_after: dict[str, Any]
    rebuilt_after: list[dict[str, Any]]


async def seen(settings: Settings, story: Story) -> Seen:
    """Open it at the end of its story, ask, and go on."""
    async with opened(settings, story.ends) as kept:
        learn_names(kept, settings)
        verified = await _operation(kept, "verify")
        before, rebuilt = await answers(kept), await _operation(kept, "rebuild")
        parked = [each for status in await kept.system.statuses() for each in status.parked]
        again = await _said_again(kept, story)
        taken = await _taken(kept, story)
        return Seen(
            verified,
            {name: dict(flat(each)) for name, each in before.items()},
            rebuilt,
            parked,
            again,
            taken,
            await answers(kept),
            await _operation(kept, "verify"),
            await _operation(kept, "rebuild"),
        )


async def refused(settings: Settings, story: Story) -> str:
    """Open it at the end of its story, and try what does not fit."""
    async with opened(settings, story.ends + LATER) as kept:
        learn_names(kept, settings)
        return await refusals(kept, story)


async def _operation(kept: Kept, name: str) -> Any:
    return await kept.order(f"/operations/{name}")


async def _said_again(kept: Kept, story: Story) -> dict[str, Any]:
    """A registration under its old Idempotency-Key; it is the answer of then that comes."""
    step = next(step for step in story.steps if step.key)
    told: dict[str, Any] = await kept.take(step)
    return told


async def _taken(kept: Kept, story: Story) -> dict[str, Any]:
    """The next act of each room: a new matter, and old ones going on."""
    await kept.pass_to(story.ends + LATER)
    told = {}
    for step in _next(story):
        told[step.name or step.path.rpartition("/")[2]] = await kept.take(step)
    return told


def _next(story: Story) -> list[Step]:
    """What is done after the story's end."""
    at = story.ends + LATER
    new = {"channel": "message_board", "category": "inquiry_demand", "title": "课间操改在几点"}
    draft = {"draft": "{D6}"}
    late = {"duty": "Q.03", "in_time": False, "grounds": "没有旁证"}
    return [
        Step(at, "clerk", "POST", "/intake/incidents", new, "M"),
        Step(at, "office", "POST", "/routing/incidents/{M}/grade", _graded("ordinary")),
        Step(at, "head", "POST", "/routing/incidents/{L}/approve", draft),
        Step(
            at, "speaker", "POST", "/routing/incidents/{L}/publish", draft | {"channel": "留言板"}
        ),
        Step(at, "bureau", "POST", "/deadlines/incidents/{F}/settle", late),
        Step(at, "chief", "POST", "/reporting/incidents/{B}/acts/find", _found("Q.51")),
    ]


def _graded(grade: str) -> dict[str, Any]:
    return {"grade": grade, "grounds": "影响有限"}


def _found(rule: str) -> dict[str, Any]:
    return {"of": rule, "text": "对外透露了内部情况"}
