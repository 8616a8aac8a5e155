"""Every kind of event has a name and a sentence that people can read."""

import pytest

from services.reporting.trail.wording import TITLES, reader, what
from services.reporting.unshown import ERASED
from shared.contracts.catalogue import Fact, facts
from shared.contracts.deadlines import DutyMet, DutyMetLate
from shared.contracts.envelope import Recorded
from shared.contracts.intake import HistoryRecorded, IncidentRegistered, Provenance
from tests.contracts.samples import MOMENT, envelope, sample
from tests.reporting.world import IN_ONE_DATABASE, World

EVERY_KIND = sorted(facts().values(), key=lambda kind: kind.TYPE)


def quoted(field: str) -> str:
    """A sealed field, opened."""
    return f"«{field}»"


def sentence(fact: Fact) -> str:
    """What is said of a fact."""
    return what(Recorded(envelope(fact.TYPE), fact, b""), quoted)


def test_every_fact_of_the_catalogue_has_a_title_of_its_own() -> None:
    assert set(TITLES) == set(facts().values())
    assert len(set(TITLES.values())) == len(TITLES)
    assert all(TITLES.values())


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.TYPE)
def test_every_fact_is_told_in_a_sentence(kind: type[Fact]) -> None:
    assert sentence(sample(kind))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("intake.incident-registered.v4", "title"),
        ("routing.reply-drafted.v2", "text"),
        ("routing.reply-published.v2", "text"),
    ],
)
def test_sealed_words_are_shown_opened(name: str, field: str) -> None:
    assert quoted(field) in sentence(sample(facts()[name]))


def test_a_contact_is_never_shown() -> None:
    assert quoted("contact") not in sentence(sample(IncidentRegistered))


FILE = "sha256:0123456789abcdef" + "0" * 48


@pytest.mark.parametrize("kind", [IncidentRegistered, HistoryRecorded])
def test_what_was_imported_is_told_with_its_file_and_row(kind: type[Fact]) -> None:
    provenance = Provenance(file=FILE, row=17)
    imported = sample(kind).model_copy(update={"provenance": provenance})
    live = sample(kind).model_copy(update={"provenance": None})

    assert "出处：文件 sha256:0123456789ab… 第 17 行" in sentence(imported)
    assert "出处" not in sentence(live)


def test_a_time_of_which_only_the_day_is_known_is_told_as_such() -> None:
    history = sample(HistoryRecorded)
    days = {"days_only": ("posted_at", "replied_at")}

    assert "文件只有日期：发帖按当日 24:00 计" in sentence(history.model_copy(update=days))
    assert "只有日期" not in sentence(history.model_copy(update={"days_only": ()}))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0秒"),
        (1, "1秒"),
        (60, "1分"),
        (3_600, "1小时"),
        (86_400, "1天"),
        (322_829, "3天17小时40分29秒"),
        (90_000, "1天1小时"),
    ],
)
def test_a_span_is_told_in_days_hours_minutes_and_seconds(seconds: int, said: str) -> None:
    met = DutyMet(duty="B.T01", done_at=MOMENT, due=MOMENT, spare_seconds=seconds)
    late = DutyMetLate(duty="B.T01", done_at=MOMENT, due=MOMENT, late_seconds=seconds)

    assert sentence(met).endswith(f"余 {said}")
    assert sentence(late).endswith(f"迟 {said}")


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_what_was_erased_reads_as_such(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    [registered] = await world.say("intake", incident, sample(IncidentRegistered))
    before = what(registered, reader(world.vault, registered))

    world.vault.shred(str(incident))
    after = what(registered, reader(world.vault, registered))

    assert "密封：title" in before
    assert ERASED in after
    assert "密封" not in after


@pytest.mark.anyio
@IN_ONE_DATABASE
async def test_a_field_left_empty_reads_as_empty(world: World) -> None:
    incident = await world.registered("QINGHE-2026-000001")
    empty = sample(IncidentRegistered).model_copy(update={"body": None})
    [registered] = await world.say("intake", incident, empty)

    assert reader(world.vault, registered)("body") == ""
