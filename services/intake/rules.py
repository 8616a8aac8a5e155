"""The map of intake's acts (规则表): what is decided on each fact; pure."""

from services.intake.diary import browse, note, summarise, tell, work_shift
from services.intake.incident import Incident, correct, link, register, void
from shared.acts.decide import Rules
from shared.contracts.intake import (
    ActivityConducted,
    ChannelsBrowsed,
    DrillHeld,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    InspectionMade,
    MatterNoted,
    RegistrationCorrected,
    ReturnFiled,
    ShiftWorked,
    SummaryMade,
    ZeroReported,
)

RULES: Rules[Incident] = Rules(
    {
        IncidentRegistered: register,
        RegistrationCorrected: correct,
        IncidentLinked: link,
        IncidentVoided: void,
        MatterNoted: note,
        ChannelsBrowsed: browse,
        SummaryMade: summarise,
        ZeroReported: tell,
        ShiftWorked: work_shift,
        ReturnFiled: tell,
        InspectionMade: tell,
        DrillHeld: tell,
        ActivityConducted: tell,
    }
)
