"""What healthsim-cdisc declares."""

from healthsim_core.hookspecs import hookimpl


@hookimpl
def healthsim_serializers():
    from healthsim_core.declarations import Serializer

    return [Serializer("xpt", "SAS transport file version 5, one dataset a file.", "application/x-sas-xport", "xpt")]
