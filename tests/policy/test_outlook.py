"""The duties of a matter follow from what was done, whatever order it was heard in."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.engine.deeds import Deed
from shared.policy.language.pack import Pack
from tests.policy.town import at, deed, duties, graded, heard, pack_of

THREE_HOURS = """
[duty."A.1"]
zh = "跟帖告知"
when = {severity = "major"}
start = "discovered"
stop = "publish"
within = "PT3H"
"""


def test_a_major_matter_is_to_be_answered_three_hours_after_discovery(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, THREE_HOURS)

    duty = duties(pack, heard("03-02 14:10"), graded("major", "03-02 14:15"))["A.1"]

    assert duty.limit
    assert duty.limit.due == at("03-02 17:10")
    assert (duty.start, duty.known_at) == (at("03-02 14:10"), at("03-02 14:15"))
    assert duty.done is None


def test_an_ordinary_matter_owes_nothing_by_a_rule_for_major_ones(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, THREE_HOURS)

    assert duties(pack, heard(), graded("ordinary", "03-02 14:15")) == {}


def test_a_regrading_downwards_takes_no_duty_away(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, THREE_HOURS)
    down = graded("ordinary", "03-02 15:00")

    assert "A.1" in duties(pack, heard(), graded("major", "03-02 14:15"), down)


def test_a_condition_learned_late_makes_a_duty_that_may_be_overdue_at_birth(
    tmp_path: Path,
) -> None:
    pack = pack_of(tmp_path, THREE_HOURS)

    duty = duties(pack, heard("03-02 14:10"), graded("major", "03-02 20:00"))["A.1"]

    assert duty.limit
    assert duty.limit.due == at("03-02 17:10") < duty.known_at


def test_the_first_act_that_fits_fulfils_the_duty(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, THREE_HOURS)
    first, second = deed("publish", "03-02 16:00"), deed("publish", "03-02 16:30")

    duty = duties(pack, heard(), graded("major", "03-02 14:15"), second, first)["A.1"]

    assert duty.done
    assert duty.done.at == at("03-02 16:00")
    assert duty.done.deeds == (first.id,)


def test_what_was_done_before_the_start_does_not_count(tmp_path: Path) -> None:
    rules = (
        '[duty."A.1"]\nzh = "续报"\nstart = "report"\nstop = "report:factual"\nwithin = "PT2H"\n'
    )
    pack = pack_of(tmp_path, rules)
    early = deed("report", "03-02 14:20", kind="factual")

    duty = duties(pack, heard(), early)["A.1"]

    assert duty.start == at("03-02 14:20")
    assert duty.done is None, "the act that starts the clock does not stop it"


EACH_UNIT = """
[duty."B.1"]
zh = "书面回复"
start = "accept:copy_notice"
stop = "report"
each = "assignee"
days = 3
"""


def test_each_unit_that_accepts_owes_its_own_reply(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, EACH_UNIT)
    notice = [
        deed("accept", "03-02 09:30", kind="copy_notice", unit="QH-A"),
        deed("accept", "03-03 09:30", kind="copy_notice", unit="QH-B"),
    ]
    done = deed("report", "03-04 10:00", unit="QH-A")

    found = duties(pack, heard("03-02 09:00"), *notice, done)

    assert found["B.1@QH-A"].done
    assert found["B.1@QH-B"].done is None
    limit = found["B.1@QH-B"].limit
    assert limit
    assert limit.due == at("03-06 24:00")


def test_a_second_acceptance_restarts_no_clock_unless_the_rule_says_so(tmp_path: Path) -> None:
    notice = [
        deed("accept", "03-02 09:30", kind="copy_notice", unit="QH-A"),
        deed("accept", "03-03 09:30", kind="copy_notice", unit="QH-A"),
    ]
    once = duties(pack_of(tmp_path, EACH_UNIT), heard("03-02 09:00"), *notice)
    anew = duties(pack_of(tmp_path, EACH_UNIT + "again = true\n"), heard("03-02 09:00"), *notice)

    assert [(key, duty.start) for key, duty in once.items()] == [("B.1@QH-A", at("03-02 09:30"))]
    assert set(anew) == {"B.1@QH-A", "B.1@QH-A#1"}


def test_each_recipient_is_told_separately(tmp_path: Path) -> None:
    rules = """
[duty."C.1"]
zh = "报告"
start = "discovered"
stop = "report"
each = "recipient"
recipients = ["police", "principal_leader"]
soon = "immediate"
"""
    pack = pack_of(tmp_path, rules)

    found = duties(pack, heard(), deed("report", "03-02 14:30", to=("police",)))

    assert found["C.1@police"].done
    assert found["C.1@principal_leader"].done is None
    assert found["C.1@police"].limit is None, "immediately is measured, not limited"


@pytest.mark.parametrize(
    ("to", "told"), [("superior_authority", {"bureau"}), ("external_authority", set())]
)
def test_a_recipient_is_told_under_its_common_name_where_that_is_no_others_too(
    tmp_path: Path, to: str, told: set[str]
) -> None:
    canons = {"bureau": "superior_authority", "court": "external_authority"}
    canons["disease_control"] = canons["court"]
    parties = "".join(
        f'[party.{name}]\nzh = "{name}"\ncanon = "{canon}"\n' for name, canon in canons.items()
    )
    rules = """
[duty."C.1"]
zh = "报告"
start = "discovered"
stop = "report"
each = "recipient"
recipients = ["bureau", "court", "disease_control"]
soon = "immediate"
"""
    found = duties(
        pack_of(tmp_path, parties + rules), heard(), deed("report", "03-02 14:30", to=(to,))
    )

    assert {name for name in canons if found[f"C.1@{name}"].done} == told


def test_a_ladder_falls_away_when_an_explanation_is_on_record(tmp_path: Path) -> None:
    rules = (
        THREE_HOURS
        + """
[duty."A.2"]
zh = "通报"
when = {severity = "major"}
start = "missed:A.1"
stop = "circulate"
unless = "explain"
soon = "prompt"
"""
    )
    pack = pack_of(tmp_path, rules)
    missed = deed("missed", "03-02 17:10", of="A.1")
    told = [graded("major", "03-02 14:15"), missed]

    assert "A.2" not in duties(pack, heard(), told[0])
    assert duties(pack, heard(), *told)["A.2"].gone is None
    explained = duties(pack, heard(), *told, deed("explain", "03-02 18:00"))["A.2"]
    assert explained.gone == ("unless", at("03-02 18:00"))


def test_a_declared_state_starts_a_duty_that_stays_open_until_calm(tmp_path: Path) -> None:
    rules = """
[duty."D.1"]
zh = "跟踪"
start = "state:outbreak"
stop = "note:tracking"
until = "calm"
"""
    pack = pack_of(tmp_path, rules)
    on = deed("declare", "03-02 15:00", states={"outbreak": True})

    assert duties(pack, heard()) == {}
    assert duties(pack, heard(), on)["D.1"].ended_at is None
    calm = duties(pack, heard(), on, deed("calm", "03-05 10:00"))["D.1"]
    assert (calm.ended_at, calm.limit) == (at("03-05 10:00"), None)


EXTENSION = """
[params.reading]
zh = "延期天数怎样算"
default = "total"
of = ["total", "additional"]
[duty."E.1"]
zh = "反馈"
start = "posted"
stop = "publish:result"
days = 3
extension = {id = "E.2", days = 5, counted = "$reading"}
"""


def test_an_extension_is_counted_in_total_or_on_top(tmp_path: Path) -> None:
    asked = deed("extend", "03-04 10:00", of="E.1")
    total = duties(pack_of(tmp_path, EXTENSION), heard("03-02 09:00"), asked)["E.1"]
    on_top = duties(
        pack_of(tmp_path, EXTENSION, reading="additional"), heard("03-02 09:00"), asked
    )["E.1"]

    assert total.limit
    assert total.limit.due == at("03-07 24:00")
    assert on_top.limit
    assert on_top.limit.due == at("03-10 24:00")


def test_no_extension_goes_beyond_its_ceiling(tmp_path: Path) -> None:
    asked = deed("extend", "03-04 10:00", of="E.1", promised=at("03-30 12:00"))

    duty = duties(pack_of(tmp_path, EXTENSION), heard("03-02 09:00"), asked)["E.1"]

    assert duty.limit
    assert duty.limit.due == at("03-07 24:00")


def test_a_promised_date_is_the_next_limit(tmp_path: Path) -> None:
    rules = """
[duty."F.1"]
zh = "按时间表答复"
start = "publish:interim"
stop = "publish:result"
promised = true
"""
    promise = deed("publish", "03-02 16:00", kind="interim", promised=at("03-20 24:00"))

    duty = duties(pack_of(tmp_path, rules), heard(), promise)["F.1"]

    assert duty.limit
    assert duty.limit.due == at("03-20 24:00")
    assert duty.done is None


@pytest.mark.parametrize("done", ["03-05 10:00", "02-28 10:00"])
def test_what_is_to_be_done_beforehand_may_be_done_before_the_registration_too(
    tmp_path: Path, done: str
) -> None:
    rules = """
[duty."H.1"]
zh = "事先汇报"
when = {matter = "activity"}
start = "planned"
stop = "report"
before = "P1D"
"""
    activity = heard("03-01 09:00", kind="activity", planned=at("03-10 09:00"))

    duty = duties(pack_of(tmp_path, rules), activity, deed("report", done))["H.1"]

    assert duty.limit
    assert duty.limit.due == at("03-09 09:00")
    assert duty.done


@pytest.mark.parametrize(("start", "counts"), [("registered", True), ("discovered", False)])
def test_what_was_done_first_and_registered_afterwards_counts(
    tmp_path: Path, start: str, counts: bool
) -> None:
    rules = f'[duty."H.3"]\nzh = "上报"\nstart = "{start}"\nstop = "report"\nwithin = "PT2H"\n'
    matter = replace(heard("03-02 14:10"), registered=at("03-02 15:00"))
    early = deed("report", "03-02 14:05", recorded="03-02 15:10")

    duty = duties(pack_of(tmp_path, rules), matter, early)["H.3"]

    assert bool(duty.done) is counts


def test_what_is_to_be_done_after_an_act_and_beforehand_counts_from_the_act_on(
    tmp_path: Path,
) -> None:
    rules = """
[duty."H.2"]
zh = "时间定下以后、事先告知"
when = {matter = "activity"}
start = "approve"
stop = "report"
before = true
"""
    activity = heard("03-01 09:00", kind="activity", planned=at("03-10 09:00"))
    told, fixed = deed("report", "03-02 10:00"), deed("approve", "03-03 10:00")
    pack = pack_of(tmp_path, rules)

    assert duties(pack, activity, told, fixed)["H.2"].done is None
    assert duties(pack, activity, fixed, deed("report", "03-04 10:00"))["H.2"].done


def test_a_party_is_known_by_its_common_name_too(tmp_path: Path) -> None:
    rules = '[duty."G.1"]\nzh = "报"\nstart = "discovered"\nstop = "report by opinion_officer"\n'
    pack = pack_of(tmp_path, rules + 'soon = "prompt"\n')

    by_officer = duties(pack, heard(), deed("report", "03-02 15:00", by="info_officer"))
    by_leader = duties(pack, heard(), deed("report", "03-02 15:00", by="principal_leader"))

    assert by_officer["G.1"].done
    assert by_leader["G.1"].done is None


def test_a_common_party_that_the_pack_has_besides_is_somebody_else(tmp_path: Path) -> None:
    rules = '[party.info_officer]\nzh = "信息员"\n'
    rules += '[duty."G.1"]\nzh = "报"\nstart = "discovered"\nstop = "report by opinion_officer"\n'
    pack = pack_of(tmp_path, rules + 'soon = "prompt"\n')

    by_another = duties(pack, heard(), deed("report", "03-02 15:00", by="info_officer"))
    by_officer = duties(pack, heard(), deed("report", "03-02 15:00", by="opinion_officer"))

    assert by_another["G.1"].done is None
    assert by_officer["G.1"].done


URGENCY = """
[axis.urgency]
zh = "缓急"
values = {ordinary = "一般", urgent = "紧急"}
default = "ordinary"

[duty."K.1"]
zh = "书面回复"
when = {urgency = "ordinary"}
start = "accept"
stop = "report"
each = "assignee"
days = 3
unless = "report:factual"
"""


def test_a_default_holds_for_what_begins_before_anybody_judged(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, URGENCY)
    signed = deed("accept", "03-02 15:00", unit="QH-A")
    urgent = deed("grade", "03-03 09:00", sets={"urgency": ("urgent",)})

    assert list(duties(pack, heard(), signed)) == ["K.1@QH-A"]
    assert list(duties(pack, heard(), signed, urgent)) == ["K.1@QH-A"]


def test_a_default_is_none_for_what_begins_after_another_judgement(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, URGENCY)
    urgent = deed("grade", "03-02 14:30", sets={"urgency": ("urgent",)})
    signed = deed("accept", "03-02 15:00", unit="QH-A")

    assert duties(pack, heard(), urgent, signed) == {}
    assert duties(pack, heard(sets={"urgency": ("urgent",)}), signed) == {}


def test_what_one_unit_did_instead_excuses_no_other(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, URGENCY)
    both = [deed("accept", "03-02 15:00", unit=unit) for unit in ("QH-A", "QH-B")]
    instead = deed("report", "03-02 16:00", kind="factual", unit="QH-A")
    above = deed("report", "03-02 17:00", kind="factual", unit="QH-Z")

    found = duties(pack, heard(), *both, instead)

    assert found["K.1@QH-A"].gone
    assert found["K.1@QH-B"].gone is None
    assert duties(pack, heard(), *both, above)["K.1@QH-B"].gone, "said over both of them"


def test_an_optional_way_is_measured_once_it_was_taken(tmp_path: Path) -> None:
    rules = '[duty."L.1"]\nzh = "移送"\nstart = "discovered"\nstop = "refer"\nwithin = "PT1H"\n'
    pack = pack_of(tmp_path, rules + "optional = true\n")

    taken = duties(pack, heard(), deed("refer", "03-02 18:00"))

    assert duties(pack, heard()) == {}
    assert taken["L.1"].done
    assert taken["L.1"].limit is None, "there is nothing to be late for"


STORY = (
    graded("ordinary", "03-02 14:12"),
    graded("major", "03-02 15:00"),
    deed("report", "03-02 15:30", kind="factual", to=("police",)),
    deed("accept", "03-02 16:00", kind="copy_notice", unit="QH-A"),
    deed("declare", "03-02 16:30", states={"outbreak": True}),
    deed("publish", "03-02 17:00", kind="interim", promised=at("03-09 24:00")),
    deed("publish", "03-02 18:00", kind="result"),
    deed("calm", "03-04 10:00"),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return pack_of(tmp_path_factory.mktemp("town"), THREE_HOURS + EACH_UNIT + EXTENSION)


@given(st.permutations(STORY))
def test_the_order_in_which_things_are_heard_changes_nothing(
    town: Pack, heard_in: list[Deed]
) -> None:
    assert duties(town, heard(), *heard_in) == duties(town, heard(), *STORY)


WORSE = """
[duty."A.1"]
zh = "恶化的上报"
start = "note:worsening"
again = true
stop = "report"
soon = "prompt"
"""


@pytest.mark.parametrize(("kind", "worse"), [("worsening", False), (None, True), ("facts", True)])
def test_a_note_that_things_got_worse_is_one_of_worsening_whatever_its_kind(
    tmp_path: Path, kind: str | None, worse: bool
) -> None:
    pack = pack_of(tmp_path, WORSE)
    noted = deed("note", "03-02 15:00", kind=kind, worse=worse)

    assert duties(pack, heard(), noted)["A.1"].start == at("03-02 15:00")


def test_another_note_tells_of_no_worsening(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WORSE)

    assert duties(pack, heard(), deed("note", "03-02 15:00", kind="facts")) == {}
