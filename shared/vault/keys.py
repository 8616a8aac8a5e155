"""One data key: seals, opens and commits to the words of one subject of one incident."""

import hmac
import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.contracts.sealed import Sealed
from shared.vault import failures

KEY_BYTES = 32
NONCE_BYTES = 12


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
