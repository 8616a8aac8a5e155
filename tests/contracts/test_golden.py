"""Every event ever stored is still read, and still means the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.catalogue import facts, names, newest
from shared.contracts.envelope import associated_data, decode, encode
from shared.contracts.routing import IncidentAssigned
from shared.contracts.sealed import Sealed, Unsealed
from tests.contracts.make_golden import GOLDEN, make, meaning, read_again, spelled
from tests.contracts.samples import KEY, sample, seal

FILES = sorted(GOLDEN.glob("*.json"))
CURRENT = [path for path in FILES if path.stem in facts()]

each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_current = pytest.mark.parametrize("path", CURRENT, ids=lambda path: path.stem)


def test_every_name_in_the_catalogue_has_its_golden_file_and_there_is_no_other() -> None:
    assert tuple(path.stem for path in FILES) == names()


@each
def test_a_golden_event_is_read_as_it_was_when_its_file_was_made(path: Path) -> None:
    assert spelled(path.read_bytes()) == meaning(path).read_text()


@each_current
def test_a_current_event_encoded_again_has_the_very_same_bytes(path: Path) -> None:
    event = decode(path.read_bytes())

    _, raw = encode(event.envelope, event.fact, seal)

    assert raw == path.read_bytes()


@each_current
def test_sealed_words_of_a_golden_event_still_open(path: Path) -> None:
    """What the ciphertext is bound to must never change, or everything sealed is lost."""
    event = decode(path.read_bytes())
    fields = type(event.fact).SEALED

    opened = {
        field: KEY.open(getattr(event.fact, field), associated_data(event.raw, field))
        for field in fields
    }

    assert opened == {field: _words(sample(type(event.fact)), field) for field in fields}


def test_the_first_assignment_is_lifted_to_a_lead_unit_with_nobody_beside_it() -> None:
    event = decode((GOLDEN / "routing.incident-assigned.v1.json").read_bytes())

    assert event.envelope.type == "routing.incident-assigned.v1"
    assert event.fact == IncidentAssigned(
        lead="QH-YZ", co_handling=(), instruction="示例：instruction"
    )


LIFTED: dict[str, dict[str, object]] = {
    "routing.incident-graded.v1": {
        "grade": "especially_major",
        "sets": {"severity": ("especially_major",)},
        "breaches": (),
    },
    "routing.incident-assigned.v2": {"kind": None, "sheet": None, "fields": None, "filled": ()},
    "routing.reply-drafted.v1": {"fields": None, "filled": (), "breaches": ()},
    "routing.reply-approved.v1": {"kind": None, "breaches": ()},
    "routing.reply-published.v1": {"promised": None, "fields": None, "breaches": ()},
    "routing.incident-closed.v1": {"outcome": "answered", "fields": None, "breaches": ()},
    "intake.incident-registered.v1": {
        "provenance": None,
        "matter": "incident",
        "sets": {},
        "happened_at": None,
        "planned_at": None,
        "filled": (),
    },
    "intake.incident-registered.v2": {"matter": "incident", "sets": {}, "planned_at": None},
    "intake.incident-registered.v3": {"fields": None, "filled": (), "breaches": ()},
}
"""What old shapes are read as, where the present shape says more."""


@pytest.mark.parametrize("name", LIFTED)
def test_an_old_shape_says_nothing_of_what_it_did_not_know(name: str) -> None:
    fact = decode((GOLDEN / f"{name}.json").read_bytes()).fact

    assert {key: getattr(fact, key) for key in LIFTED[name]} == LIFTED[name]
    assert type(fact) is facts()[newest(name)]


def test_a_missing_golden_file_is_made_from_the_present_shape(tmp_path: Path) -> None:
    path = make("intake.incident-voided.v2", directory=tmp_path)

    assert path.read_bytes() == (GOLDEN / path.name).read_bytes()


def test_the_golden_file_of_an_old_version_needs_its_data(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        make("routing.incident-assigned.v1", directory=tmp_path)
    path = make(
        "routing.incident-assigned.v1", '{"unit":"QH-LX","instruction":""}', directory=tmp_path
    )

    assert decode(path.read_bytes()).fact == IncidentAssigned(
        lead="QH-LX", co_handling=(), instruction=""
    )


@pytest.mark.process
def test_a_golden_file_that_exists_is_never_written_again() -> None:
    path = GOLDEN / "intake.incident-voided.v2.json"
    before = path.read_bytes(), meaning(path).read_bytes()

    command = [sys.executable, "-m", "tests.contracts.make_golden", path.stem]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode != 0
    assert "FileExistsError" in ended.stderr
    assert (path.read_bytes(), meaning(path).read_bytes()) == before


def test_what_the_bytes_of_an_old_version_are_read_as_can_be_written_again(tmp_path: Path) -> None:
    old = GOLDEN / "routing.incident-assigned.v1.json"
    (tmp_path / old.name).write_bytes(old.read_bytes())

    assert read_again(old.stem, directory=tmp_path).read_text() == meaning(old).read_text()
    assert (tmp_path / old.name).read_bytes() == old.read_bytes()


def test_what_the_present_shape_says_is_never_written_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="present shape"):
        read_again("intake.incident-voided.v2", directory=tmp_path)


def _words(fact: object, field: str) -> str:
    value: Sealed = getattr(fact, field)
    assert isinstance(value, Unsealed)
    return value.words
