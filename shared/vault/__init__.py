"""The key vault (密钥库): the keys of personal words, and the only way to erase those words."""
