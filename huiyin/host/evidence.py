"""Verification and rebuild over the databases of all rooms."""

from collections.abc import Mapping

from services.deadlines.tables import MODEL as DEADLINES
from services.intake.tables import MODEL as INTAKE
from services.reporting.log.verify import Verified, verify
from services.reporting.rebuild import Compared, compare
from services.reporting.tables import MODEL as REPORTING
from services.routing.tables import MODEL as ROUTING
from shared.store.readmodel import ReadModel
from shared.store.recorders import Recorder

MODELS: dict[str, ReadModel] = {
    "intake": INTAKE,
    "routing": ROUTING,
    "deadlines": DEADLINES,
    "reporting": REPORTING,
}


def verified(recorders: Mapping[str, Recorder]) -> Verified:
    """Whether stores and log hold and agree."""
    return verify(recorders, recorders["reporting"])


def rebuilt(recorders: Mapping[str, Recorder]) -> list[Compared]:
    """Every read model folded afresh from the log and compared with what lies there."""
    return compare(MODELS, recorders, recorders["reporting"])
