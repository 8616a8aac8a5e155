"""How much the long tests do, and how long any test waits.

``HUIYIN_TESTS=full`` (``make full``) takes the long sizes.
"""

import os
from typing import TypeVar

T = TypeVar("T")

FULL = os.environ.get("HUIYIN_TESTS") == "full"

PATIENCE = 180.0
"""Seconds after which a wait is given up. Only a test that fails waits so long: none fails because
the machine does other work."""

SOON = 30.0
"""Seconds within which something ends that takes less than one where nothing else goes on, and
would never end by itself."""


def sized(short: T, full: T) -> T:
    """The size for each change, and the one for ``make full``."""
    return full if FULL else short
