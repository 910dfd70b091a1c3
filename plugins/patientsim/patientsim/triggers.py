"""What follows from PatientSim's own events."""

from healthsim_core.events import Trigger

TRIGGERS = [
    Trigger(
        "lab-order-to-result",
        "patientsim.lab_order",
        "patientsim.lab_result",
        "A laboratory order is answered 1 to 5 days later.",
        at="result_time",
        carry={
            "test": "test",
            "value": "value",
            "order": "key",
            "ordered_time": "ordered_time",
            "encounter": "encounter",
            "provider": "provider",
        },
    ),
]
