"""What other programs are told of our events holds for the events that were ever stored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator, FormatChecker

from huiyin.host.contracts import write_contracts
from shared.contracts.catalogue import facts, names, newest
from shared.contracts.describing import asyncapi, index, schema, server

GOLDEN = Path(__file__).with_name("golden")
SERVERS = {"county": server("127.0.0.1:4222", "NATS of one county.")}


def golden(name: str) -> dict[str, Any]:
    """An event of that name as it was stored when the name was new."""
    document: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_bytes())
    return document


def problems(name: str, document: dict[str, Any]) -> list[str]:
    """What the schema of that name says against a document."""
    validator = Draft202012Validator(schema(name), format_checker=FormatChecker())
    return [problem.message for problem in validator.iter_errors(document)]


def references(node: Any) -> Iterator[str]:
    """Every ``$ref`` in a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "$ref" else references(value)
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def resolved(document: Any, pointer: str) -> Any:
    """What a JSON pointer of a document leads to; KeyError if to nothing."""
    for part in pointer.removeprefix("#/").split("/"):
        document = document[part]
    return document


def required(name: str) -> list[str]:
    """The fields that the data of an event of that name must have."""
    data: dict[str, list[str]] = schema(name)["properties"]["data"]
    return data.get("required", [])


@pytest.mark.parametrize("name", names())
def test_every_event_ever_stored_is_what_its_schema_says(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))

    assert problems(name, golden(name)) == []


@pytest.mark.parametrize("name", names())
def test_what_is_missing_wrong_or_too_much_in_the_envelope_is_refused(name: str) -> None:
    event = golden(name)

    assert problems(name, {key: value for key, value in event.items() if key != "prev"})
    assert problems(name, event | {"seq": 0})
    assert problems(name, event | {"type": "routing.other.v1"})
    assert problems(name, event | {"recorded_at": 5})
    assert problems(name, event | {"id": "no id"})
    assert problems(name, event | {"extra": 1})


@pytest.mark.parametrize("name", facts())
def test_data_of_another_shape_is_refused(name: str) -> None:
    event = golden(name)
    data = event["data"]
    lacking = [{k: data[k] for k in data if k != field} for field in required(name)]

    assert problems(name, event | {"data": data | {"extra": 1}})
    assert all(problems(name, event | {"data": each}) for each in lacking)


def test_the_index_names_every_event_and_says_what_old_ones_are_read_as() -> None:
    entries = {entry["name"]: entry for entry in index()}

    assert tuple(entries) == names()
    assert entries["routing.incident-assigned.v1"]["read_as"] == "routing.incident-assigned.v3"
    assert "read_as" not in entries["routing.incident-assigned.v3"]
    assert schema("routing.incident-assigned.v1")["deprecated"] is True
    assert "deprecated" not in schema("routing.incident-assigned.v3")


def test_descriptions_are_those_of_the_contracts() -> None:
    described = schema("routing.incident-graded.v2")

    assert "定级" in described["description"]
    assert "tagged" in described["description"]  # of the envelope


def test_the_asyncapi_document_is_well_formed() -> None:
    document = asyncapi("回音", "1", SERVERS)
    with_path = {"county": SERVERS["county"] | {"pathname": ""}}  # the library insists on one

    ApplicationSchema.model_validate(document | {"servers": with_path})
    for reference in references(document):
        if reference.startswith("#/"):
            resolved(document, reference)


def test_every_event_has_a_message_on_the_channel_on_which_it_is_published() -> None:
    document = asyncapi("回音", "1", SERVERS)

    for name in names():
        channel = document["channels"][name.rpartition(".")[0]]
        assert name in channel["messages"]
        assert channel["address"].endswith("." + name.split(".")[1])
        old = document["components"]["messages"][name].get("tags")
        assert bool(old) == (newest(name) != name)
    graded = document["channels"]["routing.incident-graded"]
    assert graded["address"] == "huiyin.routing.{unit}.{kind}.incident-graded"
    assert set(graded["parameters"]) == {"unit", "kind"}
    anywhere = document["channels"]["operations.parked-released"]
    assert anywhere["address"].startswith("huiyin.{service}.")


def test_written_as_files_every_reference_leads_to_a_file(tmp_path: Path) -> None:
    written = write_contracts(tmp_path)

    assert len(written) == len(names()) + 2
    document = json.loads((tmp_path / "asyncapi.json").read_text(encoding="utf-8"))
    outside = [reference for reference in references(document) if not reference.startswith("#/")]
    assert len(outside) == len(names())
    for reference in outside:
        assert json.loads((tmp_path / reference).read_text(encoding="utf-8"))["$id"]
