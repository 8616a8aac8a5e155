"""One room by itself, beside the others on other machines: PostgreSQL, NATS, a door of its own.

Any number of processes may serve the same room. Every one answers HTTP; one of them, the holder of
the room's lease, also relays, follows the others and keeps time. The others stand by.
"""

from huiyin.standalone.serve import serve_one

__all__ = ["serve_one"]
