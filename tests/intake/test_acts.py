"""The rules of notes, corrections and a unit's day: it happens, it is refused, it stays quiet."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from services.intake.acts import MOST_ITEMS, ON_DAY, deed_of, take
from services.intake.commands import Corrections, CorrectRegistration, Particulars, TakeAct

from services.intake.orders import Noting
from shared.acts.check import Told
from shared.contracts.intake import (
    ChannelsBrowsed,
    IncidentRegistered,
    MatterNoted,
    RegistrationCorrected,
    ShiftWorked,
    SummaryMade,
)
from shared.contracts.sealed import Unsealed
from shared.errors import HuiyinError
from shared.policy.engine.deeds import WORSENING, Deed
from shared.policy.language.loading import build
from shared.policy.language.pack import Pack
from tests.intake.story import NOW, asked, given, registering
from tests.intake.test_incident import HEARD, LINKED, REGISTERED, VOIDED

EARLIER, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


def pack(text: str) -> Pack:
    made, complaints = build((f'[pack]\nid = "p"\nversion = "1"\nzh = "规则"\n{text}',), {})
    assert made is not None, complaints
    return made


RULES = pack("""
[axis.severity]
zh = "级别"
values = {major = "重大", ordinary = "一般"}
scale = {major = 2, ordinary = 4}
[axis.category]
zh = "类别"
values = {water = "涉水", fire = "涉火"}
several = true
[channel.forum]
zh = "论坛"
[kinds.note]
development = "进展"
[gate.G1]
zh = "进展须先报告"
refuse = "note:development"
needs = "report > group_head"
[gate.G2]
zh = "登记由信息员办"
refuse = "register"
only_by = "info_officer"
[form.F1]
zh = "值班报告"
on = "shift"
fields.period = {zh = "起止"}
fields.adverse = {zh = "不良评论", nil = true}
[form.F2]
zh = "登记表"
on = "register"
when = {channel = "forum"}
fields.url = {zh = "网址"}
fields.floor = {zh = "楼层"}
""")


def refused(call: Any) -> tuple[str, str | None]:
    with pytest.raises(HuiyinError) as problem:
        call()
    assert problem.value.remedy
    return problem.value.code, problem.value.field


class TestRegister:
    def test_what_is_judged_at_once_is_kept_with_what_kind_of_matter_it_is(self) -> None:
        heard = replace(
            HEARD,
            matter="activity",
            category="",
            sets={"severity": ("major",)},
            planned_at=TOMORROW,
        )

        [fact] = given().when(registering(heard, RULES))

        assert isinstance(fact, IncidentRegistered)
        assert (fact.matter, fact.category, fact.planned_at) == ("activity", "", TOMORROW)
        assert fact.sets == {"severity": ("major",)}

    def test_one_of_several_categories_is_the_category_and_all_are_kept(self) -> None:
        heard = replace(HEARD, sets={"category": ("water", "fire")})

        [fact] = given().when(registering(heard, RULES))

        assert isinstance(fact, IncidentRegistered)
        assert fact.category == "water"
        assert fact.sets == {"category": ("water", "fire")}

    @pytest.mark.parametrize("category", ["water", "inquiry_demand"])
    def test_a_category_of_the_pack_or_one_that_all_know_is_taken(self, category: str) -> None:
        [fact] = given().when(registering(replace(HEARD, category=category), RULES))

        assert isinstance(fact, IncidentRegistered)
        assert (fact.category, fact.sets) == (category, {})

    def test_a_category_is_free_where_no_pack_declares_any(self) -> None:
        assert given().when(registering(replace(HEARD, category="其他")))

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"category": "air"}, "act.unknown-sets", "sets.category"),
            ({"category": ""}, "category.missing", "category"),
            ({"channel": "radio"}, "act.unknown-channel", "channel"),
            ({"channel": "import"}, "act.unknown-channel", "channel"),
            ({"sets": {"severity": ("huge",)}}, "act.unknown-sets", "sets.severity"),
            ({"sets": {"colour": ("red",)}}, "act.unknown-sets", "sets"),
            ({"sets": {"severity": ("major", "ordinary")}}, "act.several-values", "sets.severity"),
            ({"sets": {"severity": ()}}, "act.several-values", "sets.severity"),
            ({"happened_at": TOMORROW}, "time.in-future", "happened_at"),
        ],
    )
    def test_words_that_nobody_knows_are_refused(
        self, changes: dict[str, Any], code: str, field: str
    ) -> None:
        command = registering(replace(HEARD, **changes), RULES)

        assert refused(lambda: given().when(command)) == (code, field)

    def test_a_closed_gate_refuses_it(self) -> None:
        command = registering(HEARD, RULES)
        attempted = replace(command.asked.attempted, by="teacher")
        other = replace(command, asked=replace(command.asked, attempted=attempted))

        assert refused(lambda: given().when(other)) == ("gate.closed", "G2")

    def test_its_form_is_asked_for_and_kept_sealed(self) -> None:
        heard = replace(HEARD, channel="forum")
        empty = registering(heard, RULES)
        filled = registering(heard, RULES, fields={"url": "https://qinghe.example", "floor": "3"})

        [fact] = given().when(filled)

        assert refused(lambda: given().when(empty)) == ("form.field-missing", "fields.url")
        assert isinstance(fact, IncidentRegistered)
        assert fact.filled == ("url", "floor")
        assert isinstance(fact.fields, Unsealed)


class TestNote:
    def note(self, told: Told, **more: Any) -> TakeAct:
        return TakeAct(asked("note", pack=RULES, told=told, **more))

    def test_something_is_put_on_record(self) -> None:
        [fact] = given(REGISTERED).when(self.note(Told(kind="tracking", text="又有三条")))

        assert isinstance(fact, MatterNoted)
        assert (fact.kind, fact.worse) == ("tracking", False)
        assert isinstance(fact.text, Unsealed)

    def test_what_got_worse_is_worse(self) -> None:
        assert Noting(kind=WORSENING).particulars().worse
        assert not Noting(kind="tracking").particulars().worse
        assert deed_of("note", Particulars(worse=True)) == {"worse": True}

    def test_that_it_got_worse_is_enough_to_note(self) -> None:
        [fact] = given(REGISTERED).when(
            TakeAct(asked("note", pack=RULES, told=Told()), Particulars(worse=True))
        )

        assert isinstance(fact, MatterNoted)
        assert fact.worse

    def test_nothing_at_all_is_no_note(self) -> None:
        assert given(REGISTERED).refuses(self.note(Told())) == "note.empty"

    def test_a_kind_that_the_pack_does_not_know_is_refused(self) -> None:
        assert given(REGISTERED).refuses(self.note(Told(kind="x"))) == "act.unknown-kind"

    def test_a_gate_refuses_what_is_to_happen_and_marks_what_has_happened(self) -> None:
        development = Told(kind="development")
        open_ = [Deed(uuid4(), "report", EARLIER, EARLIER, to=("group_head",))]

        [broken] = given(REGISTERED).when(self.note(replace(development, happened=True)))
        [kept] = given(REGISTERED).when(self.note(development, past=open_))

        assert given(REGISTERED).refuses(self.note(development)) == "gate.closed"
        assert isinstance(broken, MatterNoted)
        assert isinstance(kept, MatterNoted)
        assert (broken.breaches, kept.breaches) == (("G1",), ())

    def test_said_twice_of_the_same_moment_it_changes_nothing(self) -> None:
        before = asked("note", told=Told(kind="tracking")).attempted

        assert given(REGISTERED).when(self.note(Told(kind="tracking"), past=[before])) == []

    def test_not_of_what_is_voided_or_linked_nor_of_what_is_still_to_come(self) -> None:
        note = self.note(Told(text="情况"))

        assert given(REGISTERED, VOIDED).refuses(note) == "incident.voided"
        assert given(REGISTERED, LINKED).refuses(note) == "incident.linked"
        ahead = self.note(Told(text="情况"), at=TOMORROW)
        assert given(REGISTERED).refuses(ahead) == "time.in-future"


class TestCorrect:
    def correct(self, grounds: str = "看错", **told: Any) -> CorrectRegistration:
        come = asked("correct", pack=RULES, sets=told.get("sets", {}))
        return CorrectRegistration(Corrections(**told), grounds, come)

    def test_moments_and_axes_are_put_right(self) -> None:
        command = self.correct(posted_at=EARLIER, planned_at=TOMORROW, sets={"category": ("fire",)})

        assert given(REGISTERED).when(command) == [
            RegistrationCorrected(
                posted_at=EARLIER, planned_at=TOMORROW, sets={"category": ("fire",)}, grounds="看错"
            )
        ]

    def test_what_is_so_already_is_left_out_or_stays_quiet(self) -> None:
        """The registration says that it was discovered now."""
        same: dict[str, Any] = {"discovered_at": NOW, "sets": {"category": ("inquiry_demand",)}}
        again = RegistrationCorrected(posted_at=EARLIER, grounds="看错")

        assert given(REGISTERED).when(self.correct(**same)) == []
        assert given(REGISTERED).when(self.correct(posted_at=EARLIER, **same)) == [again]
        assert given(REGISTERED, again).when(self.correct(posted_at=EARLIER)) == []

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ({}, "correct.nothing"),
            ({"grounds": " ", "posted_at": EARLIER}, "grounds.missing"),
            ({"posted_at": TOMORROW}, "time.in-future"),
            ({"occurred_at": TOMORROW}, "time.in-future"),
            ({"discovered_at": TOMORROW}, "time.in-future"),
            ({"sets": {"severity": ("huge",)}}, "act.unknown-sets"),
        ],
    )
    def test_what_cannot_be_is_refused(self, told: dict[str, Any], code: str) -> None:
        assert given(REGISTERED).refuses(self.correct(**told)) == code

    def test_not_of_what_is_voided_or_linked(self) -> None:
        command = self.correct(posted_at=EARLIER)

        assert given(REGISTERED, VOIDED).refuses(command) == "incident.voided"
        assert given(REGISTERED, LINKED).refuses(command) == "incident.linked"


class TestShift:
    def shift(self, fields: dict[str, str] | None = None, **told: Any) -> TakeAct:
        more = Particulars(**{"begins": EARLIER, "ends": NOW, **told})
        known = {"period": "昨日至今日"}
        said = Told(fields={"adverse": "无"} if fields is None else fields)
        deed = deed_of("shift", more)
        return TakeAct(asked("shift", pack=RULES, told=said, known=known, **deed), more)

    def test_it_is_reported_with_explicit_nil_entries(self) -> None:
        [fact] = take(self.shift(leader="group_head"))

        assert isinstance(fact, ShiftWorked)
        assert (fact.begins, fact.ends, fact.leader) == (EARLIER, NOW, "group_head")
        assert fact.filled == ("adverse",)

    @pytest.mark.parametrize("fields", [{}, {"adverse": " "}])
    def test_a_missing_field_is_refused(self, fields: dict[str, str]) -> None:
        assert refused(lambda: take(self.shift(fields))) == ("form.field-missing", "fields.adverse")

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ({"ends": EARLIER}, "shift.ends-before-begins"),
            ({"begins": NOW - timedelta(days=32)}, "shift.too-long"),
            ({"ends": TOMORROW}, "time.in-future"),
            ({"leader": "nobody"}, "act.unknown-leader"),
            ({"begins": None}, "begins.missing"),
        ],
    )
    def test_a_spell_that_cannot_be_is_refused(self, told: dict[str, Any], code: str) -> None:
        assert refused(lambda: take(self.shift(**told)))[0] == code

    def test_another_spell_told_at_the_same_moment_is_news(self) -> None:
        before = self.shift()
        command = self.shift(ends=NOW - timedelta(hours=1))
        record = replace(command.asked.record, deeds=[before.asked.attempted])

        assert take(replace(command, asked=replace(command.asked, record=record)))


class TestDays:
    @pytest.mark.parametrize("act", [act for act in ON_DAY if act != "shift"])
    def test_each_is_put_on_record_and_once(self, act: str) -> None:
        more = Particulars(period="2026-03-02")
        come = asked(act, pack=RULES, **deed_of(act, more))
        again = replace(come, record=replace(come.record, deeds=[come.attempted]))

        [fact] = take(TakeAct(come, more))

        assert getattr(fact, "ACT", None) == act
        assert getattr(fact, "period", None) == "2026-03-02"
        assert take(TakeAct(again, more)) == []

    def test_channels_are_those_of_the_pack_or_of_everybody(self) -> None:
        browse = TakeAct(asked("browse", pack=RULES), Particulars(channels=("forum", "call")))
        strange = replace(browse, more=Particulars(channels=("radio",)))

        [fact] = take(browse)

        assert isinstance(fact, ChannelsBrowsed)
        assert fact.channels == ("forum", "call")
        assert refused(lambda: take(strange)) == ("act.unknown-channel", "channels")

    def test_a_summary_tells_of_so_many_and_no_more(self) -> None:
        items = tuple(uuid4() for _ in range(MOST_ITEMS))
        summary = TakeAct(asked("summarise"), Particulars(items=items))
        longer = replace(summary, more=Particulars(items=(*items, uuid4())))

        [fact] = take(summary)

        assert isinstance(fact, SummaryMade)
        assert fact.items == items
        assert refused(lambda: take(longer)) == ("items.too-many", "items")
