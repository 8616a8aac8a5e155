"""What is on record of one matter, as rules see it (案卷): read from the log, as it stood."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce

from services.reporting.log.log import leaves_of_matter
from services.reporting.unshown import readable
from shared.acts.deed import corrected, deed_of, subject_of, why_ended
from shared.contracts.envelope import Recorded
from shared.contracts.intake import IncidentRegistered, RegistrationCorrected
from shared.contracts.routing import StandingConflictFound, StateDeclared
from shared.copies.units import unit_id, upwards
from shared.policy.engine.deeds import Deed, Matter
from shared.store.sql import Sql


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """An act on record: the log entry that holds it, and the act."""

    leaf: int
    deed: Deed


@dataclass(frozen=True)
class Dossier:
    """The acts of a matter or of a unit's days, in the order of the log.

    ``subject`` is what the registration says, or none for a unit and before that has arrived.
    ``declared`` is what was declared for its unit and those above.
    """

    subject: Matter | None
    entries: Sequence[LoggedAct]
    declared: Sequence[Deed] = ()

    @cached_property
    def deeds(self) -> list[Deed]:
        """What rules look at."""
        return [*(entry.deed for entry in self.entries), *self.declared]


def dossier(sql: Sql, matter: str, size: int) -> Dossier:
    """What was on record of a matter after the first ``size`` leaves."""
    logged = [(leaf.leaf, e) for leaf, e in readable(leaves_of_matter(sql, matter, size))]
    events = [event for _, event in logged]
    overruled = [e.fact.ended for e in events if isinstance(e.fact, StandingConflictFound)]
    standing = (event for event in events if event.envelope.id not in overruled)
    subject = reduce(_subject_after, standing, None)
    entries = [LoggedAct(leaf, deed) for leaf, event in logged if (deed := deed_of(event))]
    return Dossier(subject, entries, declared(sql, subject.unit, size) if subject else ())


def declared(sql: Sql, unit: str, size: int) -> list[Deed]:
    """What was declared for a unit and for those above it."""
    leaves = (
        leaf
        for each in upwards(sql, unit)
        for leaf in leaves_of_matter(sql, str(unit_id(each)), size, StateDeclared.TYPE)
    )
    return [deed for _, event in readable(leaves) if (deed := deed_of(event))]


def _subject_after(subject: Matter | None, event: Recorded) -> Matter | None:
    match event.fact:
        case IncidentRegistered():
            return subject_of(event)
        case RegistrationCorrected() as fact if subject is not None:
            return corrected(subject, fact)
        case _ if subject and not subject.ended and (because := why_ended(event)):
            return replace(subject, ended=(because, event.envelope.recorded_at))
        case _:
            return subject
