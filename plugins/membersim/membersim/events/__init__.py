"""MemberSim's event types, with the handlers that make rows of them."""

from membersim.events.enrollment import CHANGE, END, NEW_ENROLLMENT
from membersim.events.gaps import GAP_CLOSED, GAP_IDENTIFIED
from membersim.events.institutional import CLAIM_INSTITUTIONAL
from membersim.events.pharmacy import CLAIM_PHARMACY
from membersim.events.professional import CLAIM_ANESTHESIA, CLAIM_PROFESSIONAL

EVENT_TYPES = (
    NEW_ENROLLMENT,
    CHANGE,
    END,
    CLAIM_PROFESSIONAL,
    CLAIM_ANESTHESIA,
    CLAIM_INSTITUTIONAL,
    CLAIM_PHARMACY,
    GAP_IDENTIFIED,
    GAP_CLOSED,
)
