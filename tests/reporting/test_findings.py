"""What is found of the record: lateness, breaches, the pack's offences, and what was waited for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.reporting.duties.table import LoggedDuty
from services.reporting.findings.computed import Finding, Proof, of_breach, of_duty
from services.reporting.findings.dossier import Dossier, LoggedAct
from shared.clock import to_micros
from shared.policy import Pack, read_pack
from shared.policy.engine.deeds import Deed, Matter

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DUE = NOON + timedelta(hours=3)

RULES = """
[pack]
id = "some-town"
version = "2026.1"
zh = "某镇"

[duty.D1]
zh = "回复"
clause = "三小时内回复"
start = "discovered"
stop = "publish"
within = "PT3H"

[duty.D2]
zh = "首报"
start = "discovered"
stop = "report > office"
within = "PT2H"

[duty.D3]
zh = "在网站回复"
who = "info_officer"
start = "discovered"
stop = "publish"
within = "PT3H"

[duty.D4]
zh = "催办"
who = "office"
start = "missed:D2"
stop = "urge"
each = "assignee"
within = "PT3H"

[gate.G1]
zh = "发布前须经领导批准"
refuse = "publish"
needs = "approve by principal_leader"

[offence.late]
zh = "迟报"
basis = "computed"
on = "late"
sanction = "通报"

[offence.neither]
zh = "既未回复又未说明"
basis = "computed"
on = "missed"
duties = ["D1"]
unless = "explain"

[offence.order]
zh = "违反程序"
basis = "computed"
on = "breach"

[offence.concealed]
zh = "瞒报"
basis = "human"
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Rules with one of everything."""
    return read_pack(RULES, "some-town")


def row(state: str, rule: str = "D1", stop: str = "publish", **changes: Any) -> LoggedDuty:
    """A duty that stands so."""
    told: dict[str, Any] = {
        "incident": "i",
        "duty": rule,
        "rule": rule,
        "title": "回复",
        "clause": "三小时内回复",
        "party": "handling_unit",
        "unit": "QH-YZ",
        "standing": "live",
        "policy": None,
        "start": to_micros(NOON),
        "due": to_micros(DUE),
        "state": state,
        "stop": stop,
        "started_leaf": 1,
        "leaf": 9,
    }
    return LoggedDuty(**told | changes)


def deed(act: str, minutes: int, **told: Any) -> Deed:
    """An act so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    return Deed(uuid4(), act, at, at, **{"by": "liaison", "unit": "QH-YZ"} | told)


def record(*deeds: Deed) -> Dossier:
    """A dossier with these acts, from leaf 2 on."""
    subject = Matter("QH-YZ", NOON, NOON)
    return Dossier(subject, [LoggedAct(leaf, each) for leaf, each in enumerate(deeds, 2)])


def kinds(found: Sequence[Finding]) -> list[str]:
    """What was found."""
    return [each.kind for each in found]


LATE_REPLY = deed("publish", 181, by="spokesperson")


def late(**changes: Any) -> LoggedDuty:
    """A reply a minute late."""
    done = to_micros(LATE_REPLY.at)
    return row("met_late", done_at=done, late_seconds=60, **changes)


def test_a_late_reply_is_found_with_rule_limit_actual_post_and_evidence(pack: Pack) -> None:
    [found, _] = of_duty(pack, late(), record(deed("register", 0), LATE_REPLY))

    assert (found.kind, found.rule, found.clause) == ("late_reply", "D1", "三小时内回复")
    assert (found.limit, found.actual, found.late_seconds) == (DUE, LATE_REPLY.at, 60)
    assert (found.unit, found.post) == ("QH-YZ", "新闻发言人")
    assert found.evidence == (Proof(1, "start"), Proof(3, "publish"), Proof(9, "met_late"))


def test_the_packs_offence_is_found_besides_with_its_sanction(pack: Pack) -> None:
    found = list(of_duty(pack, late(), record(LATE_REPLY)))

    assert kinds(found) == ["late_reply", "late"]
    assert (found[1].title, found[1].sanction, found[1].evidence) == (
        "迟报",
        "通报",
        found[0].evidence,
    )


def test_lateness_is_found_where_the_pack_is_not_known_or_names_no_offence() -> None:
    assert kinds(list(of_duty(None, late(), record(LATE_REPLY)))) == ["late_reply"]
    assert kinds(list(of_duty(None, row("missed", stop="report > office"), record()))) == [
        "missed_report"
    ]


def test_what_was_recorded_late_waits_for_a_person_and_is_no_offence(pack: Pack) -> None:
    [found] = of_duty(pack, row("recorded_late"), record(LATE_REPLY))

    assert (found.kind, found.basis) == ("late_record", "pending")


def test_an_offence_names_the_duties_it_is_about(pack: Pack) -> None:
    reply = list(of_duty(pack, row("missed"), record()))
    report = list(of_duty(pack, row("missed", "D2", "report > office"), record()))

    assert kinds(reply) == ["missed_reply", "neither"]
    assert kinds(report) == ["missed_report"]


def test_what_is_excused_is_no_offence_and_still_a_missed_duty(pack: Pack) -> None:
    excused = list(of_duty(pack, row("missed"), record(deed("explain", 200))))

    assert kinds(excused) == ["missed_reply"]


def test_one_unit_s_word_excuses_neither_another_nor_another_delay(pack: Pack) -> None:
    missed = row("missed", assignee="QH-YZ")
    others = deed("explain", 60, unit="QH-LX", of="D1")
    of_another = deed("explain", 60, of="D2")
    own = deed("explain", 60, of="D1")

    told = [kinds(list(of_duty(pack, missed, record(each)))) for each in (others, of_another, own)]

    assert ["neither" in found for found in told] == [True, True, False]


def test_blame_follows_the_gate_that_was_closed_when_the_limit_passed(pack: Pack) -> None:
    waiting = record(deed("draft", 60, kind="result", of="d1"))

    [found, _] = of_duty(pack, row("missed"), waiting)

    assert [(each.gate, each.since) for each in found.waiting] == [
        ("G1", NOON + timedelta(minutes=60))
    ]
    assert "主要领导" in found.waiting[0].needs


def test_an_open_gate_is_no_excuse(pack: Pack) -> None:
    approved = record(
        deed("draft", 60, of="d1"), deed("approve", 90, of="d1", by="principal_leader")
    )

    [found, _] = of_duty(pack, row("missed"), approved)

    assert found.waiting == ()


@pytest.mark.parametrize(
    "done",
    [
        [],
        [deed("draft", 200, of="d1")],  # after the limit
        [deed("draft", 60, of="d1"), deed("reject", 70, of="d1")],  # back with its writer
    ],
)
def test_nobody_was_waited_for_while_there_was_nothing_to_approve(
    pack: Pack, done: list[Deed]
) -> None:
    [found, _] = of_duty(pack, row("missed"), record(*done))

    assert found.waiting == ()


def test_the_unit_that_led_when_the_limit_passed_answers_for_it(pack: Pack) -> None:
    assigned = deed("assign", 10, units=("QH-LX",))
    too_late = deed("assign", 500, units=("QINGHE",))

    [found, _] = of_duty(pack, row("missed"), record(assigned, too_late))

    assert found.unit == "QH-LX"


def test_the_unit_named_answers_whoever_leads(pack: Pack) -> None:
    assigned = deed("assign", 10, units=("QH-LX",))

    [found, _] = of_duty(pack, row("missed", assignee="QH-EZ"), record(assigned))

    assert found.unit == "QH-EZ"


def test_a_unit_that_sent_it_back_in_time_answers_for_nothing(pack: Pack) -> None:
    acts = [deed("assign", 10, units=("QH-LX",)), deed("return", 20, unit="QH-LX")]

    [found, _] = of_duty(pack, row("missed"), record(*acts))

    assert found.unit == "QH-YZ", "it is with whoever registered it again"


def test_the_institution_s_own_post_is_not_the_lead_s_to_answer_for(pack: Pack) -> None:
    assigned = deed("assign", 10, units=("QH-LX",))

    [found] = of_duty(pack, row("missed", "D3", party="info_officer"), record(assigned))

    assert found.unit == "QH-YZ"


def test_who_was_to_be_urged_does_not_answer_for_the_urging(pack: Pack) -> None:
    owed = row("missed", "D4", "urge", party="office", assignee="QH-LX")

    [found] = of_duty(pack, owed, record(deed("assign", 10, units=("QH-LX",))))

    assert found.unit == "QH-YZ"


def test_a_breach_is_found_on_the_act_that_broke_the_gate(pack: Pack) -> None:
    done = record(deed("register", 0), LATE_REPLY)

    found = of_breach(pack, "G1", "i", done, 3)

    assert kinds(found) == ["breach", "order"]
    assert (found[0].rule, found[0].post) == ("G1", "新闻发言人")
    assert found[0].evidence == (Proof(3, "publish"),)


def test_a_breach_of_rules_that_are_not_known_is_still_told() -> None:
    assert kinds(of_breach(None, "G1", "i", record(LATE_REPLY), 2)) == ["breach"]


def test_a_breach_that_is_not_in_the_dossier_is_not_found(pack: Pack) -> None:
    assert of_breach(pack, "G1", "i", record(LATE_REPLY), 77) == []
