"""FHIR R4 (4.0.1): what products declare as parts, written as Bulk Data NDJSON and as one Bundle per patient."""

from healthsim_fhir.bundle import BASE_URL, bundles
from healthsim_fhir.ndjson import resource_files

__all__ = ["BASE_URL", "bundles", "resource_files"]
