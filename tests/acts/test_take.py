"""How an act is taken: what becomes of its body, and what is appended."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.acts.body import Order, PublishBody, ShiftBody, has_words
from shared.acts.decide import fact_of
from shared.acts.deed import deed_of
from shared.acts.vocabulary import ACTS, Act
from shared.contracts.envelope import associated_data
from shared.contracts.intake import RegistrationCorrected, ShiftWorked
from shared.contracts.routing import IncidentAssigned, MatterCalmed, ReplyPublished
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused
from shared.identity.officer import Officer
from shared.policy.language.pack import Pack
from shared.store.requests import Request
from tests.acts.attempts import EVERY, LEAST, NAMES, NOW, body_of
from tests.acts.room import AnyRoom

CALM = ACTS["calm"]
LI = Officer("o-li", "己六", "QH-YZ", "info_officer")


@pytest.fixture
async def room(tmp_path: Path, plain: Pack) -> AsyncIterator[AnyRoom]:
    """A room in which nothing has happened."""
    made = AnyRoom(str(tmp_path), plain)
    try:
        await made.provide(*(f"{made.matter}/{subject}" for subject in ("matter", "reply")))
        made.keys.clear()
        yield made
    finally:
        await made.close()


class TestFact:
    def test_it_says_what_the_body_says_and_what_was_made_of_it(self) -> None:
        body = body_of(ACTS["assign"], co_handling=["QH-LX"], instruction="三日内答复")
        made = fact_of(IncidentAssigned, body, {"sheet": "QINGHE-2026-J000001"})
        assert made == IncidentAssigned(
            lead="QH-YZ",
            co_handling=("QH-LX",),
            instruction="三日内答复",
            sheet="QINGHE-2026-J000001",
        )

    def test_lists_become_what_nobody_can_change(self) -> None:
        body = body_of(ACTS["correct"], sets={"severity": ["major"]})
        made = fact_of(RegistrationCorrected, body, {})
        assert isinstance(made, RegistrationCorrected)
        assert made.sets == {"severity": ("major",)}

    def test_words_are_the_matters_own_unless_the_room_says_whose(self) -> None:
        calm = fact_of(MatterCalmed, body_of(CALM, text="已平息"), {})
        assert calm == MatterCalmed(text=Sealed.of("已平息", subject="matter"))
        reply = Sealed.of("课本已补齐", subject="reply")
        body = PublishBody(channel="site", kind="result", text="课本已补齐")
        made = {"draft": None, "named_unit": "第一中学", "text": reply, "content": "hmac:a"}
        published = fact_of(ReplyPublished, body, made)
        assert isinstance(published, ReplyPublished)
        assert published.text == reply

    def test_of_a_form_the_fields_with_a_value_are_kept_sealed(self) -> None:
        fields = {"result": "已安抚", "cause": " ", "adverse": "无"}
        made = fact_of(MatterCalmed, body_of(CALM, fields=fields), {})
        said = Sealed.of('{"result": "已安抚", "adverse": "无"}', subject="matter")
        assert made == MatterCalmed(fields=said, filled=("result", "adverse"))

    def test_an_empty_text_or_form_is_none(self) -> None:
        body = body_of(CALM, text="", fields={"cause": " "})
        assert fact_of(MatterCalmed, body, {}) == MatterCalmed()

    def test_what_both_call_by_one_name_is_said_once(self) -> None:
        body = ShiftBody(begins=NOW, ends=LEAST["ends"], leader="principal_leader")
        made = fact_of(ShiftWorked, body, {})
        assert made == ShiftWorked(begins=NOW, ends=LEAST["ends"], leader="principal_leader")

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (body_of(CALM), False),
            (body_of(CALM, text="已平息"), True),
            (body_of(CALM, fields={"cause": "x"}), True),
            (body_of(ACTS["grade"]), False),
        ],
        ids=["nothing", "text", "form", "no such field"],
    )
    def test_only_words_and_forms_need_a_key(self, body: Order, words: bool) -> None:
        assert has_words(body) is words


@pytest.mark.anyio
class TestTaking:
    @pytest.mark.parametrize("act", EVERY, ids=NAMES)
    async def test_what_rules_judged_is_what_is_on_record(self, room: AnyRoom, act: Act) -> None:
        extra = {"kind": "result"} if act.name == "publish" else {}

        done = await room.take(act, "x", body_of(act, **extra), LI)

        event, (attempt,) = await room.last(), room.attempts
        assert done.events == (act.fact.TYPE,)
        assert replace(attempt.deed, id=event.envelope.id) == deed_of(event)

    async def test_it_is_answered_with_the_matter_and_kept(self, room: AnyRoom) -> None:
        done = await room.take(CALM, "x", body_of(CALM), LI)
        event = await room.last()
        assert (done.incident, done.number) == (str(room.matter), "QINGHE-2026-000001")
        assert [each.envelope.id for each in room.kept] == [event.envelope.id]
        assert event.envelope.actor == LI.actor
        assert event.envelope.policy == room.pack.pin

    async def test_a_repeated_request_gets_the_same_answer_and_changes_nothing(
        self, room: AnyRoom
    ) -> None:
        request = Request.of(LI.id, "k1", "calm")
        first = await room.take(CALM, "x", body_of(CALM), LI, request)
        assert await room.take(CALM, "x", body_of(CALM), LI, request) == first
        assert (len(room.attempts), room.store.position()) == (1, 1)
        with pytest.raises(Refused, match=r"request\.key-reused"):
            await room.take(CALM, "x", body_of(CALM), LI, Request.of(LI.id, "k1", "else"))

    async def test_it_happened_when_it_is_claimed_to_have(self, room: AnyRoom) -> None:
        yesterday = NOW - timedelta(days=1)
        await room.take(CALM, "x", body_of(CALM, occurred_at=yesterday), LI)
        claimed = (await room.last()).envelope
        await room.take(CALM, "x", body_of(CALM), LI)
        unclaimed = (await room.last()).envelope
        assert (claimed.occurred_at, claimed.recorded_at >= NOW) == (yesterday, True)
        assert unclaimed.occurred_at == unclaimed.recorded_at

    async def test_the_future_has_not_happened_and_nothing_is_asked_of_the_rules(
        self, room: AnyRoom
    ) -> None:
        ahead = NOW + timedelta(minutes=6)
        with pytest.raises(Invalid, match=r"time\.in-future"):
            await room.take(CALM, "x", body_of(CALM, occurred_at=ahead), LI)
        assert (room.attempts, room.store.position()) == ([], 0)

    async def test_what_was_before_its_matter_is_refused_and_nothing_is_asked_of_the_rules(
        self, room: AnyRoom
    ) -> None:
        room.known = {"posted": NOW - timedelta(days=1)}
        before = NOW - timedelta(days=2)
        with pytest.raises(Invalid, match=r"time\.too-early"):
            await room.take(CALM, "x", body_of(CALM, occurred_at=before), LI)
        assert (room.attempts, room.store.position()) == ([], 0)

    async def test_when_something_else_happened_is_no_claim(self, room: AnyRoom) -> None:
        correct, before = ACTS["correct"], NOW - timedelta(days=3)
        await room.take(correct, "x", body_of(correct, occurred_at=before), LI)
        event = await room.last()
        assert isinstance(event.fact, RegistrationCorrected)
        assert event.fact.occurred_at == before
        assert event.envelope.occurred_at == event.envelope.recorded_at

    async def test_words_are_sealed_under_the_matters_key_made_for_them(
        self, room: AnyRoom
    ) -> None:
        await room.take(ACTS["reopen"], "x", body_of(ACTS["reopen"]), LI)
        assert room.keys == []
        await room.take(CALM, "x", body_of(CALM, text="甲同学家长来电"), LI)
        assert room.keys == [f"{room.matter}/matter"]
        event = await room.last()
        assert isinstance(event.fact, MatterCalmed)
        assert event.fact.text is not None
        assert "甲同学".encode() not in event.raw
        opened = room.vault.open(event.fact.text, associated_data(event.raw, "text"))
        assert opened == "甲同学家长来电"
