"""What follows from TrialSim's own events: data, never code."""

from healthsim_core.conditions import Condition
from healthsim_core.events import Delay, Trigger


def _after_event(kind: str) -> list[Trigger]:
    source, name = f"trialsim.{kind}", kind.replace("_", "-")
    in_study = Condition("in_study", "eq", True)
    return [
        Trigger(
            f"{name}-to-dose-modification",
            source,
            "trialsim.dose_modification",
            "The dose is reduced or interrupted on the day of the adverse event that calls for it.",
            when=(Condition("action_taken", "in", ("DOSE REDUCED", "DRUG INTERRUPTED")), in_study),
            carry={"action": "action_taken", "reason": "term", "adverse_event": "key"},
        ),
        Trigger(
            f"{name}-to-withdrawal",
            source,
            "trialsim.withdrawal",
            "Who has to stop the drug leaves the study on that day, who dies of the event on the day of death.",
            at="leaves_time",
            when=(Condition("leaves", "eq", True), in_study),
            carry={"adverse_event": "key", "reason": "withdrawal_reason"},
        ),
    ]


TRIGGERS = [
    *_after_event("adverse_event"),
    *_after_event("serious_adverse_event"),
    Trigger(
        "serious-adverse-event-to-unscheduled-visit",
        "trialsim.serious_adverse_event",
        "trialsim.unscheduled_visit",
        "A subject with a serious adverse event is seen 1 to 5 days later.",
        Delay(3, 1, 5, "uniform"),
        when=(Condition("in_study", "eq", True),),
        carry={"reason": "term", "adverse_event": "key"},
    ),
    Trigger(
        "visit-to-protocol-deviation",
        "trialsim.scheduled_visit",
        "trialsim.protocol_deviation",
        "A visit that is missed or outside its window is a deviation from the protocol.",
        when=(Condition("deviation", "exists"),),
        carry={"visit": "key", "category": "deviation"},
    ),
]
