"""What healthsim-ncpdp declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_serializers():
    from healthsim_core.declarations import Serializer

    doc = "NCPDP Telecommunication D.0: a transmission a line, segments of fields behind a fixed header."
    return [Serializer("ncpdp", doc, "text/plain", "d0")]
