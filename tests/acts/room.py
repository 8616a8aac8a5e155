"""A room that takes any act there is, over a real store and vault, and decides nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from shared.acts.check import Attempt, Record
from shared.acts.decide import Rules
from shared.acts.take import Asked, Subject, Taker
from shared.acts.vocabulary import Act
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, decode
from shared.identity.officers import Officers
from shared.policy.engine.deeds import Matter
from shared.policy.language.pack import Pack
from shared.room import Surroundings
from shared.store.database import open_tables
from shared.store.sql import Sql
from shared.store.transaction import Stream, Transaction
from shared.vault.vault import open_vault
from tests.acts.attempts import EVERY, NOW, made_for


def stopped_clock() -> datetime:
    """A clock that stands still."""
    return NOW


class AnyRoom(Taker[None]):
    """Every act is done on the one matter there is, and what meets the rules is kept."""

    def __init__(self, directory: str, pack: Pack) -> None:
        vault = open_vault(f"{directory}/vault.db", b"k" * 32)
        self._officers = Officers(open_tables(directory, "identity"))
        around = Surroundings(directory, "QINGHE", stopped_clock, vault, self._officers)
        super().__init__(around.open_store("routing"), vault)
        self.rules = Rules({act.fact: self._decide for act in EVERY})
        self.matter = uuid4()
        self.pack = pack
        self.attempts: list[Attempt[Any]] = []
        self.keys: list[str] = []
        self.kept: list[Recorded] = []
        self.known: dict[str, Any] = {}

    def place(self, sql: Sql, act: Act, name: str) -> UUID:
        del sql, act, name
        return self.matter

    def subject(self, tx: Transaction, asked: Asked) -> Subject[None]:
        del tx, asked
        stream = Stream("incident", self.matter, "QH-YZ", self.matter, self.pack.pin)
        record = Record(self.pack, Matter("QH-YZ", NOW, NOW, **self.known), ())
        return Subject(stream, "QINGHE-2026-000001", None, record)

    def made(self, tx: Transaction, subject: Subject[None], asked: Asked) -> dict[str, Any]:
        del tx, subject
        return made_for(asked.act, asked.body)

    def keep(self, tx: Transaction, subject: Subject[None], events: Any) -> None:
        del tx, subject
        self.kept.extend(events)

    async def provide(self, *keys: str) -> None:
        self.keys.extend(keys)
        await super().provide(*keys)

    async def last(self) -> Recorded:
        """The event recorded last, from its stored bytes."""
        return decode((await self.store.notifications(0, 1000))[-1].state)

    async def close(self) -> None:
        """Give everything back."""
        await self.store.close()
        self._officers.close()
        self.vault.close()

    def _decide(self, _: None, attempt: Attempt[Any]) -> Fact | None:
        self.attempts.append(attempt)
        fact: Fact = attempt.fact
        return fact
