"""The bytes of an event: what goes in comes out, and nothing personal stands in them."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.catalogue import Fact, facts
from shared.contracts.envelope import (
    LARGEST_EVENT,
    Envelope,
    associated_data,
    decode,
    decode_envelope,
    encode,
    event_hash,
    split,
)
from shared.contracts.intake import IncidentRegistered, IncidentVoided
from shared.contracts.sealed import Sealed, Unsealed
from shared.errors import Invalid, Untrusted
from tests.contracts.make_golden import GOLDEN
from tests.contracts.samples import (
    KEY,
    any_envelope,
    any_fact,
    envelope,
    moments,
    sample,
    seal,
    words,
)
from tests.support.sizes import sized

VOIDED = "intake.incident-voided.v1"
REGISTERED = "intake.incident-registered.v2"

SEALING = [kind for kind in facts().values() if kind.SEALED]
"""The kinds of fact that hold personal words."""

any_event = any_fact().flatmap(
    lambda fact: st.tuples(any_envelope(fact.TYPE), st.just(fact)),
)


@settings(max_examples=sized(150, 2000))
@given(any_event)
def test_whatever_is_encoded_is_decoded_the_same(event: tuple[Envelope, Fact]) -> None:
    stored, raw = encode(*event, seal)

    read = decode(raw)

    assert (read.envelope, read.fact, read.raw) == (event[0], stored, raw)
    assert encode(read.envelope, read.fact, seal)[1] == raw
    assert json.loads(raw)["data"] == json.loads(split(raw)[1])


@given(any_event)
def test_the_envelope_is_read_without_knowing_the_fact(event: tuple[Envelope, Fact]) -> None:
    unknown = event[0].model_copy(update={"type": "routing.not-yet-invented.v7"})

    assert decode_envelope(encode(unknown, event[1], seal)[1]) == unknown


@given(any_event)
def test_sealed_words_open_with_their_envelope_and_field(event: tuple[Envelope, Fact]) -> None:
    stored, raw = encode(*event, seal)

    for field, said in _unsealed(event[1]).items():
        assert KEY.open(getattr(stored, field), associated_data(raw, field)) == said


@given(words, st.data())
def test_a_ciphertext_moved_to_another_field_or_event_does_not_open(
    said: str, data: st.DataObject
) -> None:
    """Its associated data is the whole clear envelope and the name of the field."""
    here, drawn = data.draw(any_envelope(REGISTERED)), data.draw(any_envelope(REGISTERED))
    there = drawn.model_copy(update={"id": uuid5(here.id, "another")})
    stored, raw = encode(here, _registered(said), seal)
    _, elsewhere = encode(there, _registered(said), seal)
    assert isinstance(stored, IncidentRegistered)

    for associated in (associated_data(raw, "body"), associated_data(elsewhere, "title")):
        with pytest.raises(Untrusted) as refused:
            KEY.open(stored.title, associated)
        assert refused.value.code == "vault.unreadable"


def test_no_bit_of_the_envelope_can_change_under_a_ciphertext() -> None:
    stored, raw = encode(envelope(REGISTERED), _registered("食堂饭菜不热"), seal)
    assert isinstance(stored, IncidentRegistered)

    for changed in (b'"unit":"QH-YZ"', b'"seq":2', b'"standing":"live"', b'"officer":"o-1"'):
        assert changed in raw
        forged = raw.replace(changed, changed[:-2] + b"9" + changed[-1:])
        with pytest.raises(Untrusted):
            KEY.open(stored.title, associated_data(forged, "title"))


@given(st.sampled_from(SEALING), st.text("密封的话甲乙丙丁", min_size=12, max_size=30))
def test_sealed_words_never_stand_in_the_bytes(kind: type[Fact], said: str) -> None:
    sealed = {field: Sealed.of(said, subject="matter") for field in kind.SEALED}

    stored, raw = encode(envelope(kind.TYPE), sample(kind).model_copy(update=sealed), seal)

    assert said.encode() not in raw
    assert json.dumps(said)[1:-1].encode() not in raw
    assert said not in repr(stored)


def test_the_words_of_an_unsealed_value_show_in_no_representation() -> None:
    unsealed = Sealed.of("家长来电说食堂饭菜不热", subject="matter")
    fact = _registered("家长来电说食堂饭菜不热")

    for shown in (
        repr(unsealed),
        str(unsealed),
        f"{unsealed}",
        repr(fact),
        str(fact),
        repr([fact]),
    ):
        assert "食堂" not in shown
        assert "subject='matter'" in shown


def test_an_event_may_have_65_535_bytes_and_no_more() -> None:
    _, empty = encode(envelope(VOIDED), IncidentVoided(reason=""), seal)
    room = LARGEST_EVENT - len(empty)

    _, largest = encode(envelope(VOIDED), IncidentVoided(reason="x" * room), seal)
    with pytest.raises(Invalid) as refused:
        encode(envelope(VOIDED), IncidentVoided(reason="x" * (room + 1)), seal)

    assert len(largest) == 65_535
    assert decode(largest).fact == IncidentVoided(reason="x" * room)
    assert refused.value.code == "event.too-large"
    assert "65536" in refused.value.message


def test_the_limit_counts_bytes_as_stored_and_not_characters() -> None:
    with pytest.raises(Invalid) as refused:
        encode(envelope(REGISTERED), _registered("重" * 20_000), seal)

    assert refused.value.code == "event.too-large"
    assert refused.value.field == "title, body, contact, fields"


@pytest.mark.parametrize(
    "said",
    [
        '他说：","data":{"reason":"另一个"},"x":"',
        '\\","data":',
        "\x00\x01\x1f\x7f\u2028\u2029\ufeff",
        "𠮷野家 🏫 é é",
        "",
    ],
)
def test_awkward_words_stay_what_they_are_wherever_they_stand(said: str) -> None:
    clear = envelope(VOIDED, policy=said, salt=said, epoch=said)

    read = decode(encode(clear, IncidentVoided(reason=said), seal)[1])

    assert read.envelope == clear
    assert read.fact == IncidentVoided(reason=said)


@given(moments)
def test_every_moment_is_stored_in_utc(moment: datetime) -> None:
    said = envelope(VOIDED).model_dump() | {"occurred_at": moment}

    raw = encode(Envelope.model_validate(said), IncidentVoided(reason=""), seal)[1]

    spelled = json.loads(raw)["occurred_at"]
    assert spelled.endswith("Z")
    read = decode(raw).envelope.occurred_at
    assert read == moment.astimezone(UTC)
    assert read.utcoffset() == timedelta(0)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    said = envelope(VOIDED).model_dump() | {"occurred_at": datetime(2026, 3, 2)}  # noqa: DTZ001

    with pytest.raises(ValueError, match="timezone"):
        Envelope.model_validate(said)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"], ids=["first", "last"]
)
def test_a_moment_that_utc_cannot_express_makes_an_event_unreadable(moment: str) -> None:
    raw = encode(envelope(VOIDED), IncidentVoided(reason=""), seal)[1]
    spelled = b'"occurred_at":"2026-03-02T06:10:00.123456Z"'
    assert spelled in raw

    with pytest.raises(Untrusted) as refused:
        decode(raw.replace(spelled, f'"occurred_at":"{moment}"'.encode()))

    assert refused.value.code == "event.unreadable"


def test_an_unknown_name_is_a_deployment_error_and_says_which() -> None:
    unknown = envelope("routing.not-yet-invented.v7")
    raw = encode(unknown, IncidentVoided(reason=""), seal)[1]

    with pytest.raises(Untrusted) as refused:
        decode(raw)

    assert refused.value.code == "event.unknown-type"
    assert refused.value.field == "routing.not-yet-invented.v7"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"\xff\xfe",
        b'{"v":1,"data":{}}',
        b'{"v":1,"id":"x","data":{"reason":"y"}}',
    ],
)
def test_bytes_that_are_no_event_are_unreadable(raw: bytes) -> None:
    with pytest.raises(Untrusted) as refused:
        decode(raw)

    assert refused.value.code == "event.unreadable"


@pytest.mark.parametrize("name", [VOIDED, "routing.incident-assigned.v1"], ids=["now", "old"])
@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"null", b"7", b"{", b'{"reason":5}', b'{"reason":"x","more":1}', b""]
)
def test_data_of_another_shape_is_unreadable_in_old_versions_too(name: str, data: bytes) -> None:
    head, _ = split(encode(envelope(name), IncidentVoided(reason=""), seal)[1])

    with pytest.raises(Untrusted) as refused:
        decode(head + b',"data":' + data + b"}")

    assert refused.value.code == "event.unreadable"


@settings(max_examples=sized(300, 20_000))
@given(st.sampled_from(sorted(GOLDEN.glob("*.json"))), st.data())
def test_damaged_bytes_are_refused_or_are_still_an_event(path: object, data: st.DataObject) -> None:
    raw = bytearray((GOLDEN / str(path)).read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    refusal = _refusal(bytes(raw))

    assert refusal in ("event.unreadable", "event.unknown-type") or json.loads(raw)["data"]


@pytest.mark.parametrize("end", [b"", b"x", b"]", b"}}"], ids=["cut", "changed", "other", "more"])
def test_the_last_byte_counts_too(end: bytes) -> None:
    raw = (GOLDEN / f"{VOIDED}.json").read_bytes()

    with pytest.raises(Untrusted) as refused:
        decode(raw[:-1] + end)

    assert refused.value.code == "event.unreadable"


def test_the_hash_of_an_event_names_its_algorithm_and_covers_every_byte() -> None:
    raw = (GOLDEN / f"{VOIDED}.json").read_bytes()

    assert event_hash(raw) == event_hash(bytes(raw))
    assert event_hash(raw).startswith("sha256:")
    assert len({event_hash(raw), event_hash(raw + b" "), event_hash(raw[:-1])}) == 3


def _registered(said: str) -> IncidentRegistered:
    fact = sample(IncidentRegistered)
    assert isinstance(fact, IncidentRegistered)
    return fact.model_copy(
        update={
            "title": Sealed.of(said, subject="matter"),
            "body": None,
            "contact": None,
            "posted_at": datetime(2026, 3, 2, tzinfo=UTC),
        }
    )


def _refusal(raw: bytes) -> str | None:
    try:
        decode(raw)
    except Untrusted as problem:
        return problem.code
    return None


def _unsealed(fact: Fact) -> dict[str, str]:
    values = {field: getattr(fact, field) for field in fact.SEALED}
    return {field: value.words for field, value in values.items() if isinstance(value, Unsealed)}
