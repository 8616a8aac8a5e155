"""The ledger's row: what each event says of an incident, in whatever order services are heard."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reporting.ledger.row import CHANGED_BY, LedgerRow, project
from shared.clock import to_micros
from shared.contracts.catalogue import Fact, facts
from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyMoved,
    DutyRecordedLate,
    DutyResumed,
    DutyStarted,
    DutySuperseded,
    LateRecordSettled,
)
from shared.contracts.envelope import Recorded
from shared.contracts.intake import (
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    RegistrationCorrected,
)
from shared.contracts.reporting import IncidentErased, MatterArchived
from shared.contracts.routing import (
    CaseRepinned,
    IncidentAssigned,
    IncidentClosed,
    IncidentGraded,
    IncidentReopened,
    MatterAssessed,
    MatterCalmed,
    ReplyApproved,
    ReplyDrafted,
    ReplyPublished,
)
from shared.contracts.sealed import Sealed
from tests.contracts.samples import any_of_kind, envelope, sample

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DUE = NOON + timedelta(days=3)
NUMBER = "QINGHE-2026-000001"
TEXT = Sealed(key="k", nonce="n", text="t")

REGISTERED = IncidentRegistered(
    number=NUMBER,
    channel="call",
    category="inquiry_demand",
    title=TEXT,
    body=None,
    contact=None,
    link=None,
    posted_at=NOON,
    discovered_at=NOON,
    message_id=None,
)
STARTED = DutyStarted(
    duty="B.T01",
    title="回复",
    clause="第一条",
    party="lead",
    stop="publish",
    start=NOON,
    due=DUE,
    rule="B.T01",
    each="",
    clock="days",
    known_at=NOON,
    provisional=False,
    period=None,
)


def event(fact: Fact, **changes: Any) -> Recorded:
    """A fact as recorded; the row is made from envelope and fact alone."""
    return Recorded(envelope(fact.TYPE, **changes), fact, b"")


def row_after(*told: Fact, **changes: Any) -> LedgerRow:
    """The row that these facts lead to, from leaf 7 on."""
    row = LedgerRow("an incident")
    for leaf, fact in enumerate(told, 7):
        row = project(row, event(fact, **changes), leaf)
    return row


def test_a_registration_says_who_heard_what_where_and_when() -> None:
    row = row_after(REGISTERED, unit="QH-YZ", recorded_at=NOON, standing="imported")

    assert row == LedgerRow(
        "an incident",
        number=NUMBER,
        unit="QH-YZ",
        standing="imported",
        channel="call",
        category="inquiry_demand",
        title_leaf=7,
        status="registered",
        posted_at=to_micros(NOON),
        registered_at=to_micros(NOON),
        sorted_at=to_micros(NOON),
    )


def test_no_words_of_anybody_are_copied_into_the_row() -> None:
    row = row_after(sample(IncidentRegistered), sample(ReplyDrafted), sample(ReplyPublished))

    assert "密封" not in repr(row)


HANDLED: dict[str, tuple[Fact, dict[str, Any]]] = {
    "graded": (IncidentGraded(grade="major", grounds="x"), {"grade": "major"}),
    "assigned": (
        IncidentAssigned(lead="QH-YZ", co_handling=("QH-LX", "QH-EZ"), instruction=""),
        {"lead": "QH-YZ", "co_handling": "QH-LX;QH-EZ"},
    ),
    "drafted": (ReplyDrafted(draft=uuid4(), kind="result", text=TEXT, content="c"), {}),
    "approved": (ReplyApproved(draft=uuid4(), content="c"), {}),
    "published": (
        ReplyPublished(
            draft=None, kind="result", channel="x", named_unit="一中", text=TEXT, content="c"
        ),
        {"published_at": to_micros(NOON), "named_unit": "一中"},
    ),
    "closed": (
        IncidentClosed(outcome="answered", note=""),
        {"closed_at": to_micros(NOON), "outcome": "answered"},
    ),
    "linked": (
        IncidentLinked(to=uuid4(), to_number="QINGHE-2026-000009", grounds="x"),
        {"linked_to": "QINGHE-2026-000009"},
    ),
    "voided": (IncidentVoided(reason="x"), {}),
}


@pytest.mark.parametrize("status", HANDLED)
def test_an_act_moves_the_status_on_and_says_what_is_new(status: str) -> None:
    fact, new = HANDLED[status]

    row = row_after(fact, occurred_at=NOON)

    assert row.status == status
    assert {name: getattr(row, name) for name in new} == new


def test_a_second_draft_or_a_new_grade_does_not_bring_the_status_back() -> None:
    published, drafted = HANDLED["published"][0], HANDLED["drafted"][0]

    row = row_after(published, drafted, IncidentGraded(grade="larger", grounds="x"))

    assert (row.status, row.grade) == ("published", "larger")


VERDICTS: dict[str, tuple[Fact, int | None, int | None]] = {
    "met": (DutyMet(duty="B.T01", done_at=NOON, due=DUE, spare_seconds=9), 9, None),
    "superseded": (DutySuperseded(duty="B.T01", done_at=NOON, due=DUE, spare_seconds=8), 8, None),
    "missed": (DutyMissed(duty="B.T01", due=DUE, observed_at=DUE), None, None),
    "met_late": (DutyMetLate(duty="B.T01", done_at=DUE, due=DUE, late_seconds=7), None, 7),
    "recorded_late": (
        DutyRecordedLate(duty="B.T01", done_at=NOON, recorded_at=DUE, due=DUE),
        None,
        None,
    ),
    "settled_late": (LateRecordSettled(duty="B.T01", in_time=False, grounds="x"), None, None),
    "settled_in_time": (LateRecordSettled(duty="B.T01", in_time=True, grounds="x"), None, None),
    "cancelled": (DutyCancelled(duty="B.T01", because="voided"), None, None),
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_duty_has_its_due_time_and_then_its_verdict(verdict: str) -> None:
    fact, spare, late = VERDICTS[verdict]

    row = row_after(STARTED, fact)

    assert (row.duty, row.due) == ("B.T01", to_micros(DUE))
    assert (row.verdict, row.spare_seconds, row.late_seconds) == (verdict, spare, late)
    assert row_after(STARTED).verdict == "running"


def owed(duty: str, due: datetime | None, stop: str = "publish") -> DutyStarted:
    """A duty of its own."""
    return STARTED.model_copy(update={"duty": duty, "due": due, "stop": stop})


def missed(duty: str) -> DutyMissed:
    """Nothing was seen of it."""
    return DutyMissed(duty=duty, due=DUE, observed_at=DUE)


def met(duty: str) -> DutyMet:
    """It was done in time."""
    return DutyMet(duty=duty, done_at=NOON, due=DUE, spare_seconds=9)


EARLIER, LATER = owed("early", DUE - timedelta(days=2)), owed("late", DUE)


def test_of_several_replies_the_one_owed_first_is_shown() -> None:
    assert row_after(LATER, EARLIER).duty == row_after(EARLIER, LATER).duty == "early"
    assert row_after(EARLIER, LATER, met("early")).duty == "late"
    assert row_after(EARLIER, LATER, missed("early")).verdict == "missed"


def test_when_nothing_is_owed_any_more_the_worst_is_shown() -> None:
    late = DutyMetLate(duty="late", done_at=DUE, due=DUE, late_seconds=7)

    row = row_after(EARLIER, LATER, met("early"), late)

    assert (row.duty, row.verdict, row.late_seconds) == ("late", "met_late", 7)


def test_what_is_no_reply_or_has_no_limit_is_left_to_the_other_duties() -> None:
    assert row_after(owed("report", DUE, "report > office"), owed("soon", None)).duty is None


def test_a_verdict_on_another_duty_says_nothing_of_the_reply() -> None:
    assert row_after(STARTED, missed("another")).verdict == "running"


def test_a_moved_limit_is_the_one_shown() -> None:
    moved = DutyMoved(
        duty="B.T01", start=NOON, due=DUE + timedelta(1), provisional=False, because="extension"
    )

    assert row_after(STARTED, moved).due == to_micros(DUE + timedelta(1))


REOPENED = IncidentReopened(grounds="x")


def test_a_reopened_case_does_not_look_closed_until_it_is_closed_again() -> None:
    closed = HANDLED["closed"][0]

    reopened = row_after(closed, REOPENED)

    assert (reopened.status, reopened.closed_at, reopened.outcome) == ("reopened", None, None)
    assert row_after(closed, REOPENED, HANDLED["drafted"][0]).status == "drafted"
    assert row_after(closed, REOPENED, closed).status == "closed"


def test_what_was_linked_elsewhere_is_not_reopened_here() -> None:
    assert row_after(HANDLED["closed"][0], HANDLED["linked"][0], REOPENED).status == "linked"


def test_a_file_has_its_number_whatever_becomes_of_the_case() -> None:
    filed = MatterArchived(number="QINGHE-2026-G000001")

    row = row_after(HANDLED["closed"][0], filed, REOPENED, occurred_at=NOON)

    assert (row.archive_number, row.archived_at) == ("QINGHE-2026-G000001", to_micros(NOON))


def test_the_severity_judged_last_counts_in_whatever_order_services_are_heard() -> None:
    registered = event(REGISTERED.model_copy(update={"sets": {"severity": ("ordinary",)}}))
    assessed = event(MatterAssessed(sets={"severity": ("major",)}))

    rows = [
        project(project(LedgerRow("an incident"), one, 1), other, 2)
        for one, other in ((registered, assessed), (assessed, registered))
    ]

    assert [row.grade for row in rows] == ["major", "major"]


def test_an_erased_incident_is_marked_and_keeps_everything_else() -> None:
    before = row_after(REGISTERED)

    row = project(before, event(IncidentErased(keys=(), grounds="x")), 99)

    assert row.erased == 1
    assert before == LedgerRow(**{**_values(row), "erased": 0})


EVERY_KIND = sorted(facts().values(), key=lambda kind: kind.TYPE)


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.TYPE)
def test_exactly_the_facts_named_change_a_row(kind: type[Fact]) -> None:
    blank = LedgerRow("an incident", erased=2)  # no event leads to this
    reply = STARTED.model_copy(update={"duty": "another"})
    before = blank if kind is DutyStarted else project(blank, event(reply), 3)
    if kind is DutyResumed:
        fell_away = DutyCancelled(duty="another", because="voided")
        before = project(before, event(fell_away), 5)

    after = project(before, event(telling(kind)), 7)

    assert (after != before) is (kind in CHANGED_BY)


def telling(kind: type[Fact]) -> Fact:
    """An example that is about a reply, or judges how grave the matter is, if it can be."""
    if kind is DutyStarted:
        return STARTED
    given = {"duty": "another", "sets": {"severity": ("larger",)}}
    fact = sample(kind)
    return fact.model_copy(update={k: v for k, v in given.items() if hasattr(fact, k)})


Kinds = list[type[Fact]]

LINKED_OR_VOIDED: list[Kinds] = [[], [IncidentLinked], [IncidentVoided]]
BY_ROUTING: Kinds = [
    IncidentGraded,
    IncidentAssigned,
    ReplyDrafted,
    ReplyApproved,
    ReplyPublished,
    IncidentClosed,
    IncidentReopened,
    MatterAssessed,
    MatterCalmed,
    CaseRepinned,
]
BY_DEADLINES: Kinds = [DutyStarted, DutyMoved, *(type(f) for f, _, _ in VERDICTS.values())]


@st.composite
def histories(draw: st.DrawFn) -> list[list[tuple[int, Recorded]]]:
    """What each service says of one incident, each event with the leaf it will get."""
    said: list[Kinds] = [
        [
            IncidentRegistered,
            *draw(st.lists(st.just(RegistrationCorrected), max_size=2)),
            *draw(st.sampled_from(LINKED_OR_VOIDED)),
        ],
        draw(st.lists(st.sampled_from(BY_ROUTING), max_size=8)),
        draw(st.lists(st.sampled_from(BY_DEADLINES), max_size=5)),
        [IncidentErased] * draw(st.integers(0, 2)) + [MatterArchived] * draw(st.integers(0, 1)),
    ]
    leaf = iter(range(100))
    return [[(next(leaf), event(draw(any_of_kind(k)))) for k in service] for service in said]


@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may have other work
@given(histories(), st.randoms(use_true_random=False))
def test_the_row_is_the_same_in_whatever_order_the_services_are_heard(
    services: list[list[tuple[int, Recorded]]], random: Any
) -> None:
    turns = [number for number, service in enumerate(services) for _ in service]
    random.shuffle(turns)
    heard = [iter(service) for service in services]
    shuffled = [next(heard[number]) for number in turns]

    one_by_one = [each for service in services for each in service]

    assert _fold(shuffled) == _fold(one_by_one)


def _fold(told: list[tuple[int, Recorded]]) -> LedgerRow:
    beginning = LedgerRow("an incident")
    return reduce(lambda row, each: project(row, each[1], each[0]), told, beginning)


def _values(row: LedgerRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in LedgerRow.__dataclass_fields__}
