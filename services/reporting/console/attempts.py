"""How often somebody may be wrong at the door, in this process's memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

from shared.errors import Refused

MOST = 10
"""Wrong tokens from one address within ``WITHIN`` seconds."""

WITHIN = 60.0

KNOWN = 1_000
"""Addresses remembered, the one that failed longest ago going first."""


class Attempts:
    """Counts failures by address."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failed: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises Refused ``sign-in.too-many`` for an address that failed too often of late."""
        if len(self._late(address)) >= MOST:
            raise Refused(
                "sign-in.too-many",
                "连续多次登录失败, 暂不受理。",
                "请一分钟后再试；令牌遗失的, 请管理员用 huiyin appoint 重新发放。",
                "token",
            )

    def failed(self, address: str) -> None:
        """Note a failure."""
        self._failed[address] = [*self._late(address), self._monotonic()]
        self._failed.move_to_end(address)
        if len(self._failed) > KNOWN:
            self._failed.popitem(last=False)

    def forget(self, address: str) -> None:
        """Somebody came in from there."""
        self._failed.pop(address, None)

    def _late(self, address: str) -> list[float]:
        since = self._monotonic() - WITHIN
        return [moment for moment in self._failed.get(address, []) if moment > since]
