"""What the HTTP door takes and answers, as text in which a difference can be read.

References are resolved, and what only names a class or a function is left out (title, operationId,
summary, the docstring of a model): those may change. Everything else stays, sorted.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

Document = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def described(document: Document) -> dict[str, str]:
    """Every path and method of an OpenAPI document, each with its text; ``problem`` once."""
    told = {"problem": "\n".join(_problem(document))}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                lines = _operation(document, item[method])
                told[f"{method.upper()} {path}"] = "\n".join(lines)
    return told


def text(operations: Mapping[str, str]) -> str:
    """Operations under their names, by path and method."""
    names = sorted(operations, key=lambda name: tuple(reversed(name.split(" "))))
    return "\n".join(f"{name}\n{operations[name]}\n" for name in names)


def undescribed(app: FastAPI) -> str:
    """The addresses that a document says nothing of: pages, pictures, documents."""
    hidden = (each for each in app.routes if not getattr(each, "include_in_schema", True))
    lines = {
        f"{method} {getattr(each, 'path', '')}"
        for each in hidden
        for method in getattr(each, "methods", None) or ()
    }
    return "\n".join(sorted(lines, key=lambda line: tuple(reversed(line.split(" "))))) + "\n"


def _operation(document: Document, operation: Document) -> Iterator[str]:
    yield f"  tags: {'、'.join(operation.get('tags', []))}"
    if said := operation.get("description"):
        yield f"  {said}"
    given = operation.get("parameters", [])
    for each in sorted(given, key=lambda one: (one["in"], one["name"])):
        yield f"  {_parameter(document, each)}"
    if body := operation.get("requestBody"):
        yield from _content(document, f"body{'*' if body.get('required') else ''}", body)
    answers = sorted(operation["responses"].items())
    usual = [status for status, answer in answers if _usual(document).get(status) == answer]
    for status, answer in answers:
        if status not in usual:
            yield from _content(document, status, answer)
    yield f"  problem: {' '.join(usual)}"


def _problem(document: Document) -> Iterator[str]:
    """What is answered where something is wrong, and with which status."""
    for status, answer in sorted(_usual(document).items()):
        yield f"  {status}: {answer['description']}"
    yield from _shown(_resolved(document, _PROBLEM), "  ")


def _usual(document: Document) -> Document:
    """The problems that routes answer with as a rule: those of the first one."""
    item = next(iter(document["paths"].values()))
    answers = next(item[method] for method in METHODS if method in item)["responses"]
    return {status: answer for status, answer in answers.items() if _schemas(answer) == [_PROBLEM]}


def _schemas(answer: Document) -> list[Document]:
    return [content.get("schema", {}) for content in answer.get("content", {}).values()]


def _parameter(document: Document, parameter: Document) -> str:
    mark = "*" if parameter.get("required") else ""
    schema = _resolved(document, parameter["schema"])
    said = parameter.get("description")
    schema = {key: value for key, value in schema.items() if key != "description" or not said}
    name = f"{parameter['in']} {parameter['name']}{mark}"
    return f"{name}: {_flat(schema)}" + (f" -- {said}" if said else "")


def _content(document: Document, name: str, body: Document) -> Iterator[str]:
    yield f"  {name}: {body.get('description', '')}".rstrip().removesuffix(":")
    for kind, content in sorted(body.get("content", {}).items()):
        schema = content.get("schema", {})
        if schema == _PROBLEM:
            yield f"    {kind}: problem"
        else:
            yield f"    {kind}"
            yield from _shown(_resolved(document, schema), "      ")


def _resolved(document: Document, schema: Any, within: tuple[str, ...] = ()) -> Any:
    """The schema with what it refers to in its place, and without the names of classes."""
    if isinstance(schema, list):
        return [_resolved(document, each, within) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        assert reference not in within, f"{reference} is within itself"
        name = reference.rpartition("/")[2]
        found = _model(document["components"]["schemas"][name])
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _resolved(document, {**found, **beside}, (*within, reference))
    kept = {key: value for key, value in schema.items() if key != "title"}
    if kept.get("default", ...) is None:  # what may be left out and null is the same, said or not
        del kept["default"]
    if fields := kept.get("properties"):
        kept["properties"] = {
            name: _resolved(document, each, within) for name, each in fields.items()
        }
    return {
        key: value if key == "properties" else _resolved(document, value, within)
        for key, value in kept.items()
    }


def _model(schema: Document) -> dict[str, Any]:
    """A model without its docstring."""
    return {key: value for key, value in schema.items() if key != "description"}


def _shown(schema: Any, indent: str) -> Iterator[str]:
    """A schema as lines: what has fields field by field, anything else on one line."""
    if not _is_deep(schema):
        yield indent + _flat(schema)
        return
    if "properties" in schema:
        yield from _fields(schema, indent)
    for key in ("items", "additionalProperties"):
        if _is_deep(schema.get(key)):
            yield f"{indent}{key} {_flat(_rest(schema, key))}"
            yield from _shown(schema[key], indent + "  ")
    for key in ("anyOf", "oneOf", "allOf"):
        if _is_deep(schema.get(key)):
            yield f"{indent}{key} {_flat(_rest(schema, key))}"
            for each in schema[key]:
                yield f"{indent}-"
                yield from _shown(each, indent + "  ")


def _fields(schema: Document, indent: str) -> Iterator[str]:
    required = set(schema.get("required", ()))
    deep = ("properties", "required", *(key for key in _DEEP if _is_deep(schema.get(key))))
    yield indent + _flat(_rest(schema, *deep))
    for name, each in sorted(schema["properties"].items()):
        told = f"{indent}  {name}{'*' if name in required else ''}:"
        if _is_deep(each):
            yield told
            yield from _shown(each, indent + "    ")
        else:
            yield f"{told} {_flat(each)}"


_DEEP = ("items", "additionalProperties", "anyOf", "oneOf", "allOf")


def _is_deep(schema: Any) -> bool:
    """Whether there are fields somewhere in it."""
    if isinstance(schema, list):
        return any(map(_is_deep, schema))
    if not isinstance(schema, dict):
        return False
    return "properties" in schema or any(_is_deep(schema.get(key)) for key in _DEEP)


def _rest(schema: Document, *without: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in without}


def _flat(schema: Any) -> str:
    return json.dumps(_sorted(schema), ensure_ascii=False, sort_keys=True)


def _sorted(schema: Any) -> Any:
    """Lists of plain choices in order: which comes first means nothing."""
    if isinstance(schema, dict):
        return {
            key: sorted(value) if key in ("enum", "required") else _sorted(value)
            for key, value in schema.items()
        }
    return [_sorted(each) for each in schema] if isinstance(schema, list) else schema
