"""``python -m tests.policy.make_rule_ids``: write the list of everything that the sources ask for.

Items of a source are numbered there, or named after their section (``001-2.ROL.office``) or, in
its reporting chain, counted (``001-2.R03``).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

DOMAIN = Path("../shared/domain")
SOURCES = DOMAIN / "seed-rules.yaml"
CLASSIFIED = DOMAIN / "classification.csv"
IDS = Path(__file__).with_name("rule_ids.csv")

NOT_SECTIONS = ("not_stated",)

DECLARED = (
    "roles",
    "org_structure",
    "intake_channels",
    "categories",
    "grades",
    "handling_tiers",
    "disposition_categories",
)
"""Sections of a source that become parties, axes and channels; all others hold rules."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a source: its number, its section, and whether the product helps with it."""

    id: str
    section: str
    in_scope: bool

    @property
    def system(self) -> str:
        return self.id.partition(".")[0]


def sourced(path: Path = SOURCES) -> Iterator[Item]:
    """Every item of every source, in scope or not."""
    for system in yaml.safe_load(path.read_text(encoding="utf-8"))["systems"]:
        for section, given in system.items():
            if isinstance(given, list) and section not in NOT_SECTIONS:
                for place, each in enumerate(given, 1):
                    number = _number(system["id"], section, place, each)
                    yield Item(number, section, each["in_scope"])


def listed(path: Path = IDS) -> list[Item]:
    """The project's own list."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Item(row["id"], row["section"], row["in_scope"] == "true")
            for row in csv.DictReader(file)
        ]


def write(items: list[Item], path: Path = IDS) -> None:
    """Write the list."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Item)])
        writer.writerows((each.id, each.section, str(each.in_scope).lower()) for each in items)


def _number(system: str, section: str, place: int, given: dict[str, Any]) -> str:
    if "id" in given:
        return str(given["id"])
    if section == "reporting_chain":
        return f"{system}.R{place:02}"
    return f"{system}.{section[:3].upper()}.{given['key']}"


if __name__ == "__main__":
    found = list(sourced())
    write(found)
    print(f"{IDS}: {len(found)}, in scope {sum(each.in_scope for each in found)}")
