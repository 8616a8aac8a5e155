"""docs/rules.md is right: every example loads or is refused as it says, and no key is left out."""

import re
from pathlib import Path

import pytest

from shared.acts.vocabulary import ACTS
from shared.contracts.catalogue import Contract
from shared.policy.language.checking import MATTERS
from shared.policy.language.loading import examine
from shared.policy.language.pack import PackFile
from shared.policy.language.rules import (
    CLOCKS,
    MOMENTS,
    SECTIONS,
    Axis,
    Declared,
    Extension,
    FieldSpec,
    Heading,
    Parameter,
    Party,
    Unarmed,
)
from shared.policy.language.speaking import sentence

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
REFUSED = re.compile(r"# 会被拒绝：(\S+)\n")
DECLARED: tuple[type[Contract], ...] = (
    Heading,
    Parameter,
    Party,
    Axis,
    Declared,
    Unarmed,
    Extension,
    FieldSpec,
)


def checked(directory: Path, example: str) -> list[str]:
    """The complaints about an example; what is no whole file is added to the first, which is."""
    whole = example if example.startswith("[pack]") else f"{EXAMPLES[0]}\n{example}"
    found = re.search(r'^id = "(.*?)"', whole, re.MULTILINE)
    assert found
    path = directory / f"{found[1]}.toml"
    path.write_text(whole, encoding="utf-8")
    return [each.code for each in examine(path)[1]]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_loads_or_is_refused_as_it_says(tmp_path: Path, example: str) -> None:
    refused = REFUSED.match(example)

    assert set(checked(tmp_path, example)) == ({refused[1]} if refused else set())


def test_the_worked_example_reads_as_the_page_says(tmp_path: Path) -> None:
    assert checked(tmp_path, EXAMPLES[0]) == []

    pack, _ = examine(tmp_path / "qinghe-first-middle-school.toml")

    assert pack
    assert f"“{sentence(pack, pack.rules['8.2'])}”" in PAGE


def test_every_section_and_key_is_on_the_page() -> None:
    sections = {field.alias or name for name, field in PackFile.model_fields.items()}
    models: list[type[Contract]] = [*SECTIONS.values(), *DECLARED]
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}

    assert sorted(name for name in sections if f"[{name}" not in PAGE) == []
    assert sorted(key for key in keys if f"`{key}`" not in PAGE and f"`{key} = " not in PAGE) == []


def test_every_act_clock_moment_and_kind_of_matter_is_on_the_page() -> None:
    assert [n for n, act in ACTS.items() if f"`{n}` {act.title}" not in PAGE] == []
    assert [name for name in CLOCKS if f"| `{name}` |" not in PAGE] == []
    assert [name for name in MOMENTS if f'`"{name}"`' not in PAGE] == []
    assert [name for name, zh in MATTERS.items() if f"`{name}` {zh}" not in PAGE] == []


def test_every_complaint_is_on_the_page() -> None:
    sources = (path.read_text("utf-8") for path in (ROOT / "shared" / "policy").glob("*.py"))
    codes = {code for text in sources for code in re.findall(r'"(pack\.[a-z-]+)"', text)}

    assert sorted(code for code in codes if f"`{code}`" not in PAGE) == []
