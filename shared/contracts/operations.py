"""What any service stores about its own running: operator acts are events too."""

from shared.contracts.catalogue import Fact, event


@event("operations.parked-released.v1")
class ParkedReleased(Fact):
    """Events set aside because one of them could not be applied were let through (放行)."""

    upstream: str
    matter: str
    events: int
