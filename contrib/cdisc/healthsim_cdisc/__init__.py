"""CDISC: the datasets of SDTMIG 3.4, their rules, SAS XPT v5 and Dataset-JSON 1.1."""

from healthsim_cdisc.dataset_json import encode_json
from healthsim_cdisc.datasets import derive, refine
from healthsim_cdisc.standard import Dataset, Variable, closed_terms, dataset
from healthsim_cdisc.xpt import encode

__all__ = ["Dataset", "Variable", "closed_terms", "dataset", "derive", "encode", "encode_json", "refine"]
