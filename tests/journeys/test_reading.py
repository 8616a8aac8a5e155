"""Who sees which matter: the own unit's tree, and what a unit left as it stood then."""

from collections.abc import Mapping

import pytest

from tests.journeys.county import County, code
from tests.journeys.reading import KEPT, READERS, Cell, answers, prepared, table

Answers = Mapping[tuple[str, str], Cell]


@pytest.fixture(scope="module")
def found(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What everybody is answered in one running county."""
    with founded.copy(tmp_path_factory.mktemp("reading") / "data").up() as running:
        served, number, incident = prepared(running)
        refused = served.get(f"/reporting/incidents/{number}/trail", "stranger")
        assert code(refused) == (403, "matter.not-yours")
        assert number not in refused.text
        return answers(served, number, incident)


def test_who_sees_the_matter_is_as_the_table_says(found: Answers) -> None:
    assert table(found) == KEPT.read_text(encoding="utf-8")


def test_whoever_is_refused_asked_what_another_was_answered(found: Answers) -> None:
    """The very same address is answered to somebody else in the same county."""
    refused = [name for (name, _), (status, _, _) in found.items() if status == 403]

    assert refused
    for name in refused:
        assert any(found[name, reader][0] == 200 and found[name, reader][2] for reader in READERS)


def test_nobody_is_refused_for_another_reason_than_whose_it_is(found: Answers) -> None:
    codes = {why for status, why, _ in found.values() if status == 403}

    assert codes == {"matter.not-yours", "unit.not-yours", ""}  # pages say it in words
    assert {status for status, _, _ in found.values()} == {200, 403}


def test_the_county_s_root_reads_everything(found: Answers) -> None:
    for name, _ in found:
        most = max(found[name, reader][2] for reader in READERS)
        assert found[name, "bureau"][2] == found[name, "its auditor above"][2] == most > 0, name


def test_a_unit_that_left_sees_the_matter_up_to_then(found: Answers) -> None:
    trail = {reader: found["trail", reader][2] for reader in READERS}

    assert 0 < trail["left"] < trail["registrar"] == trail["bureau"]
    assert found["page: incident", "left"][2] == trail["left"]
    assert found["ledger", "left"][2] == 0  # what it has in hand is another question
