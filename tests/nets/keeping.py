"""A county of the real system in simulated time: opened, told a story, asked."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2

from huiyin.drills.stage import settle
from huiyin.host.app import create_app
from huiyin.host.directory import DataDirectory
from huiyin.host.embedded import booted
from huiyin.host.host import Host
from services.deadlines import agenda, scheduler, tables
from shared.clock import SimulatedClock, from_micros
from shared.settings import Settings
from shared.store.sql import Sql
from tests.nets.story import Step, Story

ADMINISTRATOR = "admin"
MADE = ("draft", "number", "officer")
"""What an answer calls that which was made, the first it has."""

PAST = timedelta(microseconds=1)
"""So long after a limit it is seen that it passed."""


@dataclass
class Kept:
    """A running county; ``tokens`` by who of the cast, ``names`` of matters and drafts."""

    system: Host
    client: httpx2.AsyncClient
    clock: SimulatedClock
    tokens: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    async def tell(self, story: Story) -> None:
        """Appoint the cast and take every step at its moment, up to the story's end."""
        for name, each in story.cast.items():
            told = await self.order("/routing/officers", each)
            self.tokens[name] = told["token"]
        for step in story.steps:
            await self.pass_to(step.at)
            await self.take(step)
        await self.pass_to(story.ends)

    async def take(self, step: Step) -> Any:
        """One request, and what its answer calls the matter or the draft."""
        told = _succeeded(await self.attempt(step), f"{self.clock()} {step.by} {step.path}")
        if step.name:
            self.names[step.name] = next(told[key] for key in MADE if told.get(key))
        await settle(self.system)
        return told

    async def attempt(self, step: Step) -> httpx2.Response:
        """One request, however it may be answered."""
        path, body = step.path.format(**self.names), _named(step.body, self.names)
        headers = {"Authorization": f"Bearer {self.tokens[step.by]}"}
        headers |= {"Idempotency-Key": step.key} if step.key else {}
        return await self.client.request(step.method, path, json=body, headers=headers)

    async def pass_to(self, moment: datetime) -> None:
        """Let time pass; what falls due or begins meanwhile is seen at its own moment."""
        store = self.system.rooms["deadlines"].store
        while (coming := store.read_now(_coming)) is not None and coming < moment:
            self.clock.move_to(coming)
            await scheduler.look(store, self.clock)
            await settle(self.system)
        self.clock.move_to(moment)

    async def ask(self, path: str, **params: str) -> Any:
        """What the administrator is answered."""
        headers = {"Authorization": f"Bearer {self.tokens[ADMINISTRATOR]}"}
        return _succeeded(await self.client.get(path, params=params, headers=headers), path)

    async def order(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the administrator is answered to a command."""
        headers = {"Authorization": f"Bearer {self.tokens[ADMINISTRATOR]}"}
        return _succeeded(await self.client.post(path, json=body, headers=headers), path)


@asynccontextmanager
async def opened(settings: Settings, at: datetime) -> AsyncIterator[Kept]:
    """The county in a data directory, at that moment, while the block lasts."""
    directory = DataDirectory(settings.data)
    clock = SimulatedClock(at)
    with directory.held():
        county = directory.county()
        async with booted(settings, county.code, clock=clock) as system:
            transport = httpx2.ASGITransport(create_app(system, county.name, settings))
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://huiyin", timeout=60
            ) as client:
                await system.settle()
                yield Kept(system, client, clock, {ADMINISTRATOR: directory.token() or ""})


def keep_names(kept: Kept, settings: Settings) -> None:
    """Put the tokens and names beside the data, for whoever opens it: all of it is invented."""
    told = {"tokens": kept.tokens, "names": kept.names}
    path = settings.data / "cast.json"
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def learn_names(kept: Kept, settings: Settings) -> None:
    """What was put there."""
    told = json.loads((settings.data / "cast.json").read_text(encoding="utf-8"))
    kept.tokens, kept.names = told["tokens"], told["names"]


def matters(kept: Kept) -> Iterator[tuple[str, str]]:
    """The matters of the story with their numbers; drafts have two letters."""
    return ((name, number) for name, number in kept.names.items() if len(name) == 1)


def _succeeded(response: httpx2.Response, what: str) -> Any:
    assert response.is_success, f"{what}: {response.text}"
    return response.json() if response.content else None


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """A body with the names of matters and drafts in braces put in; a pack stays as it is."""
    match value:
        case dict():
            return {key: _named(each, names) for key, each in value.items()}
        case list():
            return [_named(each, names) for each in value]
        case str() if value[:1] == "{" and value[1:-1] in names:
            return names[value[1:-1]]
        case _:
            return value


def _coming(sql: Sql) -> datetime | None:
    """When deadlines has something to see next: a limit that has just passed, or a period."""
    due, opening = tables.next_due(sql), agenda.next_opening(sql)
    moments = [from_micros(due) + PAST] if due is not None else []
    moments += [from_micros(opening)] if opening is not None else []
    return min(moments, default=None)
