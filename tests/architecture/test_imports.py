"""Who may import whom, as .importlinter says."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]

ROOM = """
[importlinter]
root_packages =
    huiyin
    services
include_external_packages = True

[importlinter:contract:planted]
name = Planted
type = forbidden
source_modules =
    {source}
forbidden_modules =
    {forbidden}
"""


def lint(configuration: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on this project."""
    linter = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [str(linter), "--no-cache", "--config", str(configuration)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_wall_between_rooms_layers_and_libraries_holds() -> None:
    ended = lint(ROOT / ".importlinter")

    assert ended.returncode == 0, ended.stdout
    assert "0 broken" in ended.stdout


@pytest.mark.parametrize(
    ("source", "forbidden"),
    [("huiyin.host", "services.intake"), ("services.intake.application", "asyncio")],
    ids=["between-packages", "of-a-library"],
)
def test_an_import_that_a_wall_forbids_is_found(
    tmp_path: Path, source: str, forbidden: str
) -> None:
    """Imports that are there, forbidden for once: the linter must see both kinds."""
    planted = tmp_path / "planted"
    planted.write_text(ROOM.format(source=source, forbidden=forbidden))

    ended = lint(planted)

    assert ended.returncode == 1
    assert "1 broken" in ended.stdout
