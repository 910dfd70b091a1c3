"""MemberSim's event types, with the handlers that make rows of them."""

from membersim.events.claims import CLAIM_PROFESSIONAL
from membersim.events.enrollment import NEW_ENROLLMENT

EVENT_TYPES = (NEW_ENROLLMENT, CLAIM_PROFESSIONAL)
