"""HL7 v2.5.1: escaped text, fields, segments and batch files."""

from healthsim_hl7v2.batch import Batch, message_header, split
from healthsim_hl7v2.segments import (
    components,
    day,
    escape,
    number,
    repetitions,
    segment,
    subcomponents,
    time,
    unescape,
)

__all__ = [
    "Batch",
    "components",
    "day",
    "escape",
    "message_header",
    "number",
    "repetitions",
    "segment",
    "split",
    "subcomponents",
    "time",
    "unescape",
]
