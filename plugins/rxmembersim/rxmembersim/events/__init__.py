"""RxMemberSim's event types, with the handlers that make rows of them."""

from rxmembersim.events.alerts import ADHERENCE_GAP, MPR_THRESHOLD
from rxmembersim.events.enrollment import RX_ENROLLMENT
from rxmembersim.events.fills import FILL, REFILL
from rxmembersim.events.new_rx import NEW_RX
from rxmembersim.events.reversals import REVERSAL
from rxmembersim.events.therapies import THERAPY_CHANGE, THERAPY_DISCONTINUE, THERAPY_START

EVENT_TYPES = (
    RX_ENROLLMENT,
    NEW_RX,
    FILL,
    REFILL,
    REVERSAL,
    THERAPY_START,
    THERAPY_CHANGE,
    THERAPY_DISCONTINUE,
    ADHERENCE_GAP,
    MPR_THRESHOLD,
)
