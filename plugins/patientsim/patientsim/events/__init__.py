"""PatientSim's event types, with the handlers that make rows of them."""

from patientsim.events.encounters import ADMISSION, DISCHARGE, ENCOUNTER
from patientsim.events.labs import LAB_ORDER, LAB_RESULT
from patientsim.events.orders import DIAGNOSIS, MEDICATION_ORDER, PROCEDURE, TRIAL_ELIGIBLE
from patientsim.events.registration import REGISTRATION

EVENT_TYPES = (
    REGISTRATION,
    ENCOUNTER,
    ADMISSION,
    DISCHARGE,
    DIAGNOSIS,
    LAB_ORDER,
    LAB_RESULT,
    MEDICATION_ORDER,
    PROCEDURE,
    TRIAL_ELIGIBLE,
)
