"""The console over a reporting room, with an invented county to read about."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI

from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyMet, DutyMissed, DutyStarted
from shared.contracts.routing import (
    CountyFounded,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
    UnitEstablished,
)
from shared.contracts.sealed import Sealed
from shared.identity.officer import Officer
from shared.room import SUBJECTS, key_id
from shared.web import prepare
from tests.reporting.world import START, World, registration

UNITS = (
    UnitEstablished(code="QINGHE", name="青禾县教育局", aliases=(), parent=None),
    UnitEstablished(code="QH-YZ", name="青禾县第一中学", aliases=("青禾一中",), parent="QINGHE"),
    UnitEstablished(code="QH-LX", name="柳溪镇教育办", aliases=(), parent="QINGHE"),
)
READER = Officer("o-reader", "甲一", "QINGHE", "office_director")
FIRST, SECOND, THIRD = (f"QINGHE-2026-00000{n}" for n in (1, 2, 3))
TITLE = "课本还差两本没有发"
BODY = "孩子回家说课本还差两本, 请问什么时候能补齐？"
REPLY = "您好：所缺课本已于昨日补发到班。"
HOSTILE = "<script>alert('一')</script>&amp;"


class Desk:
    """A world whose pages are asked for over HTTP."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.token = world.officers.enter(READER)
        world.officers.enter(Officer("o-clerk", "己六", "QH-YZ", "info_officer"))
        self.app = FastAPI()
        prepare(self.app, world.officers, world.vault)
        self.app.include_router(world.room.router)

    def browser(self, address: str = "10.0.0.9", url: str = "http://huiyin") -> httpx2.AsyncClient:
        """Somebody's browser, at that address; it keeps cookies and follows nothing by itself."""
        transport = httpx2.ASGITransport(self.app, client=(address, 50_000))
        return httpx2.AsyncClient(transport=transport, base_url=url)

    @asynccontextmanager
    async def signed_in(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser in which the reader has signed in."""
        async with self.browser() as browser:
            answer = await sign_in(browser, token=self.token)
            assert answer.status_code == 303, answer.text
            yield browser

    async def found(self, *, demonstration: bool = False) -> None:
        """Routing says whose county it is, and names its units."""
        county = CountyFounded(
            code="QINGHE", name="青禾县", root="QINGHE", demonstration=demonstration
        )
        await self.world.say("routing", uuid4(), county, *UNITS)
        await self.world.sequence("routing")

    async def register(self, number: str, title: str = TITLE, *, due: datetime) -> UUID:
        """An incident with words of its own, and a reply owed until a moment."""
        incident = uuid4()
        keys = [key_id(incident, subject) for subject in SUBJECTS]
        await asyncio.to_thread(self.world.vault.ensure, keys)
        words = {
            "title": Sealed.of(title, subject="matter"),
            "body": Sealed.of(BODY, subject="matter"),
        }
        said = registration(number).model_copy(update=words)
        await self.world.say("intake", incident, said)
        await self.world.say("deadlines", incident, started(due))
        await self.world.sequence("intake", "deadlines")
        return incident

    async def then(self, service: str, incident: UUID, *facts: Fact) -> None:
        """What a service says of an incident, taken into the log at once."""
        await self.world.say(service, incident, *facts)
        await self.world.sequence(service)

    async def story(self) -> dict[str, UUID]:
        """Three incidents: one answered and closed, one overdue, one soon due with a hostile title.

        Everything is in the tables.
        """
        await self.found()
        first = await self.register(FIRST, due=START + timedelta(days=2))
        second = await self.register(SECOND, "操场夜间照明太亮", due=START - timedelta(days=1))
        third = await self.register(THIRD, HOSTILE, due=START + timedelta(hours=5))
        await self.then("routing", first, *ANSWERED)
        await self.then("deadlines", first, met(START + timedelta(days=2)))
        await self.then("routing", second, GRADED, ASSIGNED)
        await self.then("deadlines", second, missed(START - timedelta(days=1)))
        await self.world.folded()
        return {FIRST: first, SECOND: second, THIRD: third}


async def sign_in(browser: httpx2.AsyncClient, to: str = "/", **fields: str) -> httpx2.Response:
    """Fill in the form to sign in, as it is shown."""
    form = form_of(await browser.get("/sign-in"))
    return await browser.post("/sign-in", params={"to": to}, data={"form": form, **fields})


def form_of(page: httpx2.Response) -> str:
    """What the page's form brings back."""
    found = re.search(r'name="form" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def numbers(page: httpx2.Response) -> list[str]:
    """The incidents that a page links to, in order."""
    return re.findall(r'<a href="/incidents/([\w-]+)[^"]*">', page.text)


def started(due: datetime) -> DutyStarted:
    """A reply is owed until then."""
    return DutyStarted(
        duty="B.T01",
        title="回复",
        clause="自发帖之日起三日内公开回复",
        party="handling_unit",
        stop="publish",
        start=START,
        due=due,
        rule="B.T01",
        each="",
        clock="days",
        known_at=START,
        provisional=False,
        period=None,
    )


def met(due: datetime) -> DutyMet:
    """It was given a day before."""
    return DutyMet(duty="B.T01", done_at=due - timedelta(days=1), due=due, spare_seconds=86_400)


def missed(due: datetime) -> DutyMissed:
    """It was not given."""
    return DutyMissed(duty="B.T01", due=due, observed_at=due + timedelta(seconds=1))


DRAFT = UUID(int=7)
GRADED = IncidentGraded(grade="ordinary", grounds="日常事务")
ASSIGNED = IncidentAssigned(lead="QH-LX", co_handling=("QINGHE",), instruction="请按时答复")
ANSWERED: tuple[Fact, ...] = (
    GRADED,
    IncidentAssigned(lead="QH-YZ", co_handling=(), instruction=""),
    ReplyDrafted(
        draft=DRAFT, kind="result", text=Sealed.of(REPLY, subject="reply"), content="hmac:a"
    ),
    ReplyApproved(draft=DRAFT, content="hmac:a"),
    ReplyPublished(
        draft=DRAFT,
        kind="result",
        channel="原渠道",
        named_unit="青禾县第一中学",
        text=Sealed.of(REPLY, subject="reply"),
        content="hmac:a",
    ),
    IncidentClosed(outcome="answered", note=""),
)
