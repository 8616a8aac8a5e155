"""What rules judge before an act is what they find on record afterwards."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.acts.check import Attempt, Record
from shared.acts.deed import Circumstances, as_deed, deed_of
from shared.acts.vocabulary import ACTS
from shared.contracts.catalogue import Fact, facts
from shared.contracts.deadlines import DutyMissed
from shared.contracts.envelope import Envelope, Recorded, decode, encode
from shared.copies.packs import baseline
from shared.policy.engine.deeds import Matter
from tests.acts.attempts import EVERY, NOW, body_of
from tests.contracts.samples import any_envelope, any_of_kind, envelope, sample, seal

BODIES = {act.fact: body_of(act) for act in EVERY}
RECORD = Record(baseline(), Matter("QH-YZ", NOW, NOW), ())
HERE = UUID(int=0)

any_act = st.sampled_from([act.fact for act in EVERY]).flatmap(
    lambda kind: st.tuples(any_envelope(kind.TYPE), any_of_kind(kind))
)
"""Any fact of any act, and whatever comes with it."""


def recorded(told: Envelope, fact: Fact) -> Recorded:
    """The event as it is read from its stored bytes."""
    return decode(encode(told, fact, seal)[1])


def came_with(told: Envelope) -> Circumstances:
    """What whoever takes the act knows before its event has an id."""
    return Circumstances(
        HERE, told.occurred_at, told.recorded_at, told.actor.post, told.unit, told.standing
    )


@settings(deadline=None, max_examples=300)
@given(any_act)
def test_an_act_is_to_rules_before_it_is_recorded_what_it_is_ever_after(
    event: tuple[Envelope, Fact],
) -> None:
    told, fact = event
    attempt = Attempt(fact, came_with(told), BODIES[type(fact)], RECORD, "o-li")

    after = deed_of(recorded(told, fact))

    assert after is not None
    assert after.id == told.id
    assert replace(after, id=HERE) == attempt.deed


def test_every_act_is_known_to_rules_by_its_name() -> None:
    deeds = [as_deed(sample(act.fact), came_with(envelope(act.fact.TYPE))) for act in EVERY]
    assert [deed.act if deed else None for deed in deeds] == [act.name for act in EVERY]


def test_of_what_is_no_act_rules_know_that_a_duty_was_missed_alone() -> None:
    others = [fact for fact in facts().values() if fact not in BODIES]
    known = [
        fact for fact in others if as_deed(sample(fact), came_with(envelope(fact.TYPE))) is not None
    ]
    assert known == [DutyMissed]
    assert {fact.ACT for fact in others if fact.ACT} == {
        act.name for act in ACTS.values() if act.on == "county"
    }
