"""Incidents to measure with: each is told in seven events, as officers would tell it.

What is said comes from the demonstration's invented messages. The events go through the stores of
the rooms that own them, each in a piece of work of its own as a command's would, and change those
rooms' read models; only the commands' decisions are left out.
"""

import asyncio
import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, cycle, islice
from pathlib import Path
from uuid import UUID, uuid4

import huiyin.drills.demonstration
from bench.county import COUNTY, SCHOOL
from huiyin.host.host import Host
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor
from shared.contracts.intake import IncidentRegistered
from shared.contracts.routing import (
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
)
from shared.contracts.sealed import Sealed
from shared.room import Room, key_id
from shared.store.transaction import By, Stream, Transaction
from shared.vault.vault import Vault

SAMPLES = Path(next(iter(huiyin.drills.demonstration.__path__))) / "samples" / "messages.csv"

TOGETHER = 64
"""Incidents that are told side by side, and whose keys are made at once."""

LANES = 4
"""How many such groups are under way at the same time."""

_OFFICER = Actor(officer="bench", post="info_officer")


@dataclass(frozen=True, slots=True)
class Story:
    """One incident: its ids, and the words said and answered."""

    incident: UUID
    number: str
    draft: UUID
    title: str
    body: str
    reply: str

    @property
    def keys(self) -> list[str]:
        """The data keys that its words are sealed under."""
        return [key_id(self.incident, "matter"), key_id(self.incident, "reply")]


Tell = Callable[[Story, Vault], Fact]


def stories(first: int = 1) -> Iterator[Story]:
    """Incidents without end, numbered from ``first``."""
    with open(SAMPLES, encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["reply"]]
    year = datetime.now(UTC).year
    for number, row in zip(count(first), cycle(rows), strict=False):
        name = f"{COUNTY.code}-{year}-{number:06d}"
        yield Story(uuid4(), name, uuid4(), row["title"], row["body"], row["reply"])


def registered(story: Story, _: Vault) -> Fact:
    """It was heard yesterday."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return IncidentRegistered(
        number=story.number,
        channel="message_board",
        category="教育文体",
        title=Sealed.of(story.title, subject="matter"),
        body=Sealed.of(story.body, subject="matter"),
        contact=None,
        link=None,
        posted_at=yesterday,
        discovered_at=yesterday,
        message_id=None,
    )


def graded(_: Story, __: Vault) -> Fact:
    """It is an ordinary one."""
    return IncidentGraded(grade="ordinary", grounds="涉及单个学校, 影响有限")


def assigned(_: Story, __: Vault) -> Fact:
    """The school must answer."""
    return IncidentAssigned(lead=SCHOOL.code, co_handling=(), instruction="请核实后按时答复")


def drafted(story: Story, vault: Vault) -> Fact:
    """The answer is written."""
    text = Sealed.of(story.reply, subject="reply")
    return ReplyDrafted(draft=story.draft, kind="result", text=text, content=_content(story, vault))


def approved(story: Story, vault: Vault) -> Fact:
    """Somebody else agrees to it."""
    return ReplyApproved(draft=story.draft, content=_content(story, vault))


def published(story: Story, vault: Vault) -> Fact:
    """The public can read it."""
    return ReplyPublished(
        draft=story.draft,
        kind="result",
        channel="message_board",
        named_unit=SCHOOL.name,
        text=Sealed.of(story.reply, subject="reply"),
        content=_content(story, vault),
    )


def closed(_: Story, __: Vault) -> Fact:
    """Nothing is left to do."""
    return IncidentClosed(outcome="answered", note="已答复")


STAGES: tuple[tuple[str, str, Tell], ...] = (
    ("intake", "incident", registered),
    ("routing", "case", graded),
    ("routing", "case", assigned),
    ("routing", "case", drafted),
    ("routing", "case", approved),
    ("routing", "case", published),
    ("routing", "case", closed),
)
"""Whose store, which kind of stream, and what is said, in order."""


async def provide_keys(system: Host, told: Sequence[Story]) -> None:
    """Make the data keys of incidents in one go."""
    keys = [key for story in told for key in story.keys]
    await asyncio.to_thread(system.vault.ensure, keys)


async def tell(system: Host, story: Story, stage: int) -> tuple[str, int]:
    """Append one event of an incident; returns the service and the position it has there."""
    service, kind, say = STAGES[stage]
    room = system.rooms[service]
    matter = Stream(kind, story.incident, COUNTY.root, story.incident)
    work = partial(_append, room, matter, partial(say, story, system.vault))
    return service, await room.store.write(work)


async def tell_all(system: Host, told: Iterable[Story]) -> None:
    """Append every event of all incidents, as fast as the stores take them."""
    waiting = deque(_groups(told))

    async def lane() -> None:
        while waiting:
            await _tell_group(system, waiting.popleft())

    await asyncio.gather(*(lane() for _ in range(LANES)))


def some(number: int, first: int = 1) -> list[Story]:
    """So many incidents."""
    return list(islice(stories(first), number))


def _append(room: Room, matter: Stream, make: Callable[[], Fact], tx: Transaction) -> int:
    appended = tx.append(matter, [make()], By(_OFFICER, tx.now))
    room.model.note(tx.sql, appended.events)
    return appended.position


async def _tell_group(system: Host, group: Sequence[Story]) -> None:
    await provide_keys(system, group)
    for stage in range(len(STAGES)):
        await asyncio.gather(*(tell(system, story, stage) for story in group))


def _groups(told: Iterable[Story]) -> Iterator[list[Story]]:
    rest = iter(told)
    while group := list(islice(rest, TOGETHER)):
        yield group


def _content(story: Story, vault: Vault) -> str:
    return vault.commitment(key_id(story.incident, "reply"), story.reply)
