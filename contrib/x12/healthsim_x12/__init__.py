"""X12: segments, envelopes, control numbers and counts."""

from healthsim_x12.segments import amount, cents, clean, component, day, period, segment
from healthsim_x12.stream import Interchange, Levels, batches

__all__ = ["Interchange", "Levels", "amount", "batches", "cents", "clean", "component", "day", "period", "segment"]
