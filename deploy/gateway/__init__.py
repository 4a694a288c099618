"""The one origin in front of the services."""
