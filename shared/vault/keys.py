"""The keys: data keys, those used of late, and the wrapping key that makes stored ones usable.

A data key seals, opens and commits to the words of one subject of one incident. The wrapping key
is kept in a file away from the vault.
"""

import hmac
import os
import secrets
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from shared.contracts.sealed import Sealed
from shared.vault import failures

KEY_BYTES = 32
NONCE_BYTES = 12

OPEN_TO_OTHERS = 0o077


class DataKey:
    """The unwrapped key of one key id. Immutable, so threads may share it.

    Sealing and committing use keys of their own, derived by HKDF-SHA256 with different info
    strings, so that nothing learnt from the one serves against the other.
    """

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.key_id = key_id
        self._sealing = AESGCM(_derived(secret, b"huiyin.vault.sealing.v1"))
        self._committing = _derived(secret, b"huiyin.vault.committing.v1")

    def seal(self, words: str, associated: bytes) -> Sealed:
        """AES-256-GCM under a fresh random nonce; ``Invalid`` when ``words`` is not Unicode."""
        nonce = os.urandom(NONCE_BYTES)
        text = self._sealing.encrypt(nonce, _encoded(words), associated)
        return Sealed(
            key=self.key_id, nonce=b64encode(nonce).decode(), text=b64encode(text).decode()
        )

    def open(self, sealed: Sealed, associated: bytes) -> str:
        """The words again; ``Untrusted`` when they or what they were bound to changed."""
        try:
            nonce = b64decode(sealed.nonce, validate=True)
            text = b64decode(sealed.text, validate=True)
            return self._sealing.decrypt(nonce, text, associated).decode()
        except (InvalidTag, ValueError) as problem:
            raise failures.unreadable(self.key_id) from problem

    def commitment(self, words: str) -> str:
        """``hmac-sha256:<hex>``: equal words give equal commitments under the same key."""
        return f"hmac-sha256:{hmac.digest(self._committing, _encoded(words), 'sha256').hex()}"


def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)


def _encoded(words: str) -> bytes:
    try:
        return words.encode()
    except UnicodeEncodeError:
        # Not chained: that exception carries the words, and exceptions end up in logs.
        raise failures.text_malformed() from None


class Tombstone(Enum):
    """What is known of a key that was destroyed, or that the table holds damaged."""

    ERASED = "erased"
    DAMAGED = "damaged"


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


def load_or_create_wrapping_key(path: Path) -> bytes:
    """The 32-byte key in the file at ``path``; on first use a random one, saved there (0600).

    Processes that start at once get the same key. Raises ``Untrusted`` when other users may
    touch the file or it holds no key, ``Unavailable`` when it can be neither read nor made.
    """
    try:
        if not path.exists():
            _create(path)
        return _load(path)
    except OSError as problem:
        raise failures.wrapping_key_unavailable(str(path)) from problem


def unwrapped(wrapping_key: bytes, stored: bytes) -> bytes:
    """The secret again; ``Untrusted`` when it was wrapped under another key or altered."""
    try:
        return aes_key_unwrap(wrapping_key, stored)
    except (InvalidUnwrap, ValueError) as problem:
        raise failures.wrong_wrapping_key() from problem


def checked(wrapping_key: bytes) -> bytes:
    """The key itself; ``Untrusted`` unless it has 32 bytes."""
    if len(wrapping_key) != KEY_BYTES:
        raise failures.wrapping_key_malformed()
    return wrapping_key


def _create(path: Path) -> None:
    # Written whole under another name, then linked: link() refuses an existing name as O_EXCL
    # does, and nobody who starts meanwhile reads half a key.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(draft, b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key is the one
    finally:
        draft.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _write_durably(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _load(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & OPEN_TO_OTHERS:
            raise failures.wrapping_key_exposed(str(path))
        content = file.read().strip()
    try:
        return checked(b64decode(content, validate=True))
    except ValueError as problem:
        raise failures.wrapping_key_malformed() from problem
