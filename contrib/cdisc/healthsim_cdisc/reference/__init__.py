"""Facts of the CDISC standards; source and date are at the top of each file."""
