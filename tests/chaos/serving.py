"""``huiyin up`` with a fate: the whole process dies at a checkpoint now and then."""

import sys
from pathlib import Path

from huiyin.cli.door import run_loop
from huiyin.host.directory import County
from huiyin.host.embedded import Embedded
from huiyin.host.serve import serve
from shared.logs import configure
from shared.settings import Settings
from tests.chaos.fate import Fate

SERVING = "tests.chaos.serving:main"
"""The program; its arguments are seed, probability and record."""


def ready(url: str, county: County) -> None:
    """The lock file says where; nobody reads it here."""


def main() -> None:
    """Serve until struck."""
    settings = Settings.from_environment()
    configure(settings.log_level)
    fate = Fate(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
    run_loop(serve(Embedded(settings, ready, fate), settings))
