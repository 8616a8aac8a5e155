"""Figures: what the general statistics and those of a pack make of matters and acts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.reporting.findings.figures import SMALL, CountedAct, Figure, general, of_pack
from services.reporting.ledger.row import LedgerRow
from shared.policy import Pack, find_pack, load_pack
from shared.policy.engine.deeds import Deed

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pack() -> Pack:
    """A pack with counts, shares and conditions."""
    return load_pack(find_pack("zhihedu-town"))


def act(
    name: str, matter: str, satisfied: bool | None = None, *, within: bool = True
) -> CountedAct:
    """An act on a matter."""
    return CountedAct(matter, Deed(uuid4(), name, NOON, NOON), within, satisfied)


def figures(pack: Pack, rows: list[LedgerRow], acts: list[CountedAct]) -> dict[str, Figure]:
    """The pack's figures by name."""
    return {figure.key: figure for figure in of_pack(pack, rows, acts)}


def items(many: int, **changes: Any) -> list[LedgerRow]:
    """So many incidents."""
    return [LedgerRow(f"i{n}", number=f"n{n}", **changes) for n in range(many)]


def test_142_items_handled_and_satisfied_are_a_hundred_per_cent(pack: Pack) -> None:
    rows = items(142, verdict="met", status="closed")
    acts = [
        act(name, row.incident, satisfied=True if name == "feedback" else None)
        for row in rows
        for name in ("register", "handle", "publish", "feedback")
    ]

    found = figures(pack, rows, acts)

    assert (found["items_collected"].value, found["items_collected"].n) == (142, None)
    assert (found["handling_rate"].share, found["handling_rate"].n) == (1.0, 142)
    assert (found["satisfaction_rate"].share, found["on_time_reply"].share) == (1.0, 1.0)


def test_what_is_not_as_asked_lowers_the_share_and_not_the_number(pack: Pack) -> None:
    rows = [*items(8, verdict="met"), *items(20, verdict="met_late")[8:]]
    acts = [act(name, row.incident) for row in rows for name in ("register", "publish")]

    found = figures(pack, rows, acts)["on_time_reply"]

    assert (found.value, found.n, found.share) == (8, 20, 0.4)


def test_a_reply_that_no_limit_was_set_for_is_not_late(pack: Pack) -> None:
    rows = [*items(8), *items(12, verdict="met_late")[8:]]
    acts = [act(name, row.incident) for row in rows for name in ("register", "publish")]

    assert figures(pack, rows, acts)["on_time_reply"].share == 8 / 12


def test_the_public_s_last_word_counts(pack: Pack) -> None:
    acts = [act("feedback", "i0", satisfied=False), act("feedback", "i0", satisfied=True)]

    assert figures(pack, items(1), acts)["satisfaction_rate"].value == 1
    assert figures(pack, items(1), acts[::-1])["satisfaction_rate"].value == 0


def test_what_was_registered_in_the_time_asked_may_be_handled_after_it(pack: Pack) -> None:
    acts = [act("register", "i0"), act("handle", "i0", within=False)]
    before = [act("register", "i1", within=False), act("handle", "i1")]

    found = figures(pack, items(2), acts + before)

    assert (found["handling_rate"].value, found["handling_rate"].n) == (1, 1)
    assert found["items_collected"].value == 1


def test_where_several_acts_will_do_a_matter_counts_once() -> None:
    office = load_pack(find_pack("county-opinion-office"))
    acts = [act("handle", "i0"), act("handle", "i0"), act("close", "i0"), act("close", "i1")]

    assert figures(office, items(2), acts)["incidents_handled"].value == 2


def test_a_figure_of_other_matters_leaves_incidents_out_and_they_leave_it_out(pack: Pack) -> None:
    release = [replace(act(name, "r"), kind="own_release") for name in ("register", "publish")]
    acts = [act("register", "i0"), act("publish", "i0"), *release]

    found = figures(pack, items(1), acts)

    assert (found["releases_published"].value, found["items_collected"].value) == (1, 1)


@pytest.mark.parametrize(("n", "share"), [(SMALL - 1, None), (SMALL, 0.5), (0, None)])
def test_of_few_no_share_is_told(n: int, share: float | None) -> None:
    assert Figure.of("x", "x", n // 2, n).share == share


def test_the_general_figures_judge_only_replies_that_have_a_verdict() -> None:
    rows = [
        *items(3, verdict="met", status="closed"),
        *items(2, verdict="missed"),
        *items(4, verdict="running"),
        *items(1),
    ]

    found = {figure.key: (figure.value, figure.n) for figure in general(rows)}

    assert found == {
        "registered": (10, None),
        "closed": (3, 10),
        "in_time": (3, 5),
        "late": (2, 5),
    }
