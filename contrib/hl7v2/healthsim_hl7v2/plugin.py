"""What healthsim-hl7v2 declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_serializers():
    from healthsim_core.declarations import Serializer

    return [
        Serializer("er7", "HL7 v2: segments of delimited fields, in batch files.", "x-application/hl7-v2+er7", "hl7")
    ]
