"""Given a history of an incident, when a command comes, then these facts, or a refusal."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.intake.commands import IncidentCommand
from services.intake.incident import INCIDENT, Incident
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Envelope, Recorded
from shared.errors import HuiyinError

NOW = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
ONE = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")


def recorded(fact: Fact, seq: int) -> Recorded:
    """A fact as intake would have stored it."""
    envelope = Envelope(
        id=ONE,
        type=fact.TYPE,
        source="intake@QINGHE",
        epoch="0",
        stream=f"intake/incident/{ONE}",
        seq=seq,
        prev=None,
        unit="QH-YZ",
        actor=Actor(officer="o-1", post="info_officer"),
        occurred_at=NOW,
        recorded_at=NOW,
        cause=None,
        correlation=ONE,
        policy=None,
        salt="salt",
        standing="live",
    )
    return Recorded(envelope, fact, b"")


class Given:
    """An incident with a history."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.incident: Incident = INCIDENT.fold([recorded(f, n) for n, f in enumerate(facts, 1)])

    def when(self, command: IncidentCommand) -> list[Fact]:
        """What a command leads to."""
        return list(INCIDENT.decide(self.incident, command))

    def refuses(self, command: IncidentCommand) -> str:
        """The code with which a command is refused."""
        with pytest.raises(HuiyinError) as refused:
            self.when(command)
        assert refused.value.message
        return refused.value.code


def given(*facts: Fact) -> Given:
    """An incident to which these things happened."""
    return Given(facts)
