"""What any service stores about its own running: operator acts are events too."""

from shared.contracts.catalogue import Fact, UtcTime, event


@event("operations.parked-released.v1")
class ParkedReleased(Fact):
    """Events set aside because one of them could not be applied were let through (放行)."""

    upstream: str
    matter: str
    events: int


@event("operations.clock-accepted.v1")
class ClockAccepted(Fact):
    """An operator confirmed the clock after it stood behind the record (确认时钟)."""

    recorded_until: UtcTime
    clock: UtcTime
    reason: str
