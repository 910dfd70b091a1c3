"""NCPDP Telecommunication D.0: field formats, segments, headers and transmissions."""

from healthsim_ncpdp.fields import FIELDS, DoesNotFit, Field, clean, decode, encode, from_overpunch, overpunch
from healthsim_ncpdp.transmissions import (
    RequestHeader,
    ResponseHeader,
    Transmission,
    parse_request,
    parse_response,
    segment,
    transmission,
)

__all__ = [
    "FIELDS",
    "DoesNotFit",
    "Field",
    "RequestHeader",
    "ResponseHeader",
    "Transmission",
    "clean",
    "decode",
    "encode",
    "from_overpunch",
    "overpunch",
    "parse_request",
    "parse_response",
    "segment",
    "transmission",
]
