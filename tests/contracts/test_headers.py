"""What travels beside the bytes: a subject, and headers that are CloudEvents 1.0 attributes."""

import re
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import Notification
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.catalogue import Fact
from shared.contracts.envelope import UNIT_CODE, Envelope, decode, encode
from shared.messaging.streams import Outgoing, outgoing
from shared.store.transaction import Source
from tests.contracts.make_golden import GOLDEN
from tests.contracts.samples import any_fact, envelope, seal
from tests.support.sizes import sized

SOURCE = Source("intake", "QINGHE", "0123456789abcdef")

URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def sent(raw: bytes, position: int = 7, after: int = 5) -> Outgoing:
    """An event as the relay would send it."""
    event = decode(raw).envelope
    stored = Notification(event.stream_id, event.seq, event.type, raw, id=position)
    return outgoing(Source(event.service, "QINGHE", event.epoch), stored, after)


@settings(max_examples=sized(50, 1000))
@given(any_fact())
def test_the_headers_are_valid_cloudevents_attributes(fact: Fact) -> None:
    event = envelope(fact.TYPE)
    headers = sent(encode(event, fact, seal)[1]).headers
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}

    assert attributes["specversion"] == "1.0"
    assert attributes["type"] == fact.TYPE
    assert UUID(attributes["id"]) == event.id
    assert URI_REFERENCE.fullmatch(attributes["source"])
    assert attributes["subject"] == event.stream
    assert RFC_3339.fullmatch(attributes["time"])
    assert datetime.fromisoformat(attributes["time"]) == event.recorded_at
    assert headers["content-type"] == "application/json"
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in attributes)
    assert all(value.isascii() and value.isprintable() and value for value in headers.values())


def test_two_stores_of_one_service_are_two_sources() -> None:
    """CloudEvents: source and id together are unique, so a store made anew is another source."""
    fact = decode((GOLDEN / "intake.incident-voided.v1.json").read_bytes()).fact

    def source(epoch: str) -> str:
        return sent(encode(_voided(epoch), fact, seal)[1]).headers["ce-source"]

    assert source("0000000000000001") != source("0000000000000002")


def test_the_position_and_the_one_before_travel_beside_the_bytes() -> None:
    raw = (GOLDEN / "intake.incident-voided.v1.json").read_bytes()

    message = sent(raw, position=7, after=5)

    assert message.headers["Nats-Msg-Id"] == "0123456789abcdef:7"
    assert message.headers["Huiyin-After"] == "5"
    assert message.raw == raw


@given(st.from_regex(UNIT_CODE, fullmatch=True), any_fact())
@settings(max_examples=sized(50, 1000))
def test_the_subject_has_five_plain_tokens(unit: str, fact: Fact) -> None:
    event = envelope(fact.TYPE, unit=unit)

    subject = sent(encode(event, fact, seal)[1]).subject

    name = fact.TYPE.split(".")[1]
    assert subject == f"huiyin.{event.service}.{unit}.incident.{name}"
    assert re.fullmatch(r"huiyin(\.[A-Za-z0-9-]+){4}", subject)


def _voided(epoch: str) -> Envelope:
    return envelope("intake.incident-voided.v1", epoch=epoch)
