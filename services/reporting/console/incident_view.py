"""One incident as its page shows it: words, life, duties and trail, as they stood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.console.frame import Frame
from services.reporting.duties import table as duties_table
from services.reporting.duties.table import LoggedDuty
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.entry import LedgerEntry, entries
from services.reporting.log.log import Leaf, leaves_of_matter
from services.reporting.packs import rulings
from services.reporting.reach import check_seen
from services.reporting.trail.trail import TrailEntry, trail
from services.reporting.trail.wording import TITLES, reader
from services.reporting.unshown import event_of
from services.reporting.versions import NOW
from shared.contracts import intake, reporting, routing
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.copies.packs import baseline
from shared.store.sql import Sql
from shared.vault.vault import Vault

STAGES: tuple[type[Fact], ...] = (
    intake.IncidentRegistered,
    routing.IncidentGraded,
    routing.IncidentAssigned,
    routing.ReplyDrafted,
    routing.ReplyApproved,
    routing.ReplyPublished,
    routing.IncidentClosed,
    reporting.MatterArchived,
)
"""The way of an incident that is answered."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event of the incident on the slider; ``size`` shows the log up to and with it."""

    size: int
    title: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedWords:
    """What was said, opened for who may read it; what was erased reads as such."""

    title: str = ""
    body: str = ""
    link: str | None = None
    reply: str = ""
    replied_as: str = ""
    reply_kind: str = ""
    reply_channel: str = ""


@dataclass(frozen=True, slots=True)
class IncidentView:
    """The page. ``entry`` is none when the incident was not yet on record.

    ``stages`` are those of the way, each with when it was first reached (UTC), if it was;
    ``reply_kind`` is what the kind of its reply is called under its rules. Whoever ``left`` is
    shown no more than there was until then.
    """

    name: str
    entry: LedgerEntry | None
    words: OpenedWords
    stages: Sequence[tuple[str, datetime | None]]
    duties: Sequence[LoggedDuty]
    trail: Sequence[TrailEntry]
    marks: Sequence[Mark]
    shown: int
    reply_kind: str
    left: bool


def incident_view(
    name: str, sql: Sql, around: Frame, *, vault: Vault, names: dict[str, str]
) -> IncidentView:
    """The incident with that number or id, as the page shows it.

    Raises Unknown ``incident.unknown`` and Refused ``matter.not-yours``.
    """
    present = ledger_table.registered(sql, name)
    upto = check_seen(sql, around.reach, present, name)
    size = min(around.size, upto)
    leaves = leaves_of_matter(sql, present.incident, upto)
    within = [event for leaf in leaves if leaf.leaf < size and (event := event_of(leaf))]
    row = ledger_table.at(sql, present.incident, size)
    row = row if row is not None and row.number is not None else None
    pack = rulings(sql)(row.policy) if row else None
    words = _words(vault, within)
    return IncidentView(
        name=present.number or "",
        entry=entries(sql, vault, [row], size)[0] if row else None,
        words=words,
        stages=_stages(within),
        duties=duties_table.of_incident(sql, present.incident, size),
        trail=trail(sql, present.incident, size, vault, names),
        marks=[_mark(leaf) for leaf in leaves],
        shown=sum(leaf.leaf < size for leaf in leaves),
        reply_kind=(pack or baseline()).kinds_of("publish").get(words.reply_kind, words.reply_kind),
        left=upto < NOW,
    )


def _words(vault: Vault, events: Sequence[Recorded]) -> OpenedWords:
    opened: dict[str, str | None] = {}
    for event in events:
        read = reader(vault, event)
        match event.fact:
            case intake.IncidentRegistered() as fact:
                opened |= {"title": read("title"), "body": read("body"), "link": fact.link}
            case routing.ReplyPublished() as fact:
                opened |= {"reply": read("text"), "replied_as": fact.named_unit}
                opened |= {"reply_kind": fact.kind, "reply_channel": fact.channel}
    return OpenedWords(**opened)  # type: ignore[arg-type]  # only the link may be none


def _stages(events: Sequence[Recorded]) -> list[tuple[str, datetime | None]]:
    reached: dict[type[Fact], datetime] = {}
    for event in events:
        reached.setdefault(type(event.fact), event.envelope.occurred_at)
        if isinstance(event.fact, routing.IncidentReopened):
            reached.pop(
                routing.IncidentClosed, None
            )  # it is handled again, until it is closed again
    return [(TITLES[kind], reached.get(kind)) for kind in STAGES]


def _mark(leaf: Leaf) -> Mark:
    event = event_of(leaf)
    if event is None:
        return Mark(leaf.leaf + 1, leaf.type, leaf.sequenced_at)
    title = TITLES.get(type(event.fact), leaf.type)
    return Mark(leaf.leaf + 1, title, event.envelope.occurred_at)
