"""Somebody who acts (人员), as every room sees whoever asks."""

from dataclasses import dataclass

from shared.contracts.envelope import Actor


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who acts for a unit: pseudonymous id, name, unit's code and post."""

    id: str
    name: str
    unit: str
    post: str

    @property
    def actor(self) -> Actor:
        return Actor(officer=self.id, post=self.post)
