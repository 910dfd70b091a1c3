"""TrialSim's event types, with the handlers that make rows of them."""

from trialsim.events.enrollment import RANDOMIZATION, SCREENING, WITHDRAWAL
from trialsim.events.safety import ADVERSE_EVENT, DOSE_MODIFICATION, SERIOUS_ADVERSE_EVENT
from trialsim.events.visits import PROTOCOL_DEVIATION, SCHEDULED_VISIT, UNSCHEDULED_VISIT

EVENT_TYPES = (
    SCREENING,
    RANDOMIZATION,
    SCHEDULED_VISIT,
    UNSCHEDULED_VISIT,
    ADVERSE_EVENT,
    SERIOUS_ADVERSE_EVENT,
    PROTOCOL_DEVIATION,
    DOSE_MODIFICATION,
    WITHDRAWAL,
)
