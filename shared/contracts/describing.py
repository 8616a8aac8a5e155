"""The contracts as documents for other programs: JSON Schemas of the events, and AsyncAPI.

Everything is derived from the catalogue and the envelope; nothing is written by hand twice.
References between the documents are relative, so that they hold over HTTP and in a directory.
"""

from collections.abc import Mapping
from typing import Any

from shared.contracts.catalogue import facts, names, newest, upcasting
from shared.contracts.envelope import Envelope

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
ANY_SERVICE = "operations"
"""Names that begin so are stored by whichever service it happened in."""

Document = dict[str, Any]

HEADERS: Mapping[str, str] = {
    "Nats-Msg-Id": "the source's epoch and the event's position there, joined by a colon",
    "Huiyin-After": "position of the source's event before this one",
    "content-type": "always application/json",
    "ce-specversion": "always 1.0 (CloudEvents)",
    "ce-id": "the event's id",
    "ce-source": "service@county and the epoch of its store, as a path",
    "ce-type": "the event's name",
    "ce-subject": "the event's stream, service/kind/uuid",
    "ce-time": "when the service's clock recorded it (UTC)",
    "ce-correlationid": "the incident or other matter it belongs to",
}
"""What travels beside the bytes, all of it derived from them."""

PARAMETERS: Mapping[str, str] = {
    "service": "the service in which it happened: intake, routing, deadlines or reporting",
    "unit": "code of the unit concerned; * for all",
    "kind": "kind of stream: incident, case, docket, unit and others; * for all",
}


def documents(title: str, version: str, servers: Mapping[str, Document]) -> dict[str, Document]:
    """Every document by its path; ``servers`` are AsyncAPI server objects by name."""
    described = {schema_path(name): schema(name) for name in names()}
    return {"asyncapi.json": asyncapi(title, version, servers), **described}


def schema_path(name: str) -> str:
    """Where the schema of an event name lies."""
    return f"schemas/{name}.json"


def index() -> list[Document]:
    """Every event name with its schema's path; of old names also what they are read as."""
    return [_entry(name) for name in names()]


def schema(name: str) -> Document:
    """The JSON Schema (2020-12) of the whole document of an event of that name."""
    envelope = Envelope.model_json_schema(mode="serialization")
    data = _data(name)
    definitions = {**envelope.pop("$defs", {}), **data.pop("$defs", {})}
    envelope["properties"]["type"] = {"const": name, "description": "The event's name."}
    envelope["properties"]["data"] = data
    envelope["required"].append("data")
    about = {"title": name, "description": f"{data['description']}\n\n{Envelope.__doc__}"}
    old = {"deprecated": True} if newest(name) != name else {}
    said = {"$schema": DIALECT, "$id": f"/{schema_path(name)}", **envelope, **about, **old}
    return said | {"$defs": definitions}


def asyncapi(title: str, version: str, servers: Mapping[str, Document]) -> Document:
    """The AsyncAPI 3.0 document: who sends what, on which subjects, in which shape."""
    subjects = _by_subject()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version, "description": _INFO},
        "defaultContentType": "application/json",
        "servers": dict(servers),
        "channels": {subject: _channel(subject, subjects[subject]) for subject in subjects},
        "operations": {_sends(subject): _operation(subject) for subject in subjects},
        "components": {
            "messages": {name: _message(name) for name in names()},
            "securitySchemes": {"token": _TOKEN},
        },
    }


def server(host: str, description: str) -> Document:
    """A NATS server at ``host:port``; its token is told elsewhere."""
    return {
        "host": host,
        "protocol": "nats",
        "description": description,
        "security": [{"$ref": "#/components/securitySchemes/token"}],
    }


_INFO = (
    "Events of one county, each published once, in the order of its service's store, to the"
    " JetStream stream HUIYIN_<SERVICE>. A message is exactly the stored document: its SHA-256 is"
    " what the stream's next event names as `prev`. Sealed fields are ciphertext."
)

_TOKEN = {
    "type": "apiKey",
    "in": "user",
    "description": "NATS token authentication: nats://<token>@<host>",
}


def _data(name: str) -> Document:
    present = facts().get(name)
    if present is not None:
        return present.model_json_schema(mode="serialization")
    into, lift = upcasting(name)
    said = f"An earlier shape, read as {into}. {lift.__doc__ or ''}".strip()
    return {"type": "object", "description": said}


def _entry(name: str) -> Document:
    entry: Document = {"name": name, "schema": f"/{schema_path(name)}"}
    return entry if newest(name) == name else entry | {"read_as": newest(name)}


def _by_subject() -> dict[str, list[str]]:
    """Event names by what they are called in subjects: there, versions share one name."""
    subjects: dict[str, list[str]] = {}
    for name in names():
        subjects.setdefault(name.rpartition(".")[0], []).append(name)
    return subjects


def _channel(subject: str, versions: list[str]) -> Document:
    service, event = subject.split(".")
    first = "{service}" if service == ANY_SERVICE else service
    parameters = [name for name in PARAMETERS if name != "service" or service == ANY_SERVICE]
    return {
        "address": f"huiyin.{first}.{{unit}}.{{kind}}.{event}",
        "description": _data(newest(versions[-1]))["description"],
        "parameters": {name: {"description": PARAMETERS[name]} for name in parameters},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in versions},
    }


def _operation(subject: str) -> Document:
    return {"action": "send", "channel": {"$ref": f"#/channels/{subject}"}}


def _sends(subject: str) -> str:
    return f"send-{subject}"


def _message(name: str) -> Document:
    said = _data(name)["description"]
    old = {"tags": [{"name": "deprecated"}]} if newest(name) != name else {}
    return {
        "name": name,
        "title": said.partition("\n")[0],
        "summary": said,
        "contentType": "application/json",
        "headers": _headers(),
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": schema_path(name)}},
        **old,
    }


def _headers() -> Document:
    said = {name: {"type": "string", "description": text} for name, text in HEADERS.items()}
    return {"type": "object", "properties": said, "required": list(HEADERS)}
