"""Who follows whom. Everything else a room knows of others it has from these streams."""

SERVICES = ("intake", "routing", "deadlines", "reporting")

FOLLOWS: dict[str, tuple[str, ...]] = {
    "intake": ("routing",),
    "routing": ("intake",),
    "deadlines": ("intake", "routing", "reporting"),
    "reporting": SERVICES,
}
"""The upstreams of each room; reporting takes everybody's events, its own included."""
