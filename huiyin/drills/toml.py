"""Writes a table as TOML, so that a pack given in a drill goes the way of every pack's file."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any


def to_toml(table: Mapping[str, Any]) -> str:
    """The table as a TOML document: one line for each key."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case date():
            return value.isoformat()
        case Mapping():
            told = (f"{_key(key)} = {_value(each)}" for key, each in value.items())
            return "{" + ", ".join(told) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(each) for each in value) + "]"
        case _:
            raise TypeError(value)
