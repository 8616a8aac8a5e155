"""What the rooms have in common."""

VERSION = "0.1.0"
"""Which release this is."""
