"""The key vault (密钥库): the keys of personal words, and the only way to erase those words."""

from shared.vault.vault import Vault, open_vault
from shared.vault.wrapping import load_or_create_wrapping_key

__all__ = ["Vault", "load_or_create_wrapping_key", "open_vault"]
