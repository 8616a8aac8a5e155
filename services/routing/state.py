"""How far the handling of a matter got, as its events say; ``evolve`` never refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from shared.contracts.catalogue import Judged
from shared.contracts.envelope import Recorded
from shared.contracts.routing import (
    ActApproved,
    DraftRejected,
    FactsVerified,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    IncidentReopened,
    MatterAssessed,
    MatterEscalated,
    MatterHandled,
    MatterReferred,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
    ReportMade,
    SheetAccepted,
    SheetReturned,
    StateDeclared,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """One version of a paper: who wrote it, what for, and the commitment to its text."""

    drafter: str
    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's approval, in which post, of what kind; ``of`` a draft's id or anything else."""

    of: str | None
    officer: str
    post: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A unit's part in the handling since the last assignment.

    ``accepted`` holds the kinds of what it signed for.
    """

    accepted: frozenset[str | None] = frozenset()
    did: bool = False
    returned: bool = False

    @property
    def owing(self) -> bool:
        """It signed, and has neither done anything nor sent it back."""
        return bool(self.accepted) and not self.did and not self.returned

    @property
    def standing(self) -> str:
        """In one word: returned, done, accepted or assigned."""
        if self.returned:
            return "returned"
        return "done" if self.did else "accepted" if self.accepted else "assigned"


IncidentStanding = Literal["open", "linked", "voided"]
"""Whether the incident stands on its own, as this room has heard from intake."""

Release = tuple[UUID, str, str]
"""A draft that went out, as what kind of publication, through which channel."""


@dataclass(frozen=True, slots=True)
class Case:
    """How far the handling got.

    ``drafts`` and ``approvals`` are in the order they were made; ``answered`` once a reply of kind
    result was published since the matter was last reopened, here or before this system.
    ``releases`` are the drafts that went out, each with its kind and channel; ``referrers``
    approved a referral that was not made yet. ``put_up`` once it was escalated or reported, until
    a level above hands it back. ``graders`` are the posts that graded it as it is judged now.
    ``standing`` is intake's word, not the case's; ``whose`` says that it is a unit's day, of which
    states are declared as well. ``asking`` are all appointments of the person who asks.
    """

    standing: IncidentStanding = "open"
    asking: frozenset[str] = frozenset()
    whose: Literal["matter", "unit"] = "matter"
    judged: Judged = field(default_factory=dict)
    states: Mapping[str, bool] = field(default_factory=dict)
    assigned: IncidentAssigned | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    drafts: Mapping[UUID, Draft] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    rejected: frozenset[UUID] = frozenset()
    releases: frozenset[Release] = frozenset()
    referrers: frozenset[str] = frozenset()
    put_up: bool = False
    graders: frozenset[str] = frozenset()
    answered: bool = False
    closed: bool = False

    def one_person(self, officer: str) -> frozenset[str]:
        """Every appointment of the officer who asks: four eyes are of persons."""
        return self.asking | {officer}

    @property
    def published(self) -> frozenset[UUID]:
        """The drafts that went out, in whatever way."""
        return frozenset(draft for draft, _, _ in self.releases)

    @property
    def approved(self) -> tuple[UUID, ...]:
        """The drafts that somebody approved and nobody rejected, in the order of approval."""
        by_name = {str(draft): draft for draft in self.drafts if draft not in self.rejected}
        return tuple(by_name[each.of] for each in self.approvals if each.of in by_name)

    @property
    def last_draft(self) -> UUID | None:
        """The draft made last, of those that nobody rejected."""
        return last(draft for draft in self.drafts if draft not in self.rejected)

    @property
    def waiting(self) -> tuple[UUID, ...]:
        """The drafts that neither went out nor were rejected, in the order they were made."""
        gone = self.rejected | self.published
        return tuple(draft for draft in self.drafts if draft not in gone)

    def judging(self, sets: Judged) -> "Case":
        """The same after a judgement; a new one replaces the old on its axis."""
        judged = {**self.judged, **sets}
        graders = self.graders if judged == self.judged else frozenset[str]()
        return replace(self, judged=judged, graders=graders)

    def taking_part(self, unit: str, **changes: object) -> "Case":
        """The same after a unit did something; one that was assigned nothing has no part."""
        if unit not in self.parts:
            return self
        part = replace(self.parts[unit], **changes)  # type: ignore[arg-type]
        return replace(self, parts={**self.parts, unit: part})


def evolve(case: Case, event: Recorded) -> Case:
    """Never refuses: every history ever stored loads."""
    actor = event.envelope.actor
    match event.fact:
        case IncidentGraded() as fact:
            judged = case.judging(fact.sets)
            return replace(judged, graders=judged.graders | {actor.post})
        case MatterAssessed() as fact:
            return case.judging(fact.sets)
        case IncidentAssigned() as fact:
            parts = {unit: Part() for unit in (fact.lead, *fact.co_handling)}
            return replace(case, assigned=fact, parts=parts)
        case ReplyDrafted() as fact:
            draft = Draft(actor.officer, fact.kind, fact.content)
            return replace(case, drafts={**case.drafts, fact.draft: draft})
        case ReplyApproved() as fact:
            return _approved(case, Approval(str(fact.draft), actor.officer, actor.post, fact.kind))
        case DraftRejected() as fact:
            return replace(case, rejected=case.rejected | {fact.draft})
        case ReplyPublished() as fact:
            return _published(case, fact)
        case IncidentClosed():
            return replace(case, closed=True)
        case IncidentReopened():
            return replace(case, closed=False, answered=False)
        case _:
            return _taken(case, event)


def _taken(case: Case, event: Recorded) -> Case:
    actor = event.envelope.actor
    match event.fact:
        case SheetAccepted() as fact:
            part = case.parts.get(fact.unit, Part())
            return case.taking_part(fact.unit, accepted=part.accepted | {fact.kind})
        case SheetReturned() as fact:
            return replace(case.taking_part(fact.unit, returned=True), put_up=False)
        case FactsVerified() | MatterHandled() as fact:
            return case.taking_part(fact.unit, did=True)
        case MatterEscalated() as fact:
            return replace(case.judging(fact.sets), put_up=True)
        case ReportMade():
            return replace(case, put_up=True)
        case ActApproved() as fact:
            approved = _approved(case, Approval(fact.of, actor.officer, actor.post, fact.kind))
            if fact.kind != "referral":
                return approved
            return replace(approved, referrers=case.referrers | {actor.officer})
        case MatterReferred():
            return replace(case, referrers=frozenset())
        case StateDeclared() as fact:
            return replace(case, states={**case.states, fact.state: fact.on})
        case _:
            return case


UNFINISHED = ("interim", "staged", "press", "acknowledge")
"""Publications that leave the result owed; a pack's own kinds are answers."""


def last(made: Iterable[UUID]) -> UUID | None:
    """The last of them, if there is any."""
    return next(reversed(tuple(made)), None)


def _approved(case: Case, approval: Approval) -> Case:
    return replace(case, approvals=(*case.approvals, approval))


def _published(case: Case, fact: ReplyPublished) -> Case:
    answered = case.answered or fact.kind not in UNFINISHED
    if fact.draft is None:
        return replace(case, answered=answered)
    released = case.releases | {(fact.draft, fact.kind, fact.channel)}
    return replace(case, releases=released, answered=answered)
