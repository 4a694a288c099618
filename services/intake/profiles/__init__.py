"""One profile of a person across all ways in (B:L879-892)."""
