"""Acts that somebody wants to take in an invented town, and the least that is said of each."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.acts.body import Order
from shared.acts.check import Attempt, Record
from shared.acts.decide import fact_of
from shared.acts.deed import Circumstances
from shared.acts.vocabulary import ACTS, Act, taken
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.language.pack import Pack
from tests.contracts.samples import sample

NOW = datetime(2026, 3, 2, 6, 10, tzinfo=UTC)
EVERY = [*taken()]
"""Every way in which an act is taken."""

NAMES = [each.fact.__name__ for each in EVERY]

LEAST: dict[str, Any] = {
    "begins": NOW - timedelta(hours=8),
    "channel": "message_board",
    "duty": "T.1",
    "ends": NOW,
    "grounds": "个别咨询",
    "in_time": True,
    "kind": "result",
    "lead": "QH-YZ",
    "on": True,
    "period": "2026-Q1",
    "reason": "误登记",
    "satisfied": False,
    "state": "outbreak",
    "text": "课本本周五前补齐。",
    "title": "课本还差两本没有发",
    "to": "QINGHE-2026-000002",
}
"""What is said in the fields that a body has to have."""


def body_of(act: Act, **said: Any) -> Order:
    """The body of an act; of what is not given, the least that can be said."""
    required = {key for key, each in act.body.model_fields.items() if each.is_required()}
    return act.body(**{key: LEAST[key] for key in required} | said)


def made_for(act: Act, body: Order) -> dict[str, Any]:
    """The least that a room has to make of an act: what its fact must have and nobody said."""
    said = {key for key, value in body if value is not None} - {"to", *act.fact.SEALED}
    left_out = {key for key, value in body if value is None}
    wanted = {
        key
        for key, each in act.fact.model_fields.items()
        if each.is_required() or (key in left_out and each.default is not None)
    }
    return {key: value for key, value in sample(act.fact) if key in wanted - said}


def attempted(
    act: str | Act,
    pack: Pack,
    *deeds: Deed,
    by: str = "info_officer",
    at: datetime = NOW,
    known: dict[str, str] | None = None,
    **said: Any,
) -> Attempt[Any]:
    """Somebody wants to take an act on an incident on which that is on record."""
    each = ACTS[act] if isinstance(act, str) else act
    body = body_of(each, **said)
    came = Circumstances(uuid4(), at, NOW, by, "QH-YZ")
    record = Record(pack, Matter("QH-YZ", NOW, NOW), deeds)
    return Attempt(
        fact_of(each.fact, body, made_for(each, body)), came, body, record, "o-li", known or {}
    )
