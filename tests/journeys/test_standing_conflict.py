"""A matter is voided or linked while it is published or closed: each room has heard too little.

The race is real: nats-server is held still, so that both rooms act before they hear each other.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.journeys.county import County
from tests.journeys.inside import Inside, inside


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@contextmanager
def nobody_hears(rooms: Inside) -> Iterator[None]:
    """What is said meanwhile reaches no other room until the block ends."""
    os.kill(rooms.nats.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(rooms.nats.pid, signal.SIGCONT)


class Story:
    """What a county's officers do, each with the own token."""

    def __init__(self, rooms: Inside, county: County) -> None:
        self.rooms, self._county = rooms, county

    async def told(self, path: str, by: str | None = None, **body: Any) -> dict[str, Any]:
        """What an act was answered; it must be taken."""
        token = {"Authorization": f"Bearer {self._county.token(by)}"}
        answer = await self.rooms.client.post(path, json=body, headers=token)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def registered(self) -> str:
        """The number of a new incident of the school."""
        heard = {"channel": "call", "category": "inquiry_demand", "title": "课本还差两本没有发"}
        return str((await self.told("/intake/incidents", "drafter", **heard))["number"])

    async def ready(self) -> str:
        """An incident with an approved reply that nobody has published."""
        number = await self.registered()
        case = f"/routing/incidents/{number}"
        await self.told(f"{case}/assign", None, lead="QH-YZ")
        text = "两本课本已补发到班级。"
        made = await self.told(f"{case}/draft", "drafter", kind="result", text=text)
        await self.told(f"{case}/approve", "approver", draft=made["draft"])
        await self.rooms.system.settle()
        return number

    async def publish(self, number: str) -> None:
        case = f"/routing/incidents/{number}"
        [draft] = [each["draft"] for each in (await self.asked(case))["drafts"]]
        await self.told(f"{case}/publish", "drafter", channel="原渠道", draft=draft)

    async def end(self, number: str, how: str, to: str) -> None:
        """Void it, or join it to another."""
        body = {"reason": "误登记"} if how == "void" else {"to": to, "grounds": "同一事项"}
        await self.told(f"/intake/incidents/{number}/{how}", "drafter", **body)

    async def asked(self, path: str, **query: str) -> Any:
        answer = await self.rooms.client.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    async def status(self, number: str) -> str:
        [row] = [each for each in await self.asked("/reporting/ledger") if each["number"] == number]
        return str(row["status"])


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["void", "link"])
@pytest.mark.parametrize("first", ["publish", "end"])
async def test_what_was_published_meanwhile_stays_and_the_matter_goes_on(
    county: County, how: str, first: str
) -> None:
    async with inside(county) as rooms:
        story = Story(rooms, county)
        other, number = await story.registered(), await story.ready()

        with nobody_hears(rooms):
            if first == "publish":
                await story.publish(number)
            await story.end(number, how, other)
            if first == "end":
                await story.publish(number)
        await rooms.system.settle()

        assert await story.status(number) == "published"
        trail = await story.asked(f"/reporting/incidents/{number}/trail")
        types = [each["type"].split(".")[1] for each in trail]
        assert types.count("standing-conflict-found") == 1
        [found] = await story.asked("/reporting/findings", incident=number)
        assert (found["kind"], found["unit"]) == ("standing_conflict", "QH-YZ")
        listed = await story.asked("/deadlines/duties", incident=number)
        assert [duty["state"] for duty in listed["duties"]] == ["met"]
        await story.told(f"/routing/incidents/{number}/close", "drafter")
        await story.told(f"/intake/incidents/{number}/acts/note", "drafter", text="已回访")
        await rooms.system.settle()
        assert await story.status(number) == "closed"
        compared = (await rooms.client.post("/operations/rebuild")).json()
        assert all(table["holds"] for table in compared), compared


@pytest.mark.anyio
async def test_a_link_that_knows_stands_also_after_one_that_did_not(county: County) -> None:
    async with inside(county) as rooms:
        story = Story(rooms, county)
        other, number = await story.registered(), await story.ready()
        with nobody_hears(rooms):
            await story.end(number, "link", other)
            await story.publish(number)
        await rooms.system.settle()

        await story.end(number, "link", other)
        await rooms.system.settle()

        assert await story.status(number) == "linked"
        assert len(await story.asked("/reporting/findings", incident=number)) == 1


@pytest.mark.anyio
async def test_what_was_heard_in_time_is_no_conflict(county: County) -> None:
    async with inside(county) as rooms:
        story = Story(rooms, county)
        other, number = await story.registered(), await story.ready()
        await story.publish(number)
        await rooms.system.settle()
        await story.end(number, "link", other)
        await rooms.system.settle()

        assert await story.status(number) == "linked"
        assert await story.asked("/reporting/findings", incident=number) == []
