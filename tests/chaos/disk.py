"""A disk that a test can fill and free: a small file system, or a limit on the size of files."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.chaos.county import CountyProcess

MEGABYTES = 48


class Disk(Protocol):
    """Where a county lives whose disk can be full."""

    def fill(self, county: CountyProcess) -> None:
        """From now on there is no room."""

    def free(self, county: CountyProcess) -> None:
        """There is room again."""


class SmallDisk:
    """A file system in memory, filled up with one useless file."""

    def __init__(self, place: Path) -> None:
        self._filler = place / "filler"

    def fill(self, county: CountyProcess) -> None:
        """Take every byte that is left; again, what was freed meanwhile."""
        del county
        with suppress(OSError), self._filler.open("ab", buffering=0) as filler:
            while filler.write(bytes(4096)):
                pass

    def free(self, county: CountyProcess) -> None:
        """Give them back."""
        del county
        self._filler.unlink()


class SizeLimit:
    """Files of the serving process cannot grow; its nats-server is not concerned."""

    def fill(self, county: CountyProcess) -> None:
        """No file may grow beyond the largest there is."""
        largest = max(path.stat().st_size for path in county.data.iterdir())
        self._limit(county, largest)

    def free(self, county: CountyProcess) -> None:
        """Files may grow again."""
        self._limit(county, resource.RLIM_INFINITY)

    def _limit(self, county: CountyProcess, soft: int) -> None:
        limits = (soft, resource.RLIM_INFINITY)
        resource.prlimit(county.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(place: Path) -> Iterator[Disk | None]:
    """A disk at ``place`` (made) that can be filled; none where that is not possible."""
    place.mkdir()
    if _mount(place):
        try:
            yield SmallDisk(place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S607 - root's own
    else:
        yield SizeLimit() if sys.platform == "linux" else None


def _mount(place: Path) -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
