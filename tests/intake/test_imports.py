"""Importing over real databases: what comes in, what is known, what is refused, and a preview."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.accepted import FIELDS, LARGEST_TEXT, OldMessage
from services.intake.imports import Imported, Imports
from shared.contracts.envelope import Actor, decode
from shared.contracts.intake import HistoryRecorded, IncidentRegistered, Provenance
from shared.store.store import Store
from shared.vault.vault import Vault

pytestmark = pytest.mark.anyio

ACTOR = Actor(officer="o-1", post="info_officer")
POSTED = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
FILE = f"sha256:{'0' * 64}"


def old(message_id: str = "1", **changes: Any) -> OldMessage:
    message = OldMessage(
        message_id=message_id,
        category="教育",
        title="旧帖",
        body="正文",
        posted_at=POSTED,
        unit="QH-YZ",
        named="",
        reply="已办。",
        replied_at=POSTED + timedelta(days=1),
        left_open=False,
        provenance=Provenance(file=FILE, row=7),
    )
    return replace(message, **changes)


def outcomes(done: list[Imported]) -> list[str]:
    return [each.outcome if each.problem is None else each.problem.code for each in done]


async def stored(store: Store) -> list[Any]:
    return [decode(bytes(each.state)) for each in await store.notifications(0, 1_000)]


async def test_a_message_comes_in_with_its_past_and_both_say_from_which_row(
    imports: Imports,
) -> None:
    await imports.take("QH-YZ", [old(days_only=("posted_at",))], ACTOR)

    registered, history = await stored(imports.store)
    assert isinstance(registered.fact, IncidentRegistered)
    assert isinstance(history.fact, HistoryRecorded)
    for event in (registered, history):
        assert event.fact.provenance == Provenance(file=FILE, row=7)
        assert event.envelope.standing == "imported"
    assert history.fact.days_only == ("posted_at",)


async def test_importing_twice_or_twice_in_a_file_adds_nothing(imports: Imports) -> None:
    first = await imports.take("QH-YZ", [old("1"), old("1"), old("2")], ACTOR)
    again = await imports.take("QH-YZ", [old("1"), old("2")], ACTOR)
    elsewhere = await imports.take("QH-EZ", [old("1")], ACTOR)

    assert outcomes(first) == ["imported", "known", "imported"]
    assert outcomes(again) == ["known", "known"]
    assert outcomes(elsewhere) == ["imported"]
    assert len(await stored(imports.store)) == 6


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("title", "井盖松动"),
        ("body", "井盖松动"),
        ("body", None),
        ("category", "卫生"),
        ("posted_at", POSTED - timedelta(seconds=1)),
        ("reply", "不办。"),
        ("replied_at", POSTED + timedelta(days=2)),
    ],
)
async def test_an_id_that_says_something_else_is_refused_by_the_field(
    imports: Imports, field: str, changed: Any
) -> None:
    other = old(**{field: changed})

    together = await imports.take("QH-YZ", [old(), other], ACTOR)
    later = await imports.take("QH-YZ", [other, old()], ACTOR)

    assert outcomes(together) == ["imported", "message.differs"]
    assert outcomes(later) == ["message.differs", "known"]
    for done in (together[1], later[0]):
        assert done.problem is not None
        assert done.problem.field == field
        assert "井盖" not in str(done.problem)


@pytest.mark.parametrize(
    "changes", [{"title": " 旧帖 "}, {"body": "正文\n"}, {"named": "一中"}, {"unit": "QH-EZ"}]
)
async def test_what_only_looks_different_is_known(
    imports: Imports, changes: dict[str, Any]
) -> None:
    await imports.take("QH-YZ", [old()], ACTOR)

    assert outcomes(await imports.take("QH-YZ", [old(**changes)], ACTOR)) == ["known"]


async def test_an_answer_that_was_given_since_is_not_slipped_in(imports: Imports) -> None:
    await imports.take("QH-YZ", [old(reply=None, replied_at=None)], ACTOR)

    [done] = await imports.take("QH-YZ", [old()], ACTOR)

    assert done.problem is not None
    assert (done.problem.code, done.problem.field) == ("message.differs", "reply")


async def test_one_whose_words_were_erased_is_known_and_stays_erased(
    imports: Imports, vault: Vault
) -> None:
    await imports.take("QH-YZ", [old("1"), old("2")], ACTOR)
    first, *_ = await stored(imports.store)
    vault.shred(str(first.envelope.correlation))

    done = await imports.take("QH-YZ", [old("1", body="井盖松动"), old("2"), old("3")], ACTOR)

    assert outcomes(done) == ["known", "known", "imported"]


async def test_a_refused_row_leaves_no_trace_and_no_gap(imports: Imports) -> None:
    done = await imports.take("QH-YZ", [old("1"), old("2", unit="QH-XX"), old("3")], ACTOR)

    assert outcomes(done) == ["imported", "unit.unknown", "imported"]
    numbers = [each.number for each in done if each.number]
    assert [number[-6:] for number in numbers] == ["000001", "000002"]
    assert len(await stored(imports.store)) == 4


async def test_a_row_refused_once_may_come_in_under_the_same_id(imports: Imports) -> None:
    done = await imports.take("QH-YZ", [old(title=""), old(), old()], ACTOR)

    assert outcomes(done) == ["title.missing", "imported", "known"]


async def test_the_largest_message_there_may_be_fits_into_its_events(imports: Imports) -> None:
    """Otherwise a preview could not know it: a preview makes no events."""
    room = LARGEST_TEXT // 3 - FIELDS["title"].longest
    largest = old(
        "长" * FIELDS["message_id"].longest,
        title="长" * FIELDS["title"].longest,
        body="长" * room,
        reply="长" * (LARGEST_TEXT // 3),
        category="长" * FIELDS["category"].longest,
        named="长" * FIELDS["named"].longest,
    )

    assert outcomes(await imports.take("QH-YZ", [largest], ACTOR)) == ["imported"]


class TestPreview:
    async def test_it_answers_what_an_import_would_and_stores_nothing(
        self, imports: Imports
    ) -> None:
        await imports.take("QH-YZ", [old("1")], ACTOR)
        before = await stored(imports.store)
        messages = [
            old("1"),
            old("1", body="井盖松动"),
            old("2"),
            old("2"),
            old("2", title="井盖松动"),
            old("3", unit="QH-XX"),
            old("4", title=" "),
            old("5", posted_at=datetime(2999, 1, 1, tzinfo=UTC), reply=None, replied_at=None),
        ]

        foreseen = await imports.preview("QH-YZ", messages)
        after = await stored(imports.store)
        done = await imports.take("QH-YZ", messages, ACTOR)

        assert outcomes(foreseen) == outcomes(done)
        assert outcomes(done) == [
            "known",
            "message.differs",
            "imported",
            "known",
            "message.differs",
            "unit.unknown",
            "title.missing",
            "imported",
        ]
        assert [each.remarks for each in done] == [(), (), (), (), (), (), (), ("later_than_now",)]
        assert [each.remarks for each in done] == [each.remarks for each in foreseen]
        assert after == before

    async def test_it_makes_no_keys(self, imports: Imports, vault: Vault) -> None:
        incident = imports.incident("QH-YZ", "1")

        await imports.preview("QH-YZ", [old("1")])

        with pytest.raises(Exception, match=r"vault\.key-missing"):
            vault.commitment(f"{incident}/matter", "x")


async def test_one_message_has_one_incident_for_each_unit(imports: Imports) -> None:
    await imports.take("QH-YZ", [old("1")], ACTOR)

    [registered, _] = await stored(imports.store)
    assert isinstance(registered.envelope.correlation, UUID)
    assert registered.envelope.correlation == imports.incident("QH-YZ", "1")
    assert imports.incident("QH-EZ", "1") != imports.incident("QH-YZ", "1")
