"""Sealed text: personal words that are stored only as ciphertext (密封字段).

A decision writes ``Sealed.of("...", subject="matter")``; the store seals it under the data key of
its incident and subject before the event becomes bytes. Destroying that key erases the words and
changes no byte of the record.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Sealed(BaseModel):
    """Ciphertext of a personal text, with what is needed to open it while its key exists.

    ``key`` names the data key (``<incident uuid>/<subject>``); ``nonce`` and ``text`` are base64
    of the AES-256-GCM nonce and ciphertext with tag. The event's clear envelope and the field's
    name are the associated data, so a ciphertext moved to another event does not open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    key: str
    nonce: str
    text: str

    @staticmethod
    def of(words: str, *, subject: str) -> "Unsealed":
        """Words on their way into an event; they never reach bytes in this form."""
        return Unsealed(key="", nonce="", text="", words=words, subject=subject)


class Unsealed(Sealed):
    """Personal words inside a decision, before the store seals them."""

    words: str
    subject: str

    def __repr_args__(self) -> Any:
        return [("subject", self.subject)]  # never the words: reprs end up in logs
