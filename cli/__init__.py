"""The commands behind `./enlace`."""
