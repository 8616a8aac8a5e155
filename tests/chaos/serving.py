"""``huiyin up`` with a fate: the whole process dies at a checkpoint now and then.

``python -m tests.chaos.serving SEED PROBABILITY RECORD``.
"""

import sys
from pathlib import Path

from huiyin.cli.running import run_loop
from huiyin.host.directory import County
from huiyin.host.embedded import Embedded
from huiyin.host.serve import serve
from shared.logs import configure
from shared.settings import Settings
from tests.chaos.fate import Fate


def ready(url: str, county: County) -> None:
    """The lock file says where; nobody reads it here."""


if __name__ == "__main__":
    settings = Settings.from_environment()
    configure(settings.log_level)
    fate = Fate(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
    run_loop(serve(Embedded(settings, ready, fate), settings))
