"""The services of Enlace; none imports another."""
