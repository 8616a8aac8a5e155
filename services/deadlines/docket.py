"""The docket (时限簿) of a matter, or of a unit's period: its duties and their verdicts; pure.

``reconcile`` brings a docket into line with what the rules make of what was done, ``observe`` with
the clock. A verdict depends on what happened and when it was put on record, never on when this
room heard. ``missed`` is what was seen at the limit, and gives way to what turns out to have been
done; ``cancelled`` says that nothing is owed, and gives way to what was done all the same. What was
late gives way to an act that was on record before it, and heard of after it. Every other verdict
stays, but that what was recorded late is settled by a person.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from shared.acts.deed import deed_of, rule_of
from shared.contracts import deadlines as facts
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, Standing
from shared.policy.engine.deeds import Deed, Done, Gone
from shared.policy.engine.limits import SECOND, Prospect, verdict_of
from shared.policy.engine.outlook import Outlook
from shared.policy.engine.periods import PeriodOutlook
from shared.policy.language.rules import Duty, Schedule, Shift

Found = Outlook | PeriodOutlook
"""What the rules make of a duty of a matter, or of a unit's period."""

OPEN_TO_WHAT_WAS_DONE: tuple[facts.State, ...] = ("running", "missed", "cancelled")


PERIODS = UUID("6d3c4b0e-2f7a-5c1e-8b6d-41f0a9e27c53")
"""Namespace from which the docket of a unit's period gets its id, by unit, rule and period."""


@dataclass(frozen=True, slots=True)
class DocketEntry:
    """A duty: which, from when, until when (if it can be missed), and how it stands.

    Where it was late: when it was done, and where that was recorded late, when that was; where it
    was cancelled, ``because`` of what.
    """

    id: str
    start: datetime
    due: datetime | None
    standing: Standing
    period: str | None = None
    state: facts.State = "running"
    done_at: datetime | None = None
    recorded_at: datetime | None = None
    because: str | None = None


Docket = Mapping[str, DocketEntry]
"""Every duty that ever started, by its name."""


class Concluded(NamedTuple):
    """A fact, and the event that it rests on, where it is another than the one just heard."""

    fact: Fact
    cause: UUID | None = None


def period_id(unit: str, number: str, period: str) -> UUID:
    """The docket of a unit's period: the same wherever and whenever it is opened."""
    return uuid5(PERIODS, f"{unit}/{number}/{period}")


def docket_of(history: Iterable[Recorded]) -> Docket:
    """The docket that a history leads to; never refuses: every history ever stored loads."""
    docket: dict[str, DocketEntry] = {}
    for event in history:
        name = getattr(event.fact, "duty", "")
        entry = after(docket.get(name), event.fact, event.envelope.standing)
        if entry:
            docket[entry.id] = entry
    return docket


def after(entry: DocketEntry | None, fact: Fact, standing: Standing) -> DocketEntry | None:
    """How a duty stands after a fact about it; one that has not started does not stand at all."""
    if isinstance(fact, facts.DutyStarted):
        return DocketEntry(fact.duty, fact.start, fact.due, standing, fact.period)
    if entry is None:
        return None
    match fact:
        case facts.DutyMoved():
            return replace(entry, start=fact.start, due=fact.due)
        case facts.LateRecordSettled():
            return replace(entry, state="settled_in_time" if fact.in_time else "settled_late")
        case facts.DutyCancelled():
            return replace(entry, state="cancelled", because=fact.because)
        case facts.DutyMetLate():
            return replace(entry, state="met_late", done_at=fact.done_at)
        case facts.DutyRecordedLate():
            late = replace(entry, state="recorded_late", done_at=fact.done_at)
            return replace(late, recorded_at=fact.recorded_at)
        case _ if type(fact) in facts.STATES:
            return replace(entry, state=facts.STATES[type(fact)])
        case _:
            return entry  # nothing that concerns how it stands


def reconcile(
    docket: Docket,
    found: Sequence[Found],
    known_at: datetime,
    standing: Standing,
    rules: Container[str] = (),
) -> list[Concluded]:
    """What brings a docket into line with what the rules make of what is on record.

    A running duty that is not found is one of other rules than these, under which the matter was
    before; or what it followed on, a miss, turned out to be none: then it falls away if it was
    missed, too.
    """
    owed = {str(each.key): each for each in found}
    said = [new for name, each in owed.items() for new in _follow(docket.get(name), each, standing)]
    left = [entry for name, entry in docket.items() if name not in owed]
    return said + [Concluded(fact) for entry in left for fact in _unfound(entry, rules, known_at)]


def observe(
    docket: Docket, now: datetime, lacking: Mapping[str, int | None] | None = None
) -> list[Concluded]:
    """What a look at the clock leads to; of a unit's period it is told what was lacking."""
    entries = docket.values()
    return [Concluded(fact) for entry in entries for fact in _missed(entry, now, lacking or {})]


def cancelled(
    entry: DocketEntry, because: Gone | Literal["repinned", "calendar"], recorded_at: datetime
) -> Sequence[Fact]:
    """What was recorded as gone by the limit falls away, also if a miss was seen meanwhile.

    Of a unit that had left by then, so does what was heard to be late before its leaving was. Gone
    after the limit, a live duty was missed all the same, whether anybody had looked or not.
    """
    late = ("met_late", "recorded_late") if because in LEFT else ()
    if entry.state not in ("running", "missed", *late):
        return []
    if entry.due is None or recorded_at <= entry.due or entry.standing == "imported":
        return [facts.DutyCancelled(duty=entry.id, because=because)]
    return _missed(entry, recorded_at, {})


def lacking(found: PeriodOutlook) -> dict[str, int | None]:
    """What a unit's period lacks, as a missed duty tells it."""
    if isinstance(found.rule, Schedule):
        return {"count_wanted": found.wanted, "count_done": found.counted}
    leaderless = found.leaderless // SECOND if found.rule.leader else None
    return {"gap_seconds": found.gap // SECOND, "leaderless_seconds": leaderless}


def own_deeds(history: Sequence[Recorded]) -> list[Deed]:
    """What this room itself put on record of a matter, as rules see it.

    A miss is none any more once it was superseded, settled as in time or cancelled.
    """
    undone: set[str] = set()
    found: list[Deed] = []
    for event in reversed(history):
        fact, deed = event.fact, deed_of(event)
        if isinstance(fact, facts.DutySuperseded | facts.DutyCancelled) or (
            isinstance(fact, facts.LateRecordSettled) and fact.in_time
        ):
            undone.add(fact.duty)
        if deed and not (isinstance(fact, facts.DutyMissed) and fact.duty in undone):
            found.append(deed)
    return found[::-1]


def _follow(entry: DocketEntry | None, each: Found, standing: Standing) -> Iterator[Concluded]:
    """What becomes of one duty: it starts or moves, then has its verdict, then ends."""
    for step in (_resume, _start_or_move, _done_or_gone, _end):
        for said in step(entry, each):
            entry = after(entry, said.fact, standing)
            yield said


ENDED = ("voided", "linked")
"""What a duty falls away for until it turns out that its matter was not ended."""


LEFT = ("returned", "reassigned")
"""Why a unit owes nothing more: it sent the matter back, or others have it now."""


def _resume(entry: DocketEntry | None, each: Found) -> list[Concluded]:
    """What fell away with its matter is owed again once that goes on."""
    if entry is None or entry.because not in ENDED:
        return []
    if each.gone is not None and each.gone[0] not in LEFT:
        return []
    if entry.state != "cancelled":
        return []
    return [Concluded(facts.DutyResumed(duty=entry.id, due=entry.due))]


def _start_or_move(entry: DocketEntry | None, each: Found) -> list[Concluded]:
    """A duty starts once; hearing of it again never restarts a clock. Only what runs moves."""
    if entry is None:
        return [Concluded(_started(each), each.cause)]
    # Of a period the calendar alone can change anything.
    start = each.start if isinstance(each, Outlook) else entry.start
    limit = each.limit
    if entry.state != "running" or not limit or (entry.start, entry.due) == (start, limit.due):
        return []
    because, provisional = _why_moved(entry, each), limit.provisional
    moved = facts.DutyMoved(
        duty=entry.id, start=start, due=limit.due, provisional=provisional, because=because
    )
    return [Concluded(moved)]


def _why_moved(
    entry: DocketEntry, each: Found
) -> Literal["extension", "correction", "calendar", "repinned"]:
    if isinstance(each, PeriodOutlook):
        return "calendar"
    if entry.start != each.start:
        return "correction"
    if each.extended:
        return "extension"
    return "calendar" if each.rule.clock == "working_days" else "repinned"


def _started(each: Found) -> facts.DutyStarted:
    rule, limit = each.rule, each.limit
    stop, clock = _asked(rule)
    return facts.DutyStarted(
        duty=str(each.key),
        rule=each.key.rule,
        each=each.key.each,
        title=rule.zh,
        clause=rule.clause or rule.zh,
        party=",".join(rule.who),
        stop=stop,
        clock=clock,
        start=each.start,
        known_at=each.known_at,
        due=limit.due if limit else None,
        provisional=limit.provisional if limit else False,
        period=each.turn.name if isinstance(each, PeriodOutlook) else None,
    )


def _asked(rule: Duty | Schedule | Shift) -> tuple[str, str]:
    """What has to be on record, and the name of the clock that runs."""
    match rule:
        case Shift():
            return "shift", "shift"
        case Schedule(count=count):
            return f"{count} x ({rule.stop})" if count > 1 else str(rule.stop), rule.every
        case _:
            return str(rule.stop), rule.clock


def _done_or_gone(entry: DocketEntry | None, each: Prospect) -> list[Concluded]:
    if entry is None:
        return []
    if each.done:
        return [Concluded(fact, each.done.deeds[-1]) for fact in _done(entry, each.done)]
    return [Concluded(fact) for fact in cancelled(entry, *each.gone)] if each.gone else []


def _end(entry: DocketEntry | None, each: Prospect) -> list[Concluded]:
    """What was kept up until the end came is owed no more."""
    if entry is None or each.ended_at is None or entry.state not in ("running", "measured"):
        return []
    return [Concluded(facts.DutyEnded(duty=entry.id, ended_at=each.ended_at))]


def _done(entry: DocketEntry, done: Done) -> Sequence[Fact]:
    """The first act on record that fulfils a duty gives its verdict; later ones change nothing.

    What was put on record after the limit was missed at the limit, whether anybody had looked. Of
    a unit's period, what it lacked at its limit is for whoever looked then to say.
    """
    if entry.state not in OPEN_TO_WHAT_WAS_DONE and not _was_on_record_before(entry, done):
        return []
    if entry.due is None:
        took = max((done.at - entry.start) // SECOND, 0)
        return [facts.DutyMeasured(duty=entry.id, done_at=done.at, took_seconds=took)]
    unseen = done.standing == "live" and entry.period is None
    missed = _missed(entry, done.recorded_at, {}) if unseen else []
    return [*missed, _verdict(entry, entry.due, done)]


def _was_on_record_before(entry: DocketEntry, done: Done) -> bool:
    """Whether the act came before the one that gave the verdict, and was only heard of after it.

    What counts because the start was corrected since is no such act: a verdict stays.
    """
    if done.at < entry.start:
        return False
    match entry:
        case DocketEntry(state="met_late", done_at=datetime() as done_at):
            return done.at < done_at
        case DocketEntry(state="recorded_late", recorded_at=datetime() as recorded_at):
            return done.recorded_at < recorded_at
        case _:
            return False


def _verdict(entry: DocketEntry, due: datetime, done: Done) -> Fact:
    found, name, at = verdict_of(due, done, done.recorded_at), entry.id, done.at
    match found.outcome:
        case "late":
            return facts.DutyMetLate(
                duty=name, done_at=at, due=due, late_seconds=found.late_seconds
            )
        case "recorded_late":
            recorded_at = done.recorded_at
            return facts.DutyRecordedLate(duty=name, done_at=at, recorded_at=recorded_at, due=due)
        case _:
            corrects = entry.state in ("missed", "met_late", "recorded_late")
            verdict = facts.DutySuperseded if corrects else facts.DutyMet
            return verdict(duty=name, done_at=at, due=due, spare_seconds=found.spare_seconds)


def _missed(
    entry: DocketEntry, now: datetime, lacking: Mapping[str, int | None]
) -> Sequence[facts.DutyMissed]:
    """A live duty is missed once its limit has passed; at exactly that moment it is not yet.

    Imported history is never observed: its verdict comes with its reply, or not at all.
    """
    if entry.state != "running" or entry.standing == "imported" or entry.due is None:
        return []
    if verdict_of(entry.due, None, now).outcome == "pending":
        return []
    return [facts.DutyMissed(duty=entry.id, due=entry.due, observed_at=now, **lacking)]


def _unfound(entry: DocketEntry, rules: Container[str], known_at: datetime) -> Sequence[Fact]:
    if rule_of(entry.id) in rules:
        return cancelled(entry, "unless", known_at)
    return cancelled(entry, "repinned", known_at) if entry.state == "running" else []
