"""What follows from RxMemberSim's own events: a therapy is prescribed, a prescription filled."""

from healthsim_core.conditions import Condition
from healthsim_core.events import Delay, Trigger

_PRESCRIBED = {
    name: name for name in ("drug", "quantity", "days_supply", "refills", "reason", "prescriber", "severity")
}

TRIGGERS = [
    Trigger(
        "therapy-start-to-new-rx",
        "rxmembersim.therapy_start",
        "rxmembersim.new_rx",
        "What is begun is prescribed the same day.",
        carry=_PRESCRIBED,
        priority=80,
    ),
    Trigger(
        "therapy-change-to-new-rx",
        "rxmembersim.therapy_change",
        "rxmembersim.new_rx",
        "What is changed to is prescribed the same day.",
        carry=_PRESCRIBED,
        priority=80,
    ),
    Trigger(
        "new-rx-to-fill",
        "rxmembersim.new_rx",
        "rxmembersim.fill",
        "A new prescription is filled within 3 days.",
        Delay(1, 0, 3, "uniform"),
        when=(Condition("generates_fill", "eq", True),),
        carry={"new_rx": "key", **_PRESCRIBED},
        priority=80,
    ),
]
