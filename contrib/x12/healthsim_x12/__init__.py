"""X12: segments, envelopes, control numbers and counts."""

from healthsim_x12.segments import amount, clean, component, day, segment
from healthsim_x12.stream import Interchange, Levels

__all__ = ["Interchange", "Levels", "amount", "clean", "component", "day", "segment"]
