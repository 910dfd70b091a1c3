"""What healthsim-x12 declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_serializers():
    from healthsim_core.declarations import Serializer

    return [Serializer("x12", "X12 5010: segments in an interchange envelope.", "application/EDI-X12", "x12")]
