"""The wrapping key: kept in a file away from the vault, it makes the stored keys usable."""

import os
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.vault import failures
from shared.vault.keys import KEY_BYTES

OPEN_TO_OTHERS = 0o077


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


def wrapped(wrapping_key: bytes, secret: bytes) -> bytes:
    """``secret`` under the wrapping key, as RFC 3394 says (8 bytes longer)."""
    return aes_key_wrap(wrapping_key, secret)


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
