"""The rules of replications: without I/O, readable beside the manual."""
