"""docs/drills.md: its examples come out as written, and it names every act, kind and state."""

import re
from pathlib import Path

import pytest

from huiyin.drills.acts import WAYS
from huiyin.drills.kinds import KINDS, STATES
from huiyin.drills.playing import run
from huiyin.drills.reading import read_text
from huiyin.drills.script import Drill

PAGE = Path(__file__).parents[2] / "docs" / "drills.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def _examples() -> list[object]:
    return [
        pytest.param(each, id=each.name)
        for example in EXAMPLES
        for each in read_text(example, PAGE)
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("drill", _examples())
async def test_the_examples_come_out_as_written(drill: Drill) -> None:
    outcome = await run(drill)
    assert outcome.holds, "\n".join(outcome.failures)


def test_the_page_names_every_act_with_its_fields() -> None:
    unnamed = {name for name in WAYS if f"`{name}`" not in TEXT}
    fields = {key for way in WAYS.values() for key in way.fields()}
    assert not unnamed | {key for key in fields if f"`{key}" not in TEXT}


def test_the_page_names_every_expectation_with_its_keys() -> None:
    keys = {key for asked in KINDS.values() for key in asked}
    assert not {key for key in keys if not re.search(rf"[`{{, ]{key}[`:]", TEXT)}
    assert not {kind for kind in KINDS if f"{kind}: " not in TEXT}


def test_the_page_names_every_state() -> None:
    assert not {state for state in STATES if f"`{state}`" not in TEXT}
