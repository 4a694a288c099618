"""The parts of a whole Enlace on one machine: broker, database, metrics, services."""
