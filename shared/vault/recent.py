"""Keys used of late, held unwrapped so that sealing need not read the vault each time."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum

from shared.vault.keys import DataKey


class Tombstone(Enum):
    """What is known of a key that was destroyed."""

    ERASED = "erased"


KnownKey = DataKey | Tombstone


class RecentKeys:
    """At most ``size`` keys, the least recently used going first; none older than ``keep_for``.

    ``keep_for`` is in seconds of ``monotonic``: for so long may this process not notice that
    another one destroyed a key. Not thread-safe: the vault's lock guards it.
    """

    def __init__(self, size: int, keep_for: float, monotonic: Callable[[], float]) -> None:
        self._size = size
        self._keep_for = keep_for
        self._monotonic = monotonic
        self._held: OrderedDict[str, tuple[KnownKey, float]] = OrderedDict()

    def get(self, key_id: str) -> KnownKey | None:
        """What was read of this key less than ``keep_for`` ago, or None."""
        held = self._held.get(key_id)
        if held is None:
            return None
        key, read_at = held
        if self._monotonic() - read_at >= self._keep_for:
            del self._held[key_id]
            return None
        self._held.move_to_end(key_id)
        return key

    def keep(self, keys: Mapping[str, KnownKey], read_at: float) -> None:
        """Holds keys whose reading began at ``read_at`` (seconds of ``monotonic``)."""
        for key_id, key in keys.items():
            self._held[key_id] = (key, read_at)
            self._held.move_to_end(key_id)
        while len(self._held) > self._size:
            self._held.popitem(last=False)

    def clear(self) -> None:
        """Forgets every key."""
        self._held.clear()
