"""What reporting stores: facts about the record itself, and what people find in it."""

from shared.contracts.catalogue import ActTaken, Fact, event


@event("reporting.incident-erased.v1")
class IncidentErased(Fact):
    """The incident's data keys were destroyed (销毁密钥): its words can be read by nobody."""

    keys: tuple[str, ...]
    grounds: str


@event("reporting.matter-archived.v1")
class MatterArchived(ActTaken):
    """The file of a closed matter was put together (归档) under its number (件号)."""

    ACT = "archive"

    number: str
    missing: tuple[str, ...] = ()


@event("reporting.finding-made.v1")
class FindingMade(ActTaken):
    """Somebody competent found an offence or something to commend (认定).

    ``of`` is the rule of the pack, ``unit`` whose finding it is, ``evidence`` the leaves of the
    log that show it.
    """

    ACT = "find"

    unit: str
    evidence: tuple[int, ...] = ()
    good: bool = False


@event("reporting.units-ranked.v1")
class UnitsRanked(ActTaken):
    """The units were ranked by how they answered in a period (排名), as it was made known."""

    ACT = "rank"

    period: str
    order: tuple[str, ...]
