"""PatientSim's event types, with the handlers that make rows of them."""

from patientsim.events.coordination import CARE_PLAN_UPDATE, REFERRAL, TRIAL_ELIGIBLE
from patientsim.events.encounters import ENCOUNTER
from patientsim.events.labs import LAB_ORDER, LAB_RESULT
from patientsim.events.orders import DIAGNOSIS, MEDICATION_ORDER, PROCEDURE
from patientsim.events.prevention import ALLERGY, IMMUNIZATION
from patientsim.events.registration import REGISTRATION
from patientsim.events.stays import ADMISSION, DISCHARGE, TRANSFER
from patientsim.events.vitals import OBSERVATION, VITAL_SIGNS

EVENT_TYPES = (
    REGISTRATION,
    ENCOUNTER,
    ADMISSION,
    TRANSFER,
    DISCHARGE,
    DIAGNOSIS,
    VITAL_SIGNS,
    OBSERVATION,
    LAB_ORDER,
    LAB_RESULT,
    MEDICATION_ORDER,
    PROCEDURE,
    IMMUNIZATION,
    ALLERGY,
    REFERRAL,
    CARE_PLAN_UPDATE,
    TRIAL_ELIGIBLE,
)
