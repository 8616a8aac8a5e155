"""The demonstration: a drill of invented incidents, played into a directory that is kept."""

import csv
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from huiyin.drills.demonstration.county import COUNTY, HERE, drill, make, provide
from huiyin.drills.script import Drill
from huiyin.host.directory import County, DataDirectory
from huiyin.host.offline import read_only, rebuild_offline, verify_offline
from services.reporting.versions import NOW as NOW_ROW
from shared.errors import Refused
from shared.settings import Settings

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

STATUS = {
    "registered": 4,
    "graded": 4,
    "assigned": 6,
    "drafted": 4,
    "approved": 3,
    "published": 4,
    "closed": 5,
    "linked": 3,
    "voided": 3,
}
"""How far the incidents are: what the file says of their stages."""


def settings_of(directory: Path) -> Settings:
    """The settings of a county there."""
    return Settings.from_environment({"HUIYIN_DATA": str(directory)})


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def county(
    anyio_backend: str,  # noqa: ARG001 - whose loop it is made in
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """The demonstration, made once."""
    settings = settings_of(tmp_path_factory.mktemp("demonstration") / "data")
    await make(settings, NOW)
    return settings


@pytest.fixture(scope="module")
def script() -> Drill:
    """What is played."""
    incidents = tomllib.loads((HERE / "incidents.toml").read_text(encoding="utf-8"))["incident"]
    return drill(incidents, {COUNTY.root: "青禾县教育局"}, NOW)


def test_every_step_is_taken_by_somebody_who_is_there_and_before_now(script: Drill) -> None:
    with open(HERE / "officers.csv", encoding="utf-8", newline="") as file:
        there = {(row["unit"], row["post"]) for row in csv.DictReader(file)}

    assert {(step.by.unit, step.by.role) for step in script.steps if step.by} <= there
    moments = [step.at for step in script.steps]
    assert moments == sorted(moments)
    assert moments[-1] <= NOW


@pytest.mark.anyio
async def test_the_ledger_shows_every_stage(county: Settings) -> None:
    with read_only(county) as recorders, recorders["reporting"].reading() as sql:
        rows = sql.all("SELECT status FROM ledger WHERE to_leaf = ?", (NOW_ROW,))

    assert Counter(row["status"] for row in rows) == STATUS


@pytest.mark.anyio
async def test_limits_were_missed_and_met_in_its_own_time(county: Settings) -> None:
    with read_only(county) as recorders:
        topics = Counter(
            event.topic.partition(".v")[0]
            for event in recorders["deadlines"].notifications(0, 1000)
        )

    assert topics == {
        "deadlines.duty-started": 36,
        "deadlines.duty-met": 6,
        "deadlines.duty-met-late": 3,
        "deadlines.duty-missed": 13,
        "deadlines.duty-cancelled": 6,
    }


@pytest.mark.anyio
async def test_the_record_holds(county: Settings) -> None:
    assert verify_offline(county).holds
    assert all(each.holds for each in rebuild_offline(county))


@pytest.mark.anyio
async def test_everybody_s_token_is_kept_for_this_user_alone(county: Settings) -> None:
    kept = county.data / "officers.csv"
    with open(kept, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(rows) == 14
    assert all(row["token"] for row in rows)


@pytest.mark.anyio
async def test_one_that_is_there_stays_and_a_real_county_never_gets_any(
    county: Settings, tmp_path: Path
) -> None:
    await provide(county, pytest.fail)
    (tmp_path / "real").mkdir()
    real = County(code="BAIHE", name="白禾县", root="BAIHE", demonstration=False)
    DataDirectory(tmp_path / "real").found(real)

    with pytest.raises(Refused) as refused:
        await provide(settings_of(tmp_path / "real"), pytest.fail)
    assert refused.value.code == "data.not-demonstration"
