"""What reporting stores: facts about the record itself."""

from shared.contracts.catalogue import Fact, event


@event("reporting.incident-erased.v1")
class IncidentErased(Fact):
    """The incident's data keys were destroyed (销毁密钥): its words can be read by nobody."""

    keys: tuple[str, ...]
    grounds: str
