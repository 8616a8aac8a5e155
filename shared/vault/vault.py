"""The vault: creates, uses, re-wraps and destroys the data keys of one county.

Personal words are stored as ciphertext only; destroying their key erases them everywhere at once,
in backups of the events too, and changes no byte of the record.
"""

import re
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from shared.contracts.sealed import Sealed
from shared.errors import Untrusted
from shared.vault import failures, keys
from shared.vault.tables import KeyTable, PostgresKeyTable, SqliteKeyTable

CHECK_VALUE = "vault/self"
"""A key that seals nothing: it tells at start whether the wrapping key is the right one."""

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# One spelling only: a key under another spelling of its incident would survive the shredding.
_INCIDENT = re.compile(_UUID)
_KEY_ID = re.compile(rf"{_UUID}/[\w.:-]+")


class Vault:
    """Data keys by key id (``<incident uuid>/<subject>``), for all threads of one process.

    Several processes may use one vault: what one of them destroys, the others stop using within
    ``keep_for`` seconds. Raises ``Untrusted`` ("vault.wrong-wrapping-key") when the wrapping key
    is not the table's, be it at the start or since another process re-wrapped the table; and
    ``Invalid`` ("vault.key-id-malformed") for key ids of another form.
    """

    def __init__(
        self,
        table: KeyTable,
        wrapping_key: bytes,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        size: int = 10_000,
        keep_for: float = 5.0,
    ) -> None:
        self._table = table
        self._wrapping_key = keys.checked(wrapping_key)
        self._monotonic = monotonic
        self._recent = keys.RecentKeys(size, keep_for, monotonic)
        self._lock = threading.Lock()
        self._recognise_table()

    def ensure(self, key_ids: Sequence[str]) -> None:
        """Returns when every key is durably stored; those missing are created, all or none.

        To be called before events are appended: ciphertext must never outlive an unsaved key.
        Raises ``Refused`` ("vault.key-erased") if one was destroyed, ``Invalid`` for a bad id.
        """
        with self._lock:
            known = self._known(key_ids)
            _refuse_erased(known)
            missing = [key_id for key_id in dict.fromkeys(key_ids) if key_id not in known]
            if missing:
                self._create(missing)

    def seal(self, key_id: str, words: str, associated: bytes) -> Sealed:
        """Words as ciphertext that opens only with the same ``associated`` bytes.

        Raises ``Unknown`` ("vault.key-missing") or ``Refused`` ("vault.key-erased").
        """
        return self._key(key_id).seal(words, associated)

    def open(self, sealed: Sealed, associated: bytes) -> str:
        """The words that were sealed.

        Raises ``Refused`` ("vault.key-erased") when the key was destroyed, ``Untrusted``
        ("vault.unreadable") when the ciphertext was altered or moved and ("vault.key-damaged") when
        the key was, ``Unknown``.
        """
        return self._key(sealed.key).open(sealed, associated)

    def commitment(self, key_id: str, words: str) -> str:
        """``hmac-sha256:<hex>``: compares equal for equal words, and tells nothing without the key.

        Raises ``Unknown`` ("vault.key-missing") or ``Refused`` ("vault.key-erased").
        """
        return self._key(key_id).commitment(words)

    def shred(self, incident: str) -> tuple[str, ...]:
        """Destroys every key of the incident for good; returns the ids of all that were destroyed.

        Repeatable: said again, after a crash perhaps, it answers the same and scrubs again.
        ``Unavailable`` ("vault.busy") may mean that keys are destroyed but not yet scrubbed.
        Backups of the key table still hold them: rotate the wrapping key (``rewrap``) afterwards.
        """
        if not _INCIDENT.fullmatch(incident):
            raise failures.key_id_malformed(incident)
        with self._lock:
            try:
                with self._table.exclusive():
                    erased = self._table.erase(incident)
                self._table.scrub()
            finally:
                self._recent.clear()
        return erased

    def rewrap(self, new_wrapping_key: bytes) -> int:
        """Puts all keys under a new wrapping key, in one transaction; returns how many.

        Older backups of the key table are then useless to whoever has only the new key. Other
        processes meet "vault.wrong-wrapping-key" until they are started with the new key.
        """
        new = keys.checked(new_wrapping_key)
        with self._lock:
            with self._table.exclusive():
                self._check_wrapping_key()
                known = self._decoded_whole(self._table.live())
                self._table.replace({i: aes_key_wrap(new, key) for i, key in known.items()})
            self._wrapping_key = new
            self._table.scrub()
        return len(known) - 1  # the check value is nobody's key

    def close(self) -> None:
        """Forgets the unwrapped keys and lets go of the storage."""
        with self._lock:
            self._recent.clear()
            self._table.close()

    def _recognise_table(self) -> None:
        if CHECK_VALUE not in self._table.read([CHECK_VALUE]):
            with self._table.exclusive():
                self._table.add({CHECK_VALUE: self._new_key()})
        self._check_wrapping_key()

    def _check_wrapping_key(self) -> None:
        self._unwrapped(self._table.read([CHECK_VALUE]).get(CHECK_VALUE) or b"")

    def _key(self, key_id: str) -> keys.DataKey:
        with self._lock:
            key = self._recent.get(key_id) or self._read([key_id]).get(key_id)
        if key is None:
            raise failures.key_missing(key_id)
        if key is keys.Tombstone.ERASED:
            raise failures.key_erased(key_id)
        if key is keys.Tombstone.DAMAGED:
            raise failures.key_damaged(key_id)
        return key

    def _known(self, key_ids: Iterable[str]) -> dict[str, keys.KnownKey]:
        held = {key_id: self._recent.get(key_id) for key_id in key_ids}
        known = {key_id: key for key_id, key in held.items() if key is not None}
        unread = [key_id for key_id in held if key_id not in known]
        return known | self._read(unread) if unread else known

    def _read(self, key_ids: Collection[str]) -> dict[str, keys.KnownKey]:
        for key_id in key_ids:
            if not _KEY_ID.fullmatch(key_id):
                raise failures.key_id_malformed(key_id)
        read_at = self._monotonic()
        known = self._decoded(self._table.read(key_ids))
        self._recent.keep(known, read_at)
        return known

    def _create(self, key_ids: Collection[str]) -> None:
        read_at = self._monotonic()
        with self._table.exclusive():
            # A process that slept through a rotation must not add keys under the old one.
            self._check_wrapping_key()
            self._table.add({key_id: self._new_key() for key_id in key_ids})
            known = self._decoded(self._table.read(key_ids))  # another process may have been first
            _refuse_erased(known)
        self._recent.keep(known, read_at)

    def _decoded(self, stored: Mapping[str, bytes | None]) -> dict[str, keys.KnownKey]:
        return {key_id: self._decode(key_id, row) for key_id, row in stored.items()}

    def _decode(self, key_id: str, row: bytes | None) -> keys.KnownKey:
        """One damaged key is that key's failure alone, as long as the table is the right one."""
        if row is None:
            return keys.Tombstone.ERASED
        try:
            return keys.DataKey(key_id, self._unwrapped(row))
        except Untrusted:
            self._check_wrapping_key()
            return keys.Tombstone.DAMAGED

    def _decoded_whole(self, stored: Mapping[str, bytes]) -> dict[str, bytes]:
        """The secrets of those keys that are not damaged; the others stay as they are."""
        secrets_ = {}
        for key_id, row in stored.items():
            with suppress(Untrusted):
                secrets_[key_id] = self._unwrapped(row)
        return secrets_

    def _new_key(self) -> bytes:
        return aes_key_wrap(self._wrapping_key, secrets.token_bytes(keys.KEY_BYTES))

    def _unwrapped(self, stored: bytes) -> bytes:
        return keys.unwrapped(self._wrapping_key, stored)


def open_vault(
    location: str, wrapping_key: bytes, *, monotonic: Callable[[], float] = time.monotonic
) -> Vault:
    """The vault in the SQLite file or PostgreSQL database (``postgresql://…``) at ``location``.

    Made on first use. Raises ``Untrusted`` for a wrong wrapping key or a damaged file,
    ``Unavailable`` when the storage is out of reach.
    """
    if location.startswith(("postgresql://", "postgres://")):
        table: KeyTable = PostgresKeyTable(location)
    else:
        table = SqliteKeyTable(Path(location))
    try:
        return Vault(table, wrapping_key, monotonic=monotonic)
    except BaseException:
        table.close()
        raise


def _refuse_erased(known: Mapping[str, keys.KnownKey]) -> None:
    for key_id, key in known.items():
        if key is keys.Tombstone.ERASED:
            raise failures.key_erased(key_id)
