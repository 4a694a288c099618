"""The rules of people: without I/O, readable beside the manual."""
