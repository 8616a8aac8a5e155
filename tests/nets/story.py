"""The story of the kept county: who did what when, as a file says it (``county/story.yaml``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from shared.clock import SHANGHAI

COUNTY = Path(__file__).parent / "county"


@dataclass(frozen=True)
class Step:
    """One request: when (aware), who of the cast, where, with what; and what comes of it."""

    at: datetime
    by: str
    method: str
    path: str
    body: Mapping[str, Any]
    name: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Story:
    """A county with its units and people, and what they did in the order of time."""

    founded: datetime
    ends: datetime
    county: Mapping[str, str]
    units: list[dict[str, Any]]
    cast: Mapping[str, Mapping[str, str]]
    steps: list[Step]


def story() -> Story:
    """What is told; packs that it names in braces are put in their whole text."""
    told = yaml.load((COUNTY / "story.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - plain texts
    packs = {f"{{{each.name}}}": each.read_text("utf-8") for each in COUNTY.glob("*.toml")}
    steps = [_step(each, packs) for each in told["steps"]]
    return Story(
        moment(told["founded"]),
        moment(told["ends"]),
        told["county"],
        told["units"],
        told["cast"],
        sorted(steps, key=lambda step: step.at),
    )


def moment(text: str) -> datetime:
    """A time in Shanghai: ``2026-03-02 09:00``, as an aware one; 24:00 is the day's end."""
    day, _, clock = text.partition(" ")
    hour, minute = map(int, clock.split(":"))
    midnight = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    return midnight + timedelta(hours=hour, minutes=minute)


def _step(told: Mapping[str, Any], packs: Mapping[str, str]) -> Step:
    body = {key: _said(value, packs) for key, value in told["say"].items()}
    method = "PUT" if "put" in told else "POST"
    at = moment(told["at"])
    return Step(at, told["by"], method, told["do"], body, told.get("as"), told.get("key"))


def _said(value: Any, packs: Mapping[str, str]) -> Any:
    """YAML's plain texts as JSON has them: truth and numbers are told by how they look."""
    match value:
        case dict():
            return {key: _said(each, packs) for key, each in value.items()}
        case list():
            return [_said(each, packs) for each in value]
        case "true" | "false":
            return value == "true"
        case str() if value.isdecimal():
            return int(value)
        case str() if value.endswith("T24:00+08:00"):
            day = datetime.fromisoformat(value.replace("T24:00", "T00:00")) + timedelta(days=1)
            return day.isoformat()
        case _:
            return packs.get(value, value)
