"""Given a history of an incident, when a command comes, then these facts, or a refusal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from services.intake.commands import Asked, Heard, IncidentCommand, RegisterIncident

from services.intake.incident import INCIDENT, Incident
from shared.acts.check import Record, Told
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Envelope, Recorded
from shared.copies.packs import baseline
from shared.errors import HuiyinError
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import Matter
from shared.policy.language.pack import Pack

NOW = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
ONE = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")


def asked(
    act: str,
    *,
    pack: Pack | None = None,
    told: Told | None = None,
    by: str = "info_officer",
    at: datetime = NOW,
    past: Sequence[Deed] = (),
    known: dict[str, str] | None = None,
    **deed: Any,
) -> Asked:
    """What a command comes with: an act in the words of a pack, after what is on record."""
    told = told or Told()
    said = {"kind": told.kind, "to": told.to, "medium": told.medium, "of": told.of}
    attempted = Deed(uuid4(), act, at, NOW, by=by, unit="QH-YZ", **(said | deed))
    subject = Matter("QH-YZ", NOW, NOW, sets={"category": ("inquiry_demand",)})
    return Asked(Record(pack or baseline(), subject, past), attempted, NOW, told, known or {})


def registering(heard: Heard, pack: Pack | None = None, **told: Any) -> RegisterIncident:
    """A registration as the application puts it."""
    come = asked("register", pack=pack, told=Told(**told), sets=heard.judged)
    subject = replace(
        come.record.matter, kind=heard.matter, channel=heard.channel, sets=heard.judged
    )
    come = replace(come, record=replace(come.record, matter=subject))
    return RegisterIncident("QINGHE-2026-000001", heard, come)


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
